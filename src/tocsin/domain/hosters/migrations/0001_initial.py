import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Hoster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('country', models.CharField(max_length=2)),
                ('language', models.CharField(max_length=5)),
                ('abuse_email', models.CharField(max_length=254)),
                ('reachable', models.BooleanField(default=True)),
                ('rehearsal', models.BooleanField(default=False)),
                ('zone', models.CharField(blank=True, db_default='', max_length=40)),
                ('opens', models.CharField(blank=True, db_default='', max_length=5)),
                ('closes', models.CharField(blank=True, db_default='', max_length=5)),
                ('weekends', models.BooleanField(db_default=False, default=False)),
                ('sealed_endpoint', models.TextField(blank=True, db_default='')),
                ('made_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='HosterPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('value', models.CharField(max_length=255, unique=True)),
                ('hoster', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='hosters.hoster')),
            ],
            options={
                'indexes': [models.Index(fields=['kind'], name='hosters_kind')],
            },
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Repeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(max_length=20)),
                ('place', models.CharField(max_length=40)),
                ('digest', models.CharField(max_length=64)),
                ('request_digest', models.CharField(max_length=64)),
                ('began_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('sealed_answer', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['began_at'], name='jobs_repeat_age')],
                'constraints': [models.UniqueConstraint(fields=('key_id', 'place', 'digest'), name='jobs_repeat_once')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('key_id', models.CharField(max_length=20)),
                ('state', models.CharField(max_length=8)),
                ('items', models.PositiveIntegerField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('list_version', models.BigIntegerField(null=True)),
                ('problem', models.CharField(blank=True, max_length=12)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('forget_at', models.DateTimeField()),
                ('tell_at', models.DateTimeField(null=True)),
                ('tell_tries', models.PositiveSmallIntegerField(default=0)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
            options={
                'indexes': [models.Index(fields=['party', 'state'], name='jobs_of_party'), models.Index(fields=['tell_at'], name='jobs_to_tell')],
            },
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hashlists', '0006_waiting_by_entry'),
    ]

    operations = [
        migrations.CreateModel(
            name='SetBrake',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('mark', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('entries', models.BigIntegerField()),
                ('most', models.BigIntegerField()),
                ('confirmed_by', models.CharField(blank=True, default='', max_length=80)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True, default='', max_length=1000)),
            ],
        ),
        migrations.AddField(
            model_name='lintpass',
            name='begins',
            field=models.BigIntegerField(db_default=1, default=1),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('basis', models.TextField()),
                ('stated_by', models.CharField(max_length=80)),
                ('stated_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=80)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Viewer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.CharField(max_length=80, unique=True)),
                ('opted_out_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.CharField(max_length=80)),
                ('item_id', models.BigIntegerField()),
                ('item_number', models.CharField(max_length=16)),
                ('place', models.PositiveSmallIntegerField(default=0)),
                ('step', models.CharField(max_length=10)),
                ('moment', models.PositiveSmallIntegerField(default=0)),
                ('moments', models.PositiveSmallIntegerField(default=1)),
                ('opened_at', models.DateTimeField()),
                ('last_beat_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('seconds', models.FloatField(default=0)),
                ('repeat', models.PositiveIntegerField(default=0)),
                ('visit_id', models.BigIntegerField(null=True)),
                ('file_digest', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['file_digest'], name='viewing_of_file'), models.Index(fields=['who', 'opened_at'], name='viewing_of_person'), models.Index(fields=['item_id', 'who'], name='viewing_of_item')],
            },
        ),
    ]

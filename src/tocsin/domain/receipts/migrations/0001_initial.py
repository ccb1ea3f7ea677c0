from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='LogLock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SignedHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(unique=True)),
                ('root', models.CharField(max_length=64)),
                ('signed_at', models.DateTimeField()),
                ('jws', models.TextField()),
                ('pushed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField(db_index=True)),
                ('size', models.PositiveIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('leaves', models.TextField()),
                ('position', models.BigIntegerField(null=True, unique=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('position__isnull', True)), fields=['made_at'], name='receipts_unsealed')],
            },
        ),
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField()),
                ('number', models.BigIntegerField()),
                ('hashes', models.TextField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('level', 'number'), name='receipts_tile_once')],
            },
        ),
    ]

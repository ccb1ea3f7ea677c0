import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Form',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('subject', models.CharField(max_length=60, unique=True)),
                ('source', models.CharField(blank=True, max_length=40)),
                ('fields', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SeenSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Stated',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report_id', models.UUIDField(unique=True)),
                ('item_number', models.CharField(db_index=True, max_length=16)),
                ('source', models.CharField(blank=True, max_length=40)),
                ('site_type', models.CharField(blank=True, max_length=20)),
                ('sealed_referer', models.TextField(blank=True)),
                ('iccam_number', models.CharField(blank=True, max_length=40)),
                ('classification', models.CharField(blank=True, max_length=20)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('way', models.CharField(max_length=10)),
                ('command', models.CharField(max_length=20)),
                ('source', models.CharField(blank=True, max_length=40)),
                ('sealed_sender', models.TextField(blank=True)),
                ('proof', models.CharField(blank=True, max_length=10)),
                ('why', models.CharField(blank=True, max_length=20)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('lines', models.PositiveIntegerField(default=0)),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='SignatureKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=60)),
                ('public_key', models.CharField(max_length=44)),
                ('made_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key_id', 'name'), name='intake_signature_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('digest', models.CharField(db_index=True, max_length=64)),
                ('state', models.CharField(max_length=12)),
                ('why', models.CharField(blank=True, max_length=20)),
                ('sealed_record', models.TextField()),
                ('referenced', models.BooleanField(default=False)),
                ('item_number', models.CharField(blank=True, max_length=16)),
                ('report_id', models.UUIDField(null=True)),
                ('reminders', models.PositiveSmallIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='of', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'state', 'number'], name='intake_lines_left')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'number'), name='intake_line_once')],
            },
        ),
        migrations.CreateModel(
            name='Sender',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(db_index=True, max_length=64)),
                ('sealed_address', models.TextField()),
                ('name', models.CharField(max_length=120)),
                ('source', models.CharField(blank=True, max_length=40)),
                ('needs_proof', models.BooleanField(default=True)),
                ('may_say_gone', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at__isnull', True)), fields=('digest',), name='intake_sender_once')],
            },
        ),
    ]

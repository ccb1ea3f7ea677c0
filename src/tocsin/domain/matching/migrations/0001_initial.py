import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='GuardStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(max_length=20, unique=True)),
                ('step', models.CharField(max_length=8)),
                ('sign', models.CharField(max_length=8)),
                ('since', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('spent_until', models.DateTimeField(null=True)),
                ('let_go_at', models.DateTimeField(null=True)),
                ('forgiven', models.BigIntegerField(db_default=0)),
            ],
        ),
        migrations.CreateModel(
            name='HarmlessList',
            fields=[
                ('party', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='accounts.party')),
                ('number', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='CheckCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('key_id', models.CharField(max_length=20)),
                ('door', models.CharField(max_length=12)),
                ('status', models.CharField(max_length=12)),
                ('n', models.BigIntegerField()),
                ('in_shadow', models.BigIntegerField(db_default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'key_id', 'door', 'status'), name='matching_count_once')],
            },
        ),
        migrations.CreateModel(
            name='CheckMeasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('key_id', models.CharField(max_length=20)),
                ('what', models.CharField(max_length=8)),
                ('n', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'key_id', 'what'), name='matching_measure_once')],
            },
        ),
        migrations.CreateModel(
            name='GuardBall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(max_length=20)),
                ('entry_id', models.BigIntegerField()),
                ('sealed_hashes', models.TextField()),
                ('answers', models.PositiveSmallIntegerField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(db_index=True)),
                ('edged_on', models.DateField(null=True)),
                ('picture', models.BigIntegerField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key_id', 'entry_id'), name='matching_guard_ball_once')],
            },
        ),
        migrations.CreateModel(
            name='GuardDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(max_length=20)),
                ('day', models.DateField()),
                ('asked', models.BigIntegerField()),
                ('matched', models.BigIntegerField()),
                ('asked_sketch', models.TextField()),
                ('matched_sketch', models.TextField()),
                ('hashes', models.BigIntegerField(db_default=0)),
                ('hashes_sketch', models.TextField(db_default='')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key_id', 'day'), name='matching_guard_day_once')],
            },
        ),
        migrations.CreateModel(
            name='Hit',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('key_id', models.CharField(max_length=20)),
                ('at', models.DateTimeField(db_index=True)),
                ('kind', models.CharField(max_length=5)),
                ('status', models.CharField(max_length=12)),
                ('action', models.CharField(max_length=6)),
                ('shadow_action', models.CharField(db_default='', max_length=6)),
                ('entry_ids', models.JSONField()),
                ('withheld_ids', models.JSONField(null=True)),
                ('beside_ids', models.JSONField(null=True)),
                ('distance_bits', models.PositiveSmallIntegerField(null=True)),
                ('client_id', models.CharField(max_length=200)),
                ('sealed_url', models.TextField(blank=True)),
                ('sealed_fingerprints', models.TextField()),
                ('uploaded_at', models.DateTimeField(null=True)),
                ('list_version', models.BigIntegerField()),
                ('rehearsal', models.BooleanField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='KeyPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lists', models.CharField(max_length=4)),
                ('min_sources', models.PositiveSmallIntegerField()),
                ('near_radius_bits', models.PositiveSmallIntegerField()),
                ('near_action', models.CharField(max_length=6)),
                ('unchecked_action', models.CharField(max_length=6)),
                ('min_reviewers', models.PositiveSmallIntegerField(db_default=0)),
                ('near_block_bits', models.PositiveSmallIntegerField(db_default=31)),
                ('harmless_action', models.CharField(db_default='review', max_length=6)),
                ('shadow', models.BooleanField(db_default=False)),
                ('daily_hashes', models.BigIntegerField(null=True)),
                ('daily_matches', models.BigIntegerField(null=True)),
                ('outage_policy', models.CharField(db_default='hold', max_length=16)),
                ('private_delta', models.BooleanField(null=True)),
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.apikey', to_field='key_id')),
            ],
        ),
        migrations.CreateModel(
            name='Harmless',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=6)),
                ('subject', models.CharField(max_length=64)),
                ('added_at', models.DateTimeField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.party')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('party', 'kind', 'subject'), name='matching_harmless_once')],
            },
        ),
        migrations.CreateModel(
            name='HitEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('told', models.BooleanField(db_default=True, default=True)),
                ('hit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='matching.hit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry_id', 'hit'), name='matching_hit_entry_once')],
            },
        ),
    ]

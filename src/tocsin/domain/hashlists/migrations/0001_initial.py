import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('no', models.BigIntegerField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=10)),
                ('entry_id', models.BigIntegerField(null=True)),
                ('run_id', models.BigIntegerField(null=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Counter',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('value', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('member', models.CharField(default='', max_length=60)),
                ('source_entry_id', models.CharField(max_length=200)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('media_type', models.PositiveSmallIntegerField(default=0)),
                ('status', models.PositiveSmallIntegerField()),
                ('category', models.PositiveSmallIntegerField(default=0)),
                ('sources', models.PositiveSmallIntegerField(default=1)),
                ('quorum', models.PositiveSmallIntegerField(default=1)),
                ('held', models.BooleanField(default=False)),
                ('serve', models.PositiveSmallIntegerField(null=True)),
                ('content_digest', models.BigIntegerField()),
                ('observed', models.BigIntegerField(db_default=0, default=0)),
                ('small', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('withdrawn_here', models.BooleanField(default=False)),
                ('seen_in_run', models.BigIntegerField(null=True)),
                ('source_created', models.BigIntegerField(null=True)),
                ('source_updated', models.BigIntegerField(null=True)),
                ('valid_until', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Hasher',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='HashList',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('purpose', models.CharField(max_length=20)),
                ('environment', models.CharField(blank=True, default='', max_length=60)),
                ('member', models.CharField(blank=True, default='', max_length=60)),
                ('serve', models.PositiveSmallIntegerField(default=15)),
                ('own', models.BooleanField(default=False)),
                ('unvetted', models.BooleanField(db_default=False, default=False)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='KnownSet',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('mark', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField()),
                ('left_out_mark', models.CharField(max_length=64, null=True)),
                ('left_out_by', models.CharField(blank=True, default='', max_length=80)),
                ('left_out_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True, default='', max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name='LintPass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(blank=True, default='', max_length=16)),
                ('next_id', models.BigIntegerField(default=1)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('looked', models.BigIntegerField(default=0)),
                ('quarantined', models.BigIntegerField(default=0)),
                ('begins', models.BigIntegerField(db_default=1, default=1)),
                ('muted_begins', models.BigIntegerField(db_default=1, default=1)),
                ('noted', models.BigIntegerField(default=0)),
                ('holder', models.CharField(blank=True, default='', max_length=120)),
                ('held_until', models.DateTimeField(null=True)),
            ],
        ),
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
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='OwnNote',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='own_note', serialize=False, to='hashlists.entry')),
                ('about', models.CharField(max_length=120)),
                ('added_by', models.CharField(max_length=80)),
                ('added_at', models.DateTimeField()),
                ('agreed_by', models.CharField(blank=True, default='', max_length=80)),
                ('agreed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='EntryCode',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'scheme', 'version', 'code', blank=True, editable=False, primary_key=True, serialize=False)),
                ('scheme', models.CharField(max_length=40)),
                ('version', models.CharField(max_length=20)),
                ('code', models.CharField(max_length=120)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='hashlists.entry')),
            ],
        ),
        migrations.CreateModel(
            name='Fingerprint',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'kind', 'n', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.PositiveSmallIntegerField()),
                ('n', models.PositiveSmallIntegerField(default=0)),
                ('value', models.BinaryField(max_length=256)),
                ('quality', models.PositiveSmallIntegerField(null=True)),
                ('hasher', models.PositiveSmallIntegerField(default=0)),
                ('dialect', models.PositiveSmallIntegerField(default=0)),
                ('offset_seconds', models.FloatField(null=True)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fingerprints', to='hashlists.entry')),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='hash_list',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='hashlists.hashlist'),
        ),
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=12)),
                ('file_name', models.CharField(max_length=255)),
                ('file_sha256', models.CharField(max_length=64)),
                ('mapping_sha256', models.CharField(blank=True, default='', max_length=64)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('released_at', models.DateTimeField(null=True)),
                ('holder', models.CharField(blank=True, default='', max_length=120)),
                ('held_until', models.DateTimeField(null=True)),
                ('bytes_done', models.BigIntegerField(default=0)),
                ('lines_done', models.BigIntegerField(default=0)),
                ('batches', models.PositiveIntegerField(default=0)),
                ('added', models.BigIntegerField(default=0)),
                ('changed', models.BigIntegerField(default=0)),
                ('unchanged', models.BigIntegerField(default=0)),
                ('duplicates', models.BigIntegerField(default=0)),
                ('refused', models.BigIntegerField(default=0)),
                ('left_out', models.BigIntegerField(default=0)),
                ('first_entry_id', models.BigIntegerField(null=True)),
                ('last_entry_id', models.BigIntegerField(null=True)),
                ('archive', models.CharField(blank=True, default='', max_length=120)),
                ('linted_to', models.BigIntegerField(null=True)),
                ('lint_version', models.CharField(blank=True, db_default='', default='', max_length=16)),
                ('linted_at', models.DateTimeField(null=True)),
                ('quarantined', models.BigIntegerField(db_default=0, default=0)),
                ('older', models.BigIntegerField(db_default=0, default=0)),
                ('unmatched', models.BigIntegerField(db_default=0, default=0)),
                ('unlinted', models.BigIntegerField(db_default=0, default=0)),
                ('broken', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('hash_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='hashlists.hashlist')),
            ],
        ),
        migrations.AddField(
            model_name='entry',
            name='replaced_by_run',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced', to='hashlists.importrun'),
        ),
        migrations.AddField(
            model_name='entry',
            name='run',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='hashlists.importrun'),
        ),
        migrations.CreateModel(
            name='LintNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20)),
                ('known_set', models.CharField(blank=True, default='', max_length=80)),
                ('source', models.CharField(blank=True, default='', max_length=200)),
                ('bits', models.PositiveSmallIntegerField(null=True)),
                ('at', models.DateTimeField()),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lint_notes', to='hashlists.entry')),
            ],
        ),
        migrations.CreateModel(
            name='MutedPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.PositiveSmallIntegerField()),
                ('n', models.PositiveSmallIntegerField(default=0)),
                ('known_set', models.CharField(max_length=80)),
                ('source', models.CharField(blank=True, default='', max_length=200)),
                ('at', models.DateTimeField()),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='muted', to='hashlists.entry')),
            ],
        ),
        migrations.CreateModel(
            name='Quarantine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status_before', models.PositiveSmallIntegerField()),
                ('reason', models.CharField(max_length=20)),
                ('known_set', models.CharField(blank=True, default='', max_length=80)),
                ('source', models.CharField(blank=True, default='', max_length=200)),
                ('bits', models.PositiveSmallIntegerField(null=True)),
                ('alone', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(max_length=12)),
                ('decided_by', models.CharField(blank=True, default='', max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True, default='', max_length=1000)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='quarantines', to='hashlists.entry')),
                ('hash_list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='hashlists.hashlist')),
                ('run', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='hashlists.importrun')),
            ],
        ),
        migrations.CreateModel(
            name='RefusedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refusals', to='hashlists.importrun')),
            ],
        ),
        migrations.CreateModel(
            name='RememberedPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.PositiveSmallIntegerField()),
                ('value', models.BinaryField(max_length=32)),
                ('rehearsal', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('entry', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='remembered', to='hashlists.entry')),
            ],
        ),
        migrations.AddField(
            model_name='hashlist',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='hashlists.source'),
        ),
        migrations.CreateModel(
            name='DerivedFrom',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='children', to='hashlists.hashlist')),
                ('hash_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parents', to='hashlists.hashlist')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('hash_list', 'from_list'), name='derived_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['running', 'ready'])), fields=('hash_list',), name='hashlists_one_open_run'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('replaced_by_run__isnull', False)), fields=['replaced_by_run'], name='hashlists_replaced'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('valid_until__isnull', False)), fields=['valid_until'], name='hashlists_valid_until'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('status', 1), _negated=True), fields=['hash_list', 'status'], name='hashlists_set_apart'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('hash_list', 'member', 'source_entry_id', 'version'), name='hashlists_entry_identity'),
        ),
        migrations.AddConstraint(
            model_name='lintnote',
            constraint=models.UniqueConstraint(fields=('entry', 'reason', 'known_set'), name='hashlists_noted_once'),
        ),
        migrations.AddConstraint(
            model_name='mutedprint',
            constraint=models.UniqueConstraint(fields=('entry', 'kind', 'n', 'known_set'), name='hashlists_muted_once'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['hash_list', 'reason', 'known_set'], name='hashlists_quarantine_waits'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['entry'], name='hashlists_quarantine_entry'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(condition=models.Q(('state', 'waiting'), _negated=True), fields=['decided_at'], name='hashlists_quarantine_decided'),
        ),
        migrations.AddConstraint(
            model_name='quarantine',
            constraint=models.UniqueConstraint(fields=('entry', 'reason', 'known_set'), name='hashlists_quarantined_once'),
        ),
        migrations.AddConstraint(
            model_name='rememberedprint',
            constraint=models.UniqueConstraint(fields=('kind', 'value', 'entry'), name='hashlists_remembered_once'),
        ),
    ]

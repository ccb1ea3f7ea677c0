import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClusterTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('turns', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Golden',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expected', models.CharField(max_length=14)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='HandoverNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=80)),
                ('sealed_words', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='ItemAppealCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ItemCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SourceRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80, unique=True)),
                ('confirmed', models.PositiveIntegerField(default=0)),
                ('refuted', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Cluster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('rehearsal', models.BooleanField(default=False)),
                ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.cluster')),
            ],
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=14)),
                ('category', models.CharField(blank=True, max_length=10)),
                ('ground', models.CharField(max_length=20)),
                ('sealed_words', models.TextField(blank=True)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('observed', models.BigIntegerField(db_default=0, default=0)),
                ('labels', models.TextField(blank=True, db_default='', default='')),
                ('own_entry_id', models.BigIntegerField(null=True)),
                ('agreed_by', models.CharField(blank=True, max_length=80)),
                ('corrected', models.BooleanField(default=False)),
                ('look', models.CharField(db_default='first', default='first', max_length=8)),
                ('police', models.CharField(blank=True, db_default='', default='', max_length=16)),
                ('with_cluster', models.BooleanField(db_default=False, default=False)),
                ('follows', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followers', to='reports.finding')),
            ],
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party_name', models.CharField(max_length=120)),
                ('key_id', models.CharField(max_length=20)),
                ('hits', models.PositiveIntegerField()),
                ('last_hit_at', models.DateTimeField()),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='told', to='reports.finding')),
            ],
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16, unique=True)),
                ('url_digest', models.CharField(max_length=64, unique=True)),
                ('sealed_url', models.TextField()),
                ('rehearsal', models.BooleanField(default=False)),
                ('state', models.CharField(max_length=14)),
                ('priority', models.IntegerField(default=0)),
                ('why', models.JSONField(default=list)),
                ('source', models.CharField(max_length=120)),
                ('official_source', models.BooleanField(default=False)),
                ('report_count', models.PositiveIntegerField(default=0)),
                ('seen_again', models.BooleanField(default=False)),
                ('overdue_rounds', models.PositiveSmallIntegerField(default=0)),
                ('first_reported_at', models.DateTimeField()),
                ('last_reported_at', models.DateTimeField()),
                ('decide_by', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('taken_by', models.CharField(blank=True, max_length=80)),
                ('taken_at', models.DateTimeField(null=True)),
                ('taken_until', models.DateTimeField(null=True)),
                ('sealed_fingerprints', models.TextField(blank=True)),
                ('content_differs', models.BooleanField(default=False)),
                ('entry_ids', models.JSONField(default=list)),
                ('match_kind', models.CharField(blank=True, max_length=6)),
                ('distance_bits', models.PositiveSmallIntegerField(null=True)),
                ('host_digest', models.CharField(blank=True, db_default='', db_index=True, default='', max_length=64)),
                ('rank', models.BigIntegerField(db_default=0, default=0)),
                ('waiting_since', models.DateTimeField(null=True)),
                ('live', models.BooleanField(db_default=False, default=False)),
                ('slow', models.BooleanField(db_default=False, default=False)),
                ('site_found', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('source_key', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('police_until', models.DateTimeField(null=True)),
                ('cluster_lead', models.BooleanField(db_default=False, default=False)),
                ('cluster_bits', models.PositiveSmallIntegerField(null=True)),
                ('cluster_decided', models.BooleanField(db_default=False, default=False)),
                ('kept_apart', models.BooleanField(db_default=False, default=False)),
                ('cluster', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='reports.cluster')),
                ('golden', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='planted', to='reports.golden')),
            ],
        ),
        migrations.AddField(
            model_name='golden',
            name='original',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item'),
        ),
        migrations.AddField(
            model_name='finding',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='reports.item'),
        ),
        migrations.CreateModel(
            name='ClusterEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=6)),
                ('distance_bits', models.PositiveSmallIntegerField(null=True)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('cluster', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='reports.cluster')),
                ('other', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.cluster')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
            ],
        ),
        migrations.CreateModel(
            name='ItemAppeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16, unique=True)),
                ('origin', models.CharField(max_length=10)),
                ('state', models.CharField(max_length=14)),
                ('rehearsal', models.BooleanField(default=False)),
                ('sealed_words', models.TextField()),
                ('sealed_contact', models.TextField(blank=True)),
                ('sealed_outcome', models.TextField(blank=True)),
                ('opened_by', models.CharField(max_length=80)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('attention', models.PositiveSmallIntegerField(default=0)),
                ('reviewer', models.CharField(blank=True, max_length=80)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='reports.finding')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='reports.item')),
            ],
        ),
        migrations.CreateModel(
            name='PoliceHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('by', models.CharField(max_length=80)),
                ('sealed_why', models.TextField(blank=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='reports.item')),
            ],
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('channel', models.CharField(max_length=10)),
                ('hit_id', models.UUIDField(null=True, unique=True)),
                ('client_reference', models.CharField(blank=True, max_length=120)),
                ('url_digest', models.CharField(max_length=64)),
                ('sealed_url', models.TextField()),
                ('sealed_words', models.TextField(blank=True)),
                ('category_hint', models.CharField(blank=True, max_length=40)),
                ('sealed_fingerprints', models.TextField(blank=True)),
                ('fingerprint_count', models.PositiveSmallIntegerField(default=0)),
                ('first_seen_at', models.DateTimeField(null=True)),
                ('rehearsal', models.BooleanField(default=False)),
                ('batch', models.CharField(blank=True, db_default='', db_index=True, default='', max_length=64)),
                ('set_aside', models.BooleanField(db_default=False, default=False)),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='ItemReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reports.item')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reports.report')),
            ],
        ),
        migrations.AddField(
            model_name='item',
            name='reports',
            field=models.ManyToManyField(related_name='items', through='reports.ItemReport', to='reports.report'),
        ),
        migrations.CreateModel(
            name='Setup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('version', models.PositiveIntegerField()),
                ('data', models.JSONField()),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('why', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'version'), name='reports_one_setup')],
            },
        ),
        migrations.CreateModel(
            name='Skip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=10)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skips', to='reports.item')),
            ],
        ),
        migrations.CreateModel(
            name='FindingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question_set', models.CharField(max_length=20)),
                ('version', models.CharField(max_length=20)),
                ('question', models.CharField(max_length=40)),
                ('values', models.JSONField(default=list)),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='reports.finding')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('finding', 'question_set', 'question'), name='reports_one_answer')],
            },
        ),
        migrations.CreateModel(
            name='ItemPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.PositiveSmallIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('sealed_value', models.TextField(blank=True)),
                ('leads', models.BooleanField(default=False)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prints', to='reports.item')),
            ],
            options={
                'indexes': [models.Index(fields=['digest'], name='reports_print')],
                'constraints': [models.UniqueConstraint(fields=('item', 'digest'), name='reports_one_print')],
            },
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['client_reference'], name='reports_reference'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('client_reference', ''), _negated=True), fields=('party', 'client_reference', 'url_digest'), name='reports_same_reference'),
        ),
        migrations.AddConstraint(
            model_name='itemreport',
            constraint=models.UniqueConstraint(fields=('item', 'report'), name='reports_one_link'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['state', '-rank', 'first_reported_at'], name='reports_ranked'),
        ),
        migrations.AddIndex(
            model_name='skip',
            index=models.Index(fields=['by', 'at'], name='reports_skips'),
        ),
    ]

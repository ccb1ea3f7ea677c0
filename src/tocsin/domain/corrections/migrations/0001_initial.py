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
            name='AppealCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('hit_id', models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Follower',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change_no', models.BigIntegerField(default=0)),
                ('replaced_after', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Held',
            fields=[
                ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Lifted',
            fields=[
                ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('parties', models.PositiveIntegerField()),
                ('hits', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='PartyFeed',
            fields=[
                ('party', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='accounts.party')),
                ('last', models.BigIntegerField(default=0)),
                ('acknowledged', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('entry_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('ups', models.PositiveIntegerField(default=0)),
                ('downs', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16, unique=True)),
                ('entry_id', models.BigIntegerField()),
                ('state', models.CharField(max_length=16)),
                ('origin', models.CharField(max_length=10)),
                ('reason', models.CharField(max_length=40)),
                ('holds', models.BooleanField(default=False)),
                ('rehearsal', models.BooleanField(default=False)),
                ('sealed_words', models.TextField(blank=True)),
                ('opened_by', models.CharField(max_length=80)),
                ('opened_at', models.DateTimeField()),
                ('reviewer', models.CharField(blank=True, max_length=80)),
                ('due_at', models.DateTimeField(null=True)),
                ('attention', models.PositiveSmallIntegerField(default=0)),
                ('sealed_outcome', models.TextField(blank=True)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['state'], name='corrections_appeal_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['opened', 'being_reviewed', 'needs_source'])), fields=('entry_id',), name='corrections_one_open_appeal')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('no', models.BigIntegerField()),
                ('key_id', models.CharField(max_length=20)),
                ('entry_id', models.BigIntegerField()),
                ('what', models.CharField(max_length=16)),
                ('rehearsal', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('appeal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='corrections.appeal')),
                ('party', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='CorrectedHit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hit_id', models.UUIDField()),
                ('what', models.CharField(max_length=16)),
                ('now', models.CharField(max_length=12)),
                ('correction', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hits', to='corrections.correction')),
            ],
        ),
        migrations.CreateModel(
            name='DayCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('party_id', models.BigIntegerField()),
                ('day', models.IntegerField()),
                ('n', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='corrections_day')],
                'constraints': [models.UniqueConstraint(fields=('entry_id', 'day', 'party_id'), name='corrections_day_once')],
            },
        ),
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed_url', models.TextField()),
                ('sealed_challenge', models.TextField()),
                ('state', models.CharField(max_length=8)),
                ('made_by', models.CharField(max_length=80)),
                ('made_at', models.DateTimeField()),
                ('proven_at', models.DateTimeField(null=True)),
                ('sent_no', models.BigIntegerField(default=0)),
                ('asked_from', models.BigIntegerField(null=True)),
                ('begun_again', models.PositiveIntegerField(db_default=0, default=0)),
                ('last_sent_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=60)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_id', models.CharField(max_length=20)),
                ('entry_id', models.BigIntegerField()),
                ('scope', models.CharField(max_length=10)),
                ('verdict', models.CharField(max_length=5)),
                ('reason', models.CharField(max_length=40)),
                ('dispute', models.BooleanField(default=False)),
                ('for_person', models.BooleanField(default=False)),
                ('sealed_words', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('replaced_at', models.DateTimeField(null=True)),
                ('weighed_at', models.DateTimeField(null=True)),
                ('appeal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='said', to='corrections.appeal')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.party')),
            ],
        ),
        migrations.CreateModel(
            name='Flood',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('state', models.CharField(max_length=10)),
                ('parties', models.PositiveIntegerField()),
                ('hits', models.PositiveIntegerField()),
                ('party_limit', models.PositiveIntegerField()),
                ('hit_limit', models.PositiveIntegerField()),
                ('usual_hits_an_hour', models.FloatField()),
                ('held_at', models.DateTimeField()),
                ('attention', models.PositiveSmallIntegerField(default=0)),
                ('decided_by', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
                ('sealed_outcome', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['state'], name='corrections_flood_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'held')), fields=('entry_id',), name='corrections_one_open_flood')],
            },
        ),
        migrations.CreateModel(
            name='MinuteCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('party_id', models.BigIntegerField()),
                ('minute', models.BigIntegerField()),
                ('n', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['minute'], name='corrections_minute')],
                'constraints': [models.UniqueConstraint(fields=('entry_id', 'minute', 'party_id'), name='corrections_minute_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('party', 'no'), name='corrections_feed_order'),
        ),
        migrations.AddIndex(
            model_name='correctedhit',
            index=models.Index(fields=['hit_id'], name='corrections_told_of_hit'),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['proven', 'dead'])), fields=('party',), name='corrections_one_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('party',), name='corrections_one_endpoint_waiting'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['entry_id', 'at'], name='corrections_said_of_entry'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at__isnull', True)), fields=('entry_id', 'party', 'scope'), name='corrections_one_word_each'),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('hosters', '0001_initial'),
        ('reports', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeadPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=64, unique=True)),
                ('status', models.CharField(max_length=12)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_id_held', models.BigIntegerField(unique=True)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='LadderChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('steps', models.JSONField()),
                ('by', models.CharField(max_length=80)),
                ('why', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='NoticeCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SendLogLock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_no', models.BigIntegerField(default=0)),
                ('last_hash', models.CharField(blank=True, max_length=64)),
                ('pushed_no', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16, unique=True)),
                ('item_number', models.CharField(max_length=16)),
                ('rung', models.CharField(db_default='hoster', default='hoster', max_length=12)),
                ('state', models.CharField(max_length=20)),
                ('rehearsal', models.BooleanField(default=False)),
                ('language', models.CharField(blank=True, max_length=5)),
                ('place', models.CharField(blank=True, db_default='', max_length=64)),
                ('tried', models.JSONField(default=list)),
                ('sealed_addressee', models.TextField(blank=True, db_default='')),
                ('channel', models.CharField(db_default='mail', default='mail', max_length=10)),
                ('confirmed', models.BooleanField(db_default=True, default=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('message_id', models.CharField(blank=True, max_length=120)),
                ('xarf_report_id', models.UUIDField(null=True)),
                ('attention', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('receipt', models.CharField(blank=True, max_length=300)),
                ('deadline_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('reminders', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('last_reminded_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, db_default='', max_length=16)),
                ('answered_at', models.DateTimeField(null=True)),
                ('disputes', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.finding')),
                ('hoster', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hosters.hoster')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='takedown.notice')),
            ],
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='takedown.notice')),
            ],
        ),
        migrations.CreateModel(
            name='Office',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('country', models.CharField(max_length=2)),
                ('name', models.CharField(max_length=120)),
                ('email', models.CharField(max_length=254)),
                ('language', models.CharField(max_length=5)),
                ('rehearsal', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at__isnull', True)), fields=('kind', 'country', 'rehearsal'), name='takedown_one_office')],
            },
        ),
        migrations.CreateModel(
            name='SendLogRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('notice', models.CharField(max_length=16)),
                ('event', models.CharField(max_length=20)),
                ('message_id', models.CharField(blank=True, max_length=120)),
                ('place', models.CharField(blank=True, max_length=64)),
                ('content_hash', models.CharField(blank=True, max_length=64)),
                ('said', models.CharField(blank=True, max_length=300)),
                ('salt', models.CharField(blank=True, max_length=32)),
                ('commitment', models.CharField(blank=True, max_length=64)),
                ('chain_no', models.BigIntegerField(null=True, unique=True)),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('row_hash', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['notice'], name='takedown_log_notice'), models.Index(condition=models.Q(('chain_no__isnull', True)), fields=['id'], name='takedown_log_unsealed')],
            },
        ),
        migrations.CreateModel(
            name='Stop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('by', models.CharField(max_length=80)),
                ('why', models.CharField(max_length=300)),
                ('on', models.BooleanField(default=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=80)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('on', True)), fields=('on',), name='takedown_one_stop')],
            },
        ),
        migrations.CreateModel(
            name='Takedown',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_number', models.CharField(max_length=16)),
                ('state', models.CharField(max_length=12)),
                ('rehearsal', models.BooleanField(default=False)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('made_at', models.DateTimeField()),
                ('since', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('on_hold', models.BooleanField(default=False)),
                ('held_at', models.DateTimeField(null=True)),
                ('attention', models.PositiveSmallIntegerField(default=0)),
                ('look_at', models.DateTimeField(null=True)),
                ('looks', models.PositiveSmallIntegerField(default=0)),
                ('leased_until', models.DateTimeField(null=True)),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.finding')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
            ],
        ),
        migrations.AddField(
            model_name='notice',
            name='takedown',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='takedown.takedown'),
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=30)),
                ('notice', models.CharField(blank=True, max_length=16)),
                ('facts', models.JSONField(default=dict)),
                ('takedown', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='takedown.takedown')),
            ],
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16)),
                ('sealed_words', models.TextField(blank=True)),
                ('by_machine', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, max_length=10)),
                ('appeal', models.CharField(blank=True, max_length=16)),
                ('decided_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='takedown.notice')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('appeal', ''), _negated=True), fields=['appeal'], name='takedown_appeals')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=120, unique=True)),
                ('purpose', models.CharField(max_length=20)),
                ('hoster_id_then', models.BigIntegerField()),
                ('sealed_body', models.TextField()),
                ('state', models.CharField(max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('said', models.CharField(blank=True, max_length=300)),
                ('made_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('next_try_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='takedown.notice')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at'], name='takedown_posts_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Sending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=64)),
                ('purpose', models.CharField(max_length=20)),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('message_id', models.CharField(max_length=120, unique=True)),
                ('made_at', models.DateTimeField()),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.finding')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sendings', to='takedown.notice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('finding', 'place', 'purpose', 'round'), name='takedown_one_sending')],
            },
        ),
        migrations.AddIndex(
            model_name='takedown',
            index=models.Index(fields=['item'], name='takedown_of_item'),
        ),
        migrations.AddIndex(
            model_name='takedown',
            index=models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at'], name='takedown_looks'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['state'], name='takedown_state'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['item_number'], name='takedown_item_number'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(condition=models.Q(('place', ''), _negated=True), fields=('finding', 'place'), name='takedown_one_notice_a_place'),
        ),
    ]

import django.db.models.deletion
import tocsin.domain.exchanges.types
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Exchange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40, unique=True)),
                ('kind', models.CharField(max_length=20)),
                ('base_url', models.CharField(max_length=200)),
                ('purpose', models.CharField(max_length=20)),
                ('source', models.CharField(max_length=120)),
                ('environment', models.CharField(blank=True, default='', max_length=60)),
                ('members', models.JSONField(default=list)),
                ('made_at', models.DateTimeField()),
                ('checkpoint', models.BigIntegerField(default=0)),
                ('width_seconds', models.BigIntegerField(default=2592000)),
                ('window_no', models.PositiveIntegerField(default=0)),
                ('windows_tried', models.PositiveIntegerField(default=0)),
                ('window_start', models.BigIntegerField(null=True)),
                ('window_stop', models.BigIntegerField(null=True)),
                ('window_begun_at', models.DateTimeField(null=True)),
                ('cursor', models.TextField(blank=True, default='')),
                ('exhausted', models.BooleanField(default=False)),
                ('told_checkpoint', models.BigIntegerField(null=True)),
                ('server_time', models.BigIntegerField(null=True)),
                ('pages', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(default=tocsin.domain.exchanges.types.PullState['WELL'], max_length=10)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('trouble', models.CharField(blank=True, default='', max_length=20)),
                ('pulled_at', models.DateTimeField(null=True)),
                ('complete_at', models.DateTimeField(null=True)),
                ('next_try_at', models.DateTimeField(db_index=True, null=True)),
                ('warned_stale_at', models.DateTimeField(null=True)),
                ('holder', models.CharField(blank=True, default='', max_length=120)),
                ('held_until', models.DateTimeField(null=True)),
                ('counts', models.JSONField(default=dict)),
                ('members_allowed', models.PositiveIntegerField(db_default=0, default=0)),
                ('members_named', models.PositiveIntegerField(db_default=0, default=0)),
                ('sends_votes', models.BooleanField(db_default=True, default=True)),
                ('reason_against', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('reasons_heard', models.TextField(blank=True, db_default='', default='')),
                ('vote_failures', models.PositiveIntegerField(db_default=0, default=0)),
                ('votes_rest_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RefusedRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window_no', models.PositiveIntegerField()),
                ('page', models.PositiveIntegerField()),
                ('place', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('exchange', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused', to='exchanges.exchange')),
            ],
        ),
        migrations.CreateModel(
            name='MemberList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.CharField(blank=True, default='', max_length=60)),
                ('list_slug', models.CharField(max_length=60, unique=True)),
                ('exchange', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lists', to='exchanges.exchange')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('exchange', 'member'), name='exchanges_one_list_each')],
            },
        ),
        migrations.CreateModel(
            name='PulledPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window_no', models.PositiveIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('asked', models.CharField(max_length=64)),
                ('exchange', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pulled', to='exchanges.exchange')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('exchange', 'window_no', 'number'), name='exchanges_page_once'), models.UniqueConstraint(fields=('exchange', 'window_no', 'asked'), name='exchanges_no_circle')],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
                ('member', models.CharField(blank=True, default='', max_length=60)),
                ('own_id', models.CharField(max_length=200)),
                ('kind', models.PositiveSmallIntegerField()),
                ('direction', models.CharField(max_length=4)),
                ('reason', models.CharField(blank=True, default='', max_length=80)),
                ('cast_by', models.CharField(max_length=80)),
                ('cast_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(max_length=10)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('trouble', models.CharField(blank=True, default='', max_length=20)),
                ('sent_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('exchange', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='exchanges.exchange')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='exchanges_votes_due')],
                'constraints': [models.UniqueConstraint(fields=('exchange', 'member', 'own_id', 'kind'), name='exchanges_one_vote_each')],
            },
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('reports', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HostTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host_digest', models.CharField(max_length=64, unique=True)),
                ('free_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TrafficStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('by', models.CharField(max_length=80)),
                ('why', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('finding_id', models.BigIntegerField()),
                ('host_digest', models.CharField(max_length=64)),
                ('rehearsal', models.BooleanField(default=False)),
                ('state', models.CharField(max_length=10)),
                ('since', models.DateTimeField()),
                ('started_at', models.DateTimeField()),
                ('hot_at', models.DateTimeField()),
                ('looks', models.PositiveIntegerField(default=0)),
                ('doubts', models.PositiveSmallIntegerField(default=0)),
                ('doubts_since', models.DateTimeField(null=True)),
                ('last_look_at', models.DateTimeField(null=True)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('turn_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('times_back', models.PositiveSmallIntegerField(default=0)),
                ('abroad', models.CharField(blank=True, max_length=14)),
                ('abroad_at', models.DateTimeField(null=True)),
                ('held', models.BooleanField(default=False)),
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
            ],
        ),
        migrations.CreateModel(
            name='Hop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=10)),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('visit_id', models.BigIntegerField(null=True)),
                ('follow', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hops', to='rechecks.follow')),
                ('to_item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reports.item')),
            ],
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('times', models.PositiveIntegerField(default=1)),
                ('vantage', models.CharField(max_length=40)),
                ('agent', models.CharField(max_length=40)),
                ('outcome', models.CharField(max_length=20)),
                ('standing', models.CharField(max_length=11)),
                ('distance_bits', models.PositiveSmallIntegerField(null=True)),
                ('visit_id', models.BigIntegerField(null=True)),
                ('follow', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='rechecks.follow')),
            ],
        ),
        migrations.CreateModel(
            name='Stay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_by', models.CharField(max_length=10)),
                ('closed_by', models.CharField(blank=True, max_length=10)),
                ('hoster_id', models.BigIntegerField(null=True)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('asn', models.PositiveBigIntegerField(null=True)),
                ('network', models.CharField(blank=True, max_length=50)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('cdn', models.CharField(blank=True, max_length=40)),
                ('started_at', models.DateTimeField()),
                ('last_present_at', models.DateTimeField()),
                ('first_gone_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('back_at', models.DateTimeField(null=True)),
                ('follow', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stays', to='rechecks.follow')),
            ],
        ),
        migrations.CreateModel(
            name='Trace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(db_index=True, max_length=64)),
                ('sealed', models.TextField(blank=True)),
                ('follow', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='traces', to='rechecks.follow')),
            ],
        ),
        migrations.AddIndex(
            model_name='follow',
            index=models.Index(fields=['state', 'since'], name='rechecks_state'),
        ),
        migrations.AddConstraint(
            model_name='hop',
            constraint=models.UniqueConstraint(fields=('follow', 'to_item'), name='rechecks_resurfaced_once'),
        ),
        migrations.AddIndex(
            model_name='stay',
            index=models.Index(fields=['started_at'], name='rechecks_stay_start'),
        ),
        migrations.AddConstraint(
            model_name='trace',
            constraint=models.UniqueConstraint(fields=('follow', 'digest'), name='rechecks_one_trace'),
        ),
    ]

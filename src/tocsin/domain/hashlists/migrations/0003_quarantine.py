import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hashlists', '0002_classification'),
    ]

    operations = [
        migrations.CreateModel(
            name='LintNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20)),
                ('known_set', models.CharField(blank=True, default='', max_length=80)),
                ('source', models.CharField(blank=True, default='', max_length=200)),
                ('bits', models.PositiveSmallIntegerField(null=True)),
                ('at', models.DateTimeField()),
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
                ('noted', models.BigIntegerField(default=0)),
                ('holder', models.CharField(blank=True, default='', max_length=120)),
                ('held_until', models.DateTimeField(null=True)),
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
            ],
        ),
        migrations.AddField(
            model_name='importrun',
            name='lint_version',
            field=models.CharField(blank=True, db_default='', default='', max_length=16),
        ),
        migrations.AddField(
            model_name='importrun',
            name='linted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='linted_to',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='quarantined',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('status', 1), _negated=True), fields=['hash_list', 'status'], name='hashlists_set_apart'),
        ),
        migrations.AddField(
            model_name='lintnote',
            name='entry',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lint_notes', to='hashlists.entry'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='entry',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='quarantines', to='hashlists.entry'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='hash_list',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='hashlists.hashlist'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='run',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='hashlists.importrun'),
        ),
        migrations.AddConstraint(
            model_name='lintnote',
            constraint=models.UniqueConstraint(fields=('entry', 'reason', 'known_set'), name='hashlists_noted_once'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['hash_list', 'reason', 'known_set'], name='hashlists_quarantine_waits'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(fields=['state', 'decided_at'], name='hashlists_quarantine_past'),
        ),
        migrations.AddConstraint(
            model_name='quarantine',
            constraint=models.UniqueConstraint(fields=('entry', 'reason', 'known_set'), name='hashlists_quarantined_once'),
        ),
    ]

import hashlib

import django.db.models.deletion
from django.db import migrations, models

# By hand: Django would copy the whole table on SQLite, and it may hold ten million rows.
ADD = "ALTER TABLE hashlists_entry ADD COLUMN small smallint NOT NULL DEFAULT 0"
TAKE_AWAY = "ALTER TABLE hashlists_entry DROP COLUMN small"

SIGNALS = ("ImagePDQ:", "ImageMD5:", "VideoMD5:")
AT_ONCE = 500


def forget_hashes_in_ids(apps, schema_editor):
    """Entries of StopNCII were known by their hash, which then stood on pages: by a digest of it
    from now on, as `formats.stopncii.id_of_hash` makes it."""
    entries = apps.get_model("hashlists", "Entry").objects.filter(
        hash_list__purpose__in=["victim_submitted", "test"], member=""
    )
    for signal in SIGNALS:
        last = 0
        while some := list(
            entries.filter(source_entry_id__startswith=signal, pk__gt=last).order_by("pk")[:AT_ONCE]
        ):
            for entry in some:
                value = entry.source_entry_id[len(signal):]
                entry.source_entry_id = signal + hashlib.sha256(value.encode()).hexdigest()
            entries.model.objects.bulk_update(some, ["source_entry_id"])
            last = some[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('hashlists', '0003_quarantine'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, TAKE_AWAY)],
            state_operations=[
                migrations.AddField(
                    model_name='entry',
                    name='small',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
            ],
        ),
        migrations.AddField(
            model_name='importrun',
            name='broken',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='importrun',
            name='older',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='unmatched',
            field=models.BigIntegerField(db_default=0, default=0),
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
        migrations.AddConstraint(
            model_name='mutedprint',
            constraint=models.UniqueConstraint(fields=('entry', 'kind', 'n', 'known_set'), name='hashlists_muted_once'),
        ),
        migrations.RunPython(forget_hashes_in_ids, migrations.RunPython.noop),
    ]

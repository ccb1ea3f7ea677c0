import django.db.models.deletion
from django.db import migrations, models

# What people decided before there was a memory of it: withdrawn here, or held. Of two versions the
# one that stands: a newer one may have been let count since.
FIRST = """
INSERT INTO hashlists_rememberedprint (entry_id, kind, value, rehearsal, at)
SELECT f.entry_id, f.kind, f.value, l.purpose = 'test', CURRENT_TIMESTAMP
FROM hashlists_entry e
JOIN hashlists_hashlist l ON l.number = e.hash_list_id
JOIN hashlists_fingerprint f ON f.entry_id = e.id
LEFT JOIN hashlists_importrun newer ON newer.id = e.replaced_by_run_id
WHERE (e.withdrawn_here OR e.held) AND l.purpose <> 'benign_allow'
AND (newer.id IS NULL OR newer.state <> 'released')
AND (f.kind IN (1, 2, 3) OR (f.kind = 4 AND f.quality >= 50 AND e.media_type <> 2))
ORDER BY f.entry_id
ON CONFLICT (kind, value, entry_id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0007_brake")]

    operations = [
        migrations.CreateModel(
            name="RememberedPrint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.PositiveSmallIntegerField()),
                ("value", models.BinaryField(max_length=32)),
                ("rehearsal", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="remembered",
                        to="hashlists.entry",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "value", "entry"), name="hashlists_remembered_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]

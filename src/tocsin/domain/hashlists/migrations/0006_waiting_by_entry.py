from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0005_unvetted")]

    operations = [
        migrations.RemoveIndex(model_name="quarantine", name="hashlists_quarantine_past"),
        migrations.AddIndex(
            model_name="quarantine",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["entry"],
                name="hashlists_quarantine_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantine",
            index=models.Index(
                condition=models.Q(("state", "waiting"), _negated=True),
                fields=["decided_at"],
                name="hashlists_quarantine_decided",
            ),
        ),
    ]

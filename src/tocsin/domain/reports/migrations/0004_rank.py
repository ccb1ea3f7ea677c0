from datetime import datetime, timedelta, timezone

from django.db import migrations


def rank_what_waits(apps, schema_editor):
    """Items that wait already stand where they stood: by their points, then by their age."""
    epoch = datetime(2024, 1, 1, tzinfo=timezone.utc)
    Item = apps.get_model("reports", "Item")
    for item in Item.objects.filter(decided_at__isnull=True).only(
        "priority", "first_reported_at"
    ).iterator():
        hours = (item.first_reported_at - epoch) / timedelta(hours=1)
        Item.objects.filter(pk=item.pk).update(
            rank=item.priority - round(3 * hours), waiting_since=item.first_reported_at
        )


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0003_desk'),
    ]

    operations = [
        migrations.RunPython(rank_what_waits, migrations.RunPython.noop),
    ]

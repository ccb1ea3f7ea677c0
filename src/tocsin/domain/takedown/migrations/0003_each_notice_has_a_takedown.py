from django.db import migrations

ENDED = ("recalling", "recalled", "cancelled")


def make_takedowns(apps, schema_editor):
    """Every notice made before there was a ladder stands on its first rung."""
    Notice = apps.get_model("takedown", "Notice")
    Takedown = apps.get_model("takedown", "Takedown")
    Due = apps.get_model("clock", "Due")
    for notice in Notice.objects.filter(takedown=None).order_by("pk").iterator():
        state = "ended" if notice.state in ENDED else "climbing"
        takedown = Takedown.objects.create(
            finding_id=notice.finding_id,
            item_id=notice.item_id,
            item_number=notice.item_number,
            state=state,
            rehearsal=notice.rehearsal,
            country=notice.hoster.country if notice.hoster else "",
            made_at=notice.created_at,
            since=notice.created_at,
            next_at=notice.created_at if state == "climbing" else None,
        )
        Notice.objects.filter(pk=notice.pk).update(takedown=takedown)
        if state == "climbing":
            # No state waits without a clock: the first look sets the next one.
            Due.objects.get_or_create(
                kind="takedown.climb",
                subject=str(takedown.pk),
                defaults={"due_at": notice.created_at},
            )


class Migration(migrations.Migration):

    dependencies = [
        ('clock', '0001_initial'),
        ('takedown', '0002_ladder'),
    ]

    operations = [
        migrations.RunPython(make_takedowns, migrations.RunPython.noop),
    ]

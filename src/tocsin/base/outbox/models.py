import uuid
from datetime import timedelta

from django.db import models

from tocsin.base.privacy import PersonalData


class Message(models.Model):
    """One piece of news: a topic and ids. `dedupe_key` makes the same news one message, until it is
    forgotten a month after it was delivered. `listener`: who alone it is for, when a topic has
    several; empty until then."""

    personal_data = PersonalData(
        fields=(),
        why="Knows nothing of people; what was delivered is of no more use.",
        kept=timedelta(days=30),
        since=("done_at",),
        only={"state": "done"},
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=60)
    # A default of the database's own: code from before this column may still write rows.
    listener = models.CharField(max_length=60, blank=True, db_default="")
    dedupe_key = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001 - many rows have none, and none is not equal to none
    payload = models.JSONField()
    state = models.CharField(max_length=10, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL


class Due(models.Model):
    """One thing that must happen at a time: (kind, subject) is unique."""

    personal_data = NOTHING_PERSONAL

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    due_at = models.DateTimeField(db_index=True)
    version = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    leased_by = models.CharField(max_length=80, blank=True)
    leased_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="clock_one_each")]


class Pause(models.Model):
    """Present while clocks and mail stand still: after a restore, until somebody confirms."""

    personal_data = NOTHING_PERSONAL

    since = models.DateTimeField()
    why = models.CharField(max_length=200)

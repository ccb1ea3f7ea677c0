from datetime import timedelta

from django.db import models

from tocsin.base.privacy import PersonalData, Then


class Mandate(models.Model):
    """That the organisation stated it may look at what is reported, on what basis, until when."""

    personal_data = PersonalData(
        fields=("stated_by", "ended_by"),
        why="Who answers for it that people here look at reported pictures.",
    )

    basis = models.TextField()
    stated_by = models.CharField(max_length=80)
    stated_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)


class Viewer(models.Model):
    """One person who looks: locked while a look is opened, so that two windows count as two."""

    personal_data = PersonalData(
        fields=("who", "opted_out_at"),
        why="Who may not be shown pictures at the moment because they said so.",
    )

    who = models.CharField(max_length=80, unique=True)
    opted_out_at = models.DateTimeField(null=True)


class Look(models.Model):
    """The ledger: one picture on one person's screen, behind which veil, how long, how often."""

    personal_data = PersonalData(
        fields=("who",),
        why="Exposure is counted to protect who looks; labour law and they themselves may ask.",
        kept=timedelta(days=5 * 365),
        since=("opened_at",),
        then=Then.EMPTY,
    )

    who = models.CharField(max_length=80)
    item_id = models.BigIntegerField()
    item_number = models.CharField(max_length=16)
    place = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=10)
    moment = models.PositiveSmallIntegerField(default=0)
    moments = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    last_beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    repeat = models.PositiveIntegerField(default=0)
    visit_id = models.BigIntegerField(null=True)
    # Of the file that was seen, keyed: the same file at another address is not shown again.
    file_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["file_digest"], name="viewing_of_file"),
            models.Index(fields=["who", "opened_at"], name="viewing_of_person"),
            models.Index(fields=["item_id", "who"], name="viewing_of_item"),
        ]

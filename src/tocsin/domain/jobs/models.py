from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData


class Job(models.Model):
    """A long list of questions: how far it is. The row goes with its files.

    `done` counts items whose answers are on the disk; it only grows, by compare-and-swap.
    """

    personal_data = NOTHING_PERSONAL

    id = models.UUIDField(primary_key=True)
    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=20)
    state = models.CharField(max_length=8)
    items = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    list_version = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=12, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    forget_at = models.DateTimeField()
    tell_at = models.DateTimeField(null=True)
    tell_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["party", "state"], name="jobs_of_party"),
            models.Index(fields=["tell_at"], name="jobs_to_tell"),
        ]


class Repeat(models.Model):
    """A request that came with a key of its own: what was answered, so that it is done once.

    Without `answered_at` it is being answered, until `began_at` is some minutes old.
    """

    personal_data = PersonalData(
        fields=("sealed_answer",),
        why="What a provider was answered, to answer the same again.",
        kept=timedelta(days=1),
        since=("began_at",),
    )

    key_id = models.CharField(max_length=20)
    place = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(default=0)
    sealed_answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_id", "place", "digest"], name="jobs_repeat_once")
        ]
        indexes = [models.Index(fields=["began_at"], name="jobs_repeat_age")]

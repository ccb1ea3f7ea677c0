from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then


class Permit(models.Model):
    """That the organisation stated it may fetch what is reported, on what basis, and until when.

    Without one that is in force nothing is fetched. Ending it is the switch that stops all traffic.
    """

    personal_data = PersonalData(
        fields=("stated_by", "ended_by"),
        why="Who answers for it that this organisation fetches reported addresses.",
    )

    basis = models.TextField()
    stated_by = models.CharField(max_length=80)
    stated_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)


class Evidence(models.Model):
    """What one visit found, without the material; never changed, each chained to the one before.

    `digest` is over the record as it was sealed, with a random salt in it: when the record is
    emptied in time, digest and link stay, and say nothing of it.
    """

    personal_data = PersonalData(
        fields=("sealed_record",),
        why="The address and what stood there may name a person; courts and the police may ask.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    number = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    url_digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=20)
    status = models.PositiveSmallIntegerField(null=True)
    vantage = models.CharField(max_length=20)
    agent = models.CharField(max_length=20)
    sealed_record = models.TextField()
    digest = models.CharField(max_length=64)
    link = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["url_digest", "-number"], name="visits_of_address")]


class EvidenceHead(models.Model):
    """The end of the chain: one row, locked by whoever adds to it."""

    personal_data = NOTHING_PERSONAL

    last_number = models.BigIntegerField(default=0)
    last_link = models.CharField(max_length=64)


class Placeholder(models.Model):
    """A body that was found to stand in for others at one host. Both only as keyed hashes."""

    personal_data = NOTHING_PERSONAL

    body_digest = models.CharField(max_length=64, unique=True)
    host_digest = models.CharField(max_length=64)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()


class Errand(models.Model):
    """An address that a worker is to visit once, and for whom (`reference`); gone when it was."""

    personal_data = PersonalData(
        fields=("sealed_url",),
        why="The address may name a person; it is kept until it was visited.",
        kept=timedelta(days=30),
        since=("asked_at",),
        then=Then.DELETE,
    )

    reference = models.CharField(max_length=80, unique=True)
    sealed_url = models.TextField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="visits_errands_due")]

from datetime import timedelta

from django.db import models

from tocsin.base.privacy import PersonalData, Then


class Whereabouts(models.Model):
    """Where a host was, from `first_at` until the next row of it. Append-only but for the times.

    The host is the address of an item: found by a keyed hash, told only in what is sealed.
    """

    personal_data = PersonalData(
        fields=("sealed",),
        why="Hosts, addresses and contacts; a host may name a person, a contact may be one.",
        kept=timedelta(days=5 * 365),
        since=("confirmed_at",),
        then=Then.EMPTY,
    )

    host_digest = models.CharField(max_length=64)
    sealed = models.TextField()
    # Of what is sealed, without the time: tells whether anything changed.
    facts_digest = models.CharField(max_length=64)
    asn = models.PositiveBigIntegerField(null=True)
    country = models.CharField(max_length=2, blank=True)
    cdn = models.CharField(max_length=40, blank=True)
    origin_known = models.BooleanField(default=True)
    first_at = models.DateTimeField()
    confirmed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["host_digest", "-id"], name="hosting_of_host")]


class Origin(models.Model):
    """A host behind a CDN, and whether the server behind it is known. One row a host."""

    personal_data = PersonalData(
        fields=("sealed_host",),
        why="The host is asked about again by itself; it may name a person.",
        kept=timedelta(days=365),
        since=("asked_at",),
        only={"state": "left"},
        then=Then.DELETE,
    )

    host_digest = models.CharField(max_length=64, unique=True)
    sealed_host = models.TextField()
    state = models.CharField(max_length=10)
    since = models.DateTimeField()
    asked_at = models.DateTimeField()
    wanted_at = models.DateTimeField()

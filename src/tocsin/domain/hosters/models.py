from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then


class Hoster(models.Model):
    """Who keeps a server. Not deleted: notices sent name it; `removed_at` takes it out of use."""

    personal_data = PersonalData(
        fields=("name", "abuse_email"),
        why="Where notices go; an abuse desk, now and then a person who hosts alone.",
        kept=timedelta(days=5 * 365),
        since=("removed_at",),
        then=Then.EMPTY,
    )

    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=5)
    abuse_email = models.CharField(max_length=254)
    reachable = models.BooleanField(default=True)
    rehearsal = models.BooleanField(default=False)
    # When they read their mail; no zone: at any time.
    zone = models.CharField(max_length=40, blank=True, db_default="")
    opens = models.CharField(max_length=5, blank=True, db_default="")
    closes = models.CharField(max_length=5, blank=True, db_default="")
    weekends = models.BooleanField(default=False, db_default=False)
    # Where they take notices by machine: an address and a word, sealed to the row.
    sealed_endpoint = models.TextField(blank=True, db_default="")
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)


class HosterPlace(models.Model):
    """A domain, network or server that is a hoster's. One place, one hoster."""

    personal_data = NOTHING_PERSONAL

    hoster = models.ForeignKey(Hoster, on_delete=models.CASCADE, related_name="places")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=255, unique=True)

    class Meta:
        indexes = [models.Index(fields=["kind"], name="hosters_kind")]

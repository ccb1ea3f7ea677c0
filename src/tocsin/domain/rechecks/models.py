from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then


class Follow(models.Model):
    """What follows one unlawful item until it is gone, and for ninety days after."""

    personal_data = NOTHING_PERSONAL

    item = models.OneToOneField("reports.Item", on_delete=models.PROTECT, related_name="+")
    finding_id = models.BigIntegerField()
    # A keyed hash of the host: how often one server is asked is counted by it.
    host_digest = models.CharField(max_length=64)
    rehearsal = models.BooleanField(default=False)
    state = models.CharField(max_length=10)
    since = models.DateTimeField()
    started_at = models.DateTimeField()
    # When something last happened that makes frequent looks worth while.
    hot_at = models.DateTimeField()
    looks = models.PositiveIntegerField(default=0)
    # How many looks in a row could not tell, and since when.
    doubts = models.PositiveSmallIntegerField(default=0)
    doubts_since = models.DateTimeField(null=True)
    last_look_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    # Until when the place in its host's queue of looks is kept for it.
    turn_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    times_back = models.PositiveSmallIntegerField(default=0)
    abroad = models.CharField(max_length=14, blank=True)
    abroad_at = models.DateTimeField(null=True)
    held = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["state", "since"], name="rechecks_state")]


class Observation(models.Model):
    """What looks from one view found. Equal ones in a row are one row, of which only `last_at`,
    `times` and the distance change; nothing is ever taken away."""

    personal_data = NOTHING_PERSONAL

    follow = models.ForeignKey(Follow, on_delete=models.PROTECT, related_name="observations")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    vantage = models.CharField(max_length=40)
    agent = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    standing = models.CharField(max_length=11)
    distance_bits = models.PositiveSmallIntegerField(null=True)
    visit_id = models.BigIntegerField(null=True)


class Stay(models.Model):
    """One stay of an item at one hoster, with the bounds between which it ended."""

    personal_data = NOTHING_PERSONAL

    follow = models.ForeignKey(Follow, on_delete=models.PROTECT, related_name="stays")
    opened_by = models.CharField(max_length=10)
    closed_by = models.CharField(max_length=10, blank=True)
    hoster_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=120, blank=True)
    asn = models.PositiveBigIntegerField(null=True)
    network = models.CharField(max_length=50, blank=True)
    country = models.CharField(max_length=2, blank=True)
    cdn = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    last_present_at = models.DateTimeField()
    first_gone_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    back_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="rechecks_stay_start")]


class Hop(models.Model):
    """A step across networks and countries. Append-only: the ledger."""

    personal_data = NOTHING_PERSONAL

    follow = models.ForeignKey(Follow, on_delete=models.PROTECT, related_name="hops")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    before = models.JSONField()
    after = models.JSONField()
    to_item = models.ForeignKey(
        "reports.Item", on_delete=models.PROTECT, null=True, related_name="+"
    )
    visit_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follow", "to_item"], name="rechecks_resurfaced_once")
        ]


class Trace(models.Model):
    """A keyed hash of a fingerprint of the item: the same picture elsewhere is found by it."""

    personal_data = NOTHING_PERSONAL

    follow = models.ForeignKey(Follow, on_delete=models.CASCADE, related_name="traces")
    digest = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follow", "digest"], name="rechecks_one_trace")
        ]


class HostTurn(models.Model):
    """When a server may next be asked: looks at one host queue up behind each other."""

    personal_data = NOTHING_PERSONAL

    host_digest = models.CharField(max_length=64, unique=True)
    free_at = models.DateTimeField()


class TrafficStop(models.Model):
    """Present while all looks stand still; a person stopped them."""

    personal_data = PersonalData(
        fields=("by",),
        why="Who stopped the looks, shown to those who may let them go on.",
        kept=timedelta(days=365),
        since=("since",),
        then=Then.EMPTY,
    )

    since = models.DateTimeField()
    by = models.CharField(max_length=80)
    why = models.CharField(max_length=200)

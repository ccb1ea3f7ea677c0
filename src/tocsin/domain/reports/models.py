import uuid
from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then
from tocsin.domain.reports.desk_models import HandoverNote as HandoverNote  # noqa: PLC0414 - a table too
from tocsin.domain.reports.desk_models import ItemAppeal as ItemAppeal  # noqa: PLC0414
from tocsin.domain.reports.desk_models import ItemAppealCounter as ItemAppealCounter  # noqa: PLC0414
from tocsin.domain.reports.desk_models import PoliceHold as PoliceHold  # noqa: PLC0414
from tocsin.domain.reports.desk_models import Setup as Setup  # noqa: PLC0414
from tocsin.domain.reports.desk_models import Skip as Skip  # noqa: PLC0414
from tocsin.domain.reports.desk_models import SourceRecord as SourceRecord  # noqa: PLC0414


class Report(models.Model):
    """What somebody said, as they said it. Append-only: a change of mind is another report."""

    personal_data = PersonalData(
        fields=("sealed_url", "sealed_words"),
        why="The address may name a person, the words may tell of one; the police may ask.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    channel = models.CharField(max_length=10)
    party = models.ForeignKey(
        "accounts.Party", on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Not a foreign key: hits are forgotten sooner than reports.
    hit_id = models.UUIDField(null=True, unique=True)
    client_reference = models.CharField(max_length=120, blank=True)
    url_digest = models.CharField(max_length=64)
    sealed_url = models.TextField()
    sealed_words = models.TextField(blank=True)
    category_hint = models.CharField(max_length=40, blank=True)
    sealed_fingerprints = models.TextField(blank=True)
    fingerprint_count = models.PositiveSmallIntegerField(default=0)
    first_seen_at = models.DateTimeField(null=True)
    rehearsal = models.BooleanField(default=False)
    # What the reports of one visit have in common; says nothing of who came.
    batch = models.CharField(max_length=64, blank=True, default="", db_default="", db_index=True)
    set_aside = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [models.Index(fields=["client_reference"], name="reports_reference")]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "client_reference", "url_digest"],
                condition=~models.Q(client_reference=""),
                name="reports_same_reference",
            )
        ]


class Cluster(models.Model):
    """Items that show the same picture, or nearly: judged together."""

    personal_data = NOTHING_PERSONAL

    made_at = models.DateTimeField()
    rehearsal = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")


class Golden(models.Model):
    """A decided item that is put into the queue again under other names, to see who agrees."""

    personal_data = PersonalData(
        fields=("by",),
        why="Who vouches for the expected answer.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    original = models.OneToOneField("Item", on_delete=models.PROTECT, related_name="+")
    expected = models.CharField(max_length=14)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)


class Item(models.Model):
    """One canonical address, in one world (real or rehearsal), and where it stands."""

    personal_data = PersonalData(
        fields=("sealed_url", "taken_by"),
        why="The address may name a person; `taken_by` is who works on it.",
        kept=timedelta(days=5 * 365),
        since=("last_reported_at", "decided_at"),
        only={"state__in": ("unlawful", "not_unlawful")},
        then=Then.EMPTY,
    )

    number = models.CharField(max_length=16, unique=True)
    url_digest = models.CharField(max_length=64, unique=True)
    sealed_url = models.TextField()
    rehearsal = models.BooleanField(default=False)
    state = models.CharField(max_length=14)
    priority = models.IntegerField(default=0)
    why = models.JSONField(default=list)
    source = models.CharField(max_length=120)
    official_source = models.BooleanField(default=False)
    report_count = models.PositiveIntegerField(default=0)
    seen_again = models.BooleanField(default=False)
    overdue_rounds = models.PositiveSmallIntegerField(default=0)
    first_reported_at = models.DateTimeField()
    last_reported_at = models.DateTimeField()
    decide_by = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)
    taken_at = models.DateTimeField(null=True)
    taken_until = models.DateTimeField(null=True)
    sealed_fingerprints = models.TextField(blank=True)
    content_differs = models.BooleanField(default=False)
    entry_ids = models.JSONField(default=list)
    match_kind = models.CharField(max_length=6, blank=True)
    distance_bits = models.PositiveSmallIntegerField(null=True)
    reports = models.ManyToManyField(Report, through="ItemReport", related_name="items")
    host_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", db_index=True
    )
    # Where it stands in the queue: the priority less what later arrivals lose by having come later.
    rank = models.BigIntegerField(default=0, db_default=0)
    waiting_since = models.DateTimeField(null=True)
    live = models.BooleanField(default=False, db_default=False)
    slow = models.BooleanField(default=False, db_default=False)
    site_found = models.PositiveSmallIntegerField(default=0, db_default=0)
    source_key = models.CharField(max_length=80, blank=True, default="", db_default="")
    police_until = models.DateTimeField(null=True)
    cluster = models.ForeignKey(
        Cluster, on_delete=models.PROTECT, null=True, related_name="members"
    )
    cluster_lead = models.BooleanField(default=False, db_default=False)
    cluster_bits = models.PositiveSmallIntegerField(null=True)
    cluster_decided = models.BooleanField(default=False, db_default=False)
    kept_apart = models.BooleanField(default=False, db_default=False)
    golden = models.ForeignKey(Golden, on_delete=models.PROTECT, null=True, related_name="planted")

    class Meta:
        indexes = [
            models.Index(fields=["state", "-rank", "first_reported_at"], name="reports_ranked")
        ]


class ItemReport(models.Model):
    """Which report is about which item."""

    personal_data = NOTHING_PERSONAL

    item = models.ForeignKey(Item, on_delete=models.PROTECT)
    report = models.ForeignKey(Report, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "report"], name="reports_one_link")]


class Finding(models.Model):
    """What was found of an item, by whom, on what ground. Append-only but for `corrected`."""

    personal_data = PersonalData(
        fields=("by", "agreed_by", "sealed_words"),
        why="Who answers for the finding; the words may tell of a person.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=14)
    category = models.CharField(max_length=10, blank=True)
    ground = models.CharField(max_length=20)
    sealed_words = models.TextField(blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    # Packed by `hashlists.classification.pack`; labels as `Labels.text` gives them.
    observed = models.BigIntegerField(default=0, db_default=0)
    labels = models.TextField(blank=True, default="", db_default="")
    own_entry_id = models.BigIntegerField(null=True)
    agreed_by = models.CharField(max_length=80, blank=True)
    corrected = models.BooleanField(default=False)
    look = models.CharField(max_length=8, default="first", db_default="first")
    police = models.CharField(max_length=16, blank=True, default="", db_default="")
    with_cluster = models.BooleanField(default=False, db_default=False)
    # The finding on another item that this one repeats; of a correction, what was wrong.
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="followers"
    )


class FindingAnswer(models.Model):
    """What was answered to one question of a set, in codes of that set's version."""

    personal_data = NOTHING_PERSONAL

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="answers")
    question_set = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    question = models.CharField(max_length=40)
    values = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "question_set", "question"], name="reports_one_answer"
            )
        ]


class ItemPrint(models.Model):
    """A fingerprint of an item, to find its like by: a keyed digest, and for PDQ the value sealed.

    `leads`: others are compared with it. Those that joined a cluster as a near variant do not, so
    that a cluster never wanders from the picture it began with.
    """

    personal_data = NOTHING_PERSONAL

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="prints")
    kind = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    sealed_value = models.TextField(blank=True)
    leads = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["digest"], name="reports_print")]
        constraints = [models.UniqueConstraint(fields=["item", "digest"], name="reports_one_print")]


class ClusterTurn(models.Model):
    """One row, held while an item is placed: whoever comes next sees all who came before."""

    personal_data = NOTHING_PERSONAL

    turns = models.BigIntegerField(default=0)


class ClusterEvent(models.Model):
    """An item joined or left a cluster, or a cluster became part of another. Append-only."""

    personal_data = PersonalData(
        fields=("by",),
        why="Who took an item out of its cluster.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=6)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, related_name="+")
    other = models.ForeignKey(Cluster, on_delete=models.PROTECT, null=True, related_name="+")
    distance_bits = models.PositiveSmallIntegerField(null=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()


class Correction(models.Model):
    """A party that had got hits on an entry before it was withdrawn as wrong."""

    personal_data = NOTHING_PERSONAL

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="told")
    party = models.ForeignKey(
        "accounts.Party", on_delete=models.PROTECT, null=True, related_name="+"
    )
    party_name = models.CharField(max_length=120)
    key_id = models.CharField(max_length=20)
    hits = models.PositiveIntegerField()
    last_hit_at = models.DateTimeField()


class ItemCounter(models.Model):
    """The last item number given in a year."""

    personal_data = NOTHING_PERSONAL

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

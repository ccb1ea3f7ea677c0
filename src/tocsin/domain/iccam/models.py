from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then
from tocsin.domain.iccam.types import StepState


class Link(models.Model):
    """The exchange with ICCAM: where it is, how far it is read, who is at it. One row."""

    personal_data = NOTHING_PERSONAL

    base_url = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    analyst = models.CharField(max_length=60)
    party = models.ForeignKey(
        "accounts.Party", on_delete=models.PROTECT, null=True, related_name="+"
    )
    files_abroad = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    state = models.CharField(max_length=10)
    trouble = models.CharField(max_length=20, blank=True)
    failures = models.PositiveIntegerField(default=0)
    checkpoint = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True)


class Report(models.Model):
    """A report in ICCAM: another hotline's, or ours (`ours`), whose number comes when it is filed.

    Its steps are told in their order, so it is the row that is held while one is added.
    """

    personal_data = PersonalData(
        fields=("sealed_referrer",),
        why="The page that led there may name a person.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    number = models.BigIntegerField(unique=True, null=True)
    reference = models.CharField(max_length=60, blank=True)
    ours = models.BooleanField(default=False)
    sealed_referrer = models.TextField(blank=True)
    site_type = models.PositiveSmallIntegerField(default=0)
    commerciality = models.PositiveSmallIntegerField(default=0)
    payment_methods = models.JSONField(default=list)
    last_seq = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()


class Content(models.Model):
    """One address of a report, and the item it is here. `observed` and `classification`: what
    another hotline stated, packed as findings are."""

    personal_data = NOTHING_PERSONAL

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="contents")
    number = models.BigIntegerField(unique=True, null=True)
    item_id = models.BigIntegerField(null=True, db_index=True)
    item_number = models.CharField(max_length=16, blank=True)
    is_source = models.BooleanField(default=False)
    unusable = models.CharField(max_length=20, blank=True)
    classification = models.PositiveSmallIntegerField(default=0)
    observed = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["looked_at"],
                condition=models.Q(closed_at__isnull=True),
                name="iccam_contents_open",
            )
        ]


class Step(models.Model):
    """One thing that is told to ICCAM. `key`: what makes it the same thing; never told twice.

    `refusals`: how often ICCAM took it and said no; `attempts`: how often it was tried at all.
    """

    personal_data = PersonalData(
        fields=("sealed_payload",),
        why="Addresses of servers; kept while somebody may ask what was told.",
        kept=timedelta(days=5 * 365),
        since=("at", "sent_at"),
        only={"state__in": ("sent", "passed_over")},
        then=Then.EMPTY,
    )

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="steps")
    content = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, related_name="steps")
    seq = models.PositiveIntegerField()
    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20)
    sealed_payload = models.TextField(blank=True)
    what = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=12)
    trouble = models.CharField(max_length=20, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "seq"], name="iccam_one_place_each")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=StepState.WAITING.value),
                name="iccam_steps_due",
            )
        ]

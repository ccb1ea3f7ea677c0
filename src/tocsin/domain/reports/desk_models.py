"""Tables of how the desk is kept: set-up, sources, skips, holds, notes, appeals on items."""

from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then


class Setup(models.Model):
    """A version of the desk's weights or rules. Append-only; the newest counts."""

    personal_data = PersonalData(
        fields=("by", "why"),
        why="Who set the desk up like this, and why.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    kind = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    data = models.JSONField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="reports_one_setup")
        ]


class SourceRecord(models.Model):
    """How often what a source told was found unlawful, and how often not: counts, no identity."""

    personal_data = NOTHING_PERSONAL

    key = models.CharField(max_length=80, unique=True)
    confirmed = models.PositiveIntegerField(default=0)
    refuted = models.PositiveIntegerField(default=0)


class Skip(models.Model):
    """Somebody put an item back without deciding, and why."""

    personal_data = PersonalData(
        fields=("by",),
        why="So that nobody is offered today what they put back today.",
        kept=timedelta(days=365),
        since=("at",),
    )

    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="skips")
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    reason = models.CharField(max_length=10)

    class Meta:
        indexes = [models.Index(fields=["by", "at"], name="reports_skips")]


class PoliceHold(models.Model):
    """How long the police come first, from when until when, and why. Append-only."""

    personal_data = PersonalData(
        fields=("by", "sealed_why"),
        why="Who let an item wait, and on what ground.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="holds")
    at = models.DateTimeField()
    until = models.DateTimeField()
    by = models.CharField(max_length=80)
    sealed_why = models.TextField(blank=True)


class HandoverNote(models.Model):
    """What one shift tells the next."""

    personal_data = PersonalData(
        fields=("sealed_words", "by"),
        why="Handing over; the words may tell of a person.",
        kept=timedelta(days=30),
        since=("at",),
    )

    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    sealed_words = models.TextField()


class ItemAppeal(models.Model):
    """Somebody with a stake says that a finding on an item was wrong: judged by somebody else."""

    personal_data = PersonalData(
        fields=("sealed_words", "sealed_contact", "sealed_outcome", "reviewer", "decided_by"),
        why="Who appeals and what they say; who decided.",
        kept=timedelta(days=2 * 365),
        since=("opened_at", "decided_at"),
        only={"state__in": ("upheld", "dismissed", "moot")},
        then=Then.EMPTY,
    )

    number = models.CharField(max_length=16, unique=True)
    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="appeals")
    finding = models.ForeignKey("reports.Finding", on_delete=models.PROTECT, related_name="appeals")
    origin = models.CharField(max_length=10)
    state = models.CharField(max_length=14)
    rehearsal = models.BooleanField(default=False)
    sealed_words = models.TextField()
    sealed_contact = models.TextField(blank=True)
    sealed_outcome = models.TextField(blank=True)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attention = models.PositiveSmallIntegerField(default=0)
    reviewer = models.CharField(max_length=80, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)


class ItemAppealCounter(models.Model):
    """The last number given to an appeal on an item in a year."""

    personal_data = NOTHING_PERSONAL

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

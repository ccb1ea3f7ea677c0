"""What the lint keeps: entries set aside, notes, muted digests, how far it is, sets it asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData
from tocsin.domain.hashlists.quarantine_types import QuarantineState


class Quarantine(models.Model):
    """One reason why an entry was set aside, until somebody decides. Kept for good: what was
    released once is not set aside again for the same reason."""

    personal_data = PersonalData(
        fields=("decided_by", "words"),
        why="Who let an entry match again, or took it away, and why; kept with the entry.",
    )

    # No database constraint, as with fingerprints.
    entry = models.ForeignKey(
        "hashlists.Entry",
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="quarantines",
    )
    hash_list = models.ForeignKey("hashlists.HashList", on_delete=models.PROTECT, db_index=False)
    run = models.ForeignKey(
        "hashlists.ImportRun", null=True, on_delete=models.PROTECT, db_index=False
    )
    status_before = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=20)
    known_set = models.CharField(max_length=80, blank=True, default="")
    source = models.CharField(max_length=200, blank=True, default="")
    bits = models.PositiveSmallIntegerField(null=True)
    alone = models.BooleanField(default=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=12)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(max_length=1_000, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "reason", "known_set"], name="hashlists_quarantined_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["hash_list", "reason", "known_set"],
                condition=Q(state=QuarantineState.WAITING.value),
                name="hashlists_quarantine_waits",
            ),
            models.Index(
                fields=["entry"],
                condition=Q(state=QuarantineState.WAITING.value),
                name="hashlists_quarantine_entry",
            ),
            # Not led by the state: SQLite would look for what waits there, entry by entry.
            models.Index(
                fields=["decided_at"],
                condition=~Q(state=QuarantineState.WAITING.value),
                name="hashlists_quarantine_decided",
            ),
        ]


class LintNote(models.Model):
    """Something the lint noted beside an entry that keeps matching."""

    personal_data = NOTHING_PERSONAL

    entry = models.ForeignKey(
        "hashlists.Entry",
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="lint_notes",
    )
    reason = models.CharField(max_length=20)
    known_set = models.CharField(max_length=80, blank=True, default="")
    source = models.CharField(max_length=200, blank=True, default="")
    bits = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "reason", "known_set"], name="hashlists_noted_once"
            )
        ]


class LintPass(models.Model):
    """How far the lint over the live lists has come: one row. `version`: what it asks by;
    entries below `next_id` have been gone over by that."""

    personal_data = NOTHING_PERSONAL

    version = models.CharField(max_length=16, blank=True, default="")
    next_id = models.BigIntegerField(default=1)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    looked = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    # The number of the first quarantine of this round, or less: what the brake counts from.
    begins = models.BigIntegerField(default=1, db_default=1)
    # The same of muted digests.
    muted_begins = models.BigIntegerField(default=1, db_default=1)
    noted = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True, default="")
    held_until = models.DateTimeField(null=True)


class MutedPrint(models.Model):
    """A digest of an entry that is in no index: a benign file has it too, and another digest of the
    entry is not that file's. One row for each set that says so; it matches again with the last."""

    personal_data = NOTHING_PERSONAL

    entry = models.ForeignKey(
        "hashlists.Entry",
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="muted",
    )
    kind = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField(default=0)
    known_set = models.CharField(max_length=80)
    source = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "kind", "n", "known_set"], name="hashlists_muted_once"
            )
        ]


class KnownSet(models.Model):
    """A known-good set that was asked once: one that is gone since must be missed, not forgotten.

    `left_out_mark`: a person said that the lint goes on without it as it is; empty where it was
    missing. A set that looks otherwise by now is asked again.
    """

    personal_data = PersonalData(
        fields=("left_out_by", "words"),
        why="Who let lists count without asking a set, and why; kept while that holds.",
    )

    name = models.CharField(max_length=80, primary_key=True)
    mark = models.CharField(max_length=64)
    seen_at = models.DateTimeField()
    left_out_mark = models.CharField(max_length=64, null=True)  # noqa: DJ001 - empty: it was missing
    left_out_by = models.CharField(max_length=80, blank=True, default="")
    left_out_at = models.DateTimeField(null=True)
    words = models.TextField(max_length=1_000, blank=True, default="")


class SetBrake(models.Model):
    """A set, or our lists of harmless files, that would have set aside too much at once.

    It waits for a person until `confirmed_at`, as long as its mark is this one.
    """

    personal_data = PersonalData(
        fields=("confirmed_by", "words"),
        why="Who let a set silence many entries, and why; kept while the set is as it was.",
    )

    name = models.CharField(max_length=80, primary_key=True)
    mark = models.CharField(max_length=64)
    at = models.DateTimeField()
    entries = models.BigIntegerField()
    most = models.BigIntegerField()
    confirmed_by = models.CharField(max_length=80, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True)
    words = models.TextField(max_length=1_000, blank=True, default="")

from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData


class Conversation(models.Model):
    """What somebody unknown sent in one go, and what was written about it since."""

    personal_data = PersonalData(
        fields=("receipt_hash", "sealed_told"),
        why="What a reporter told and by what they come back; who they are is not known.",
        kept=timedelta(days=180),
        since=("last_at",),
        only={"state": "quiet"},
    )

    # Empty for a form whose writer went away: nobody has its receipt.
    receipt_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8)
    pace = models.CharField(max_length=6)
    language = models.CharField(max_length=5)
    sent_at = models.DateTimeField(db_index=True)
    last_at = models.DateTimeField()
    waits_since = models.DateTimeField(null=True)
    overdue_rounds = models.PositiveSmallIntegerField(default=0)
    left = models.BooleanField(default=False)
    set_aside = models.BooleanField(default=False)
    sealed_told = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-last_at"], name="reporters_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["receipt_hash"],
                condition=~models.Q(receipt_hash=""),
                name="reporters_one_receipt",
            )
        ]


class SentReport(models.Model):
    """An address of a form, and the item it is told of."""

    personal_data = NOTHING_PERSONAL

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reports")
    # A keyed digest, so that a form that is sent twice reports nothing twice.
    address_digest = models.CharField(max_length=64)
    # No foreign key: conversations are forgotten sooner than items.
    item_number = models.CharField(max_length=16, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "address_digest"], name="reporters_address_once"
            )
        ]


class Message(models.Model):
    """A message between a reporter and the desk. Append-only."""

    personal_data = PersonalData(
        fields=("by", "sealed_words"),
        why="Words of a reporter, or of somebody here; they go with their conversation.",
    )

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    at = models.DateTimeField()
    side = models.CharField(max_length=8)
    by = models.CharField(max_length=80, blank=True)
    sealed_words = models.TextField()


class BegunForm(models.Model):
    """A form that somebody writes, found by a digest of its token's number."""

    personal_data = PersonalData(
        fields=("sealed_told",),
        why="What was typed so far; emptied when the form is sent or its writer goes away.",
        kept=timedelta(days=1),
        since=("changed_at",),
        only={"state__in": ("left", "sent")},
    )

    digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=5)
    changed_at = models.DateTimeField()
    language = models.CharField(max_length=5)
    sealed_told = models.TextField(blank=True)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="+"
    )

from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then

FIVE_YEARS = timedelta(days=5 * 365)


class RecipientKey(models.Model):
    """A public key of the police: an age recipient or an OpenPGP certificate."""

    personal_data = PersonalData(
        fields=("key_text", "added_by"),
        why="A certificate may name an officer.",
        kept=timedelta(days=365),
        since=("removed_at",),
        then=Then.EMPTY,
    )

    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    key_text = models.TextField()
    mark = models.CharField(max_length=64)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)


class Referral(models.Model):
    """One item handed to one police force."""

    personal_data = PersonalData(
        fields=("made_by", "sealed_words", "sealed_answer"),
        why="Who handed it over; words may tell of a person or a case.",
        kept=FIVE_YEARS,
        since=("made_at", "answered_at"),
        then=Then.EMPTY,
    )

    number = models.CharField(max_length=16, unique=True)
    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="+")
    item_number = models.CharField(max_length=16)
    finding_id = models.BigIntegerField()
    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    sealed_words = models.TextField(blank=True)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=300, blank=True)
    package_sha256 = models.CharField(max_length=64, blank=True)
    package_bytes = models.PositiveIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=16, blank=True)
    sealed_answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    attention = models.PositiveSmallIntegerField(default=0)
    rehearsal = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["state"], name="referrals_state")]
        constraints = [
            # The same finding goes to the same police once, however often it is asked for.
            models.UniqueConstraint(fields=["finding_id", "party"], name="referrals_once")
        ]


class ReferralCounter(models.Model):
    """The last number given in a year."""

    personal_data = NOTHING_PERSONAL

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)


class Hold(models.Model):
    """What the police or a court want left in place, or kept beyond its time."""

    personal_data = PersonalData(
        fields=("by", "sealed_basis"),
        why="Who wrote the order down, and what it says.",
        kept=FIVE_YEARS,
        since=("until", "released_at"),
        then=Then.EMPTY,
    )

    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="+")
    item_number = models.CharField(max_length=16)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=16)
    # Basis and the order's own reference.
    sealed_basis = models.TextField()
    do_not_notify = models.BooleanField(default=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["item", "released_at"], name="referrals_held")]

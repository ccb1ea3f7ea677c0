from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then


class Batch(models.Model):
    """A file, a paste or a mail that came, whole. One document is one batch, however often sent."""

    personal_data = PersonalData(
        fields=("sealed_sender", "by"),
        why="Who sent it, for questions; who took it in.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    digest = models.CharField(max_length=64, unique=True)
    way = models.CharField(max_length=10)
    command = models.CharField(max_length=20)
    source = models.CharField(max_length=40, blank=True)
    party = models.ForeignKey(
        "accounts.Party", on_delete=models.PROTECT, null=True, related_name="+"
    )
    sealed_sender = models.TextField(blank=True)
    proof = models.CharField(max_length=10, blank=True)
    why = models.CharField(max_length=20, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    lines = models.PositiveIntegerField(default=0)


class Line(models.Model):
    """A line of a batch as it was sent, and what became of it."""

    personal_data = PersonalData(
        fields=("sealed_record",),
        why="The line may name a person; it is kept to answer what became of it.",
        kept=timedelta(days=365),
        since=("at",),
        only={"state__in": ("kept", "already", "stated", "refused", "dealt_with")},
        then=Then.EMPTY,
    )

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="of")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    state = models.CharField(max_length=12)
    why = models.CharField(max_length=20, blank=True)
    sealed_record = models.TextField()
    # Whether it names a reference of its own: then the same line in another document is the same.
    referenced = models.BooleanField(default=False)
    item_number = models.CharField(max_length=16, blank=True)
    report_id = models.UUIDField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="intake_line_once")]
        indexes = [models.Index(fields=["batch", "state", "number"], name="intake_lines_left")]


class Sender(models.Model):
    """Whose mails are commands. Not deleted: batches were taken from it."""

    personal_data = PersonalData(
        fields=("sealed_address", "name"),
        why="Whose mails count; the mailbox of an office, now and then of a person.",
        kept=timedelta(days=5 * 365),
        since=("removed_at",),
        then=Then.EMPTY,
    )

    digest = models.CharField(max_length=64, db_index=True)
    sealed_address = models.TextField()
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=40, blank=True)
    party = models.ForeignKey(
        "accounts.Party", on_delete=models.PROTECT, null=True, related_name="+"
    )
    needs_proof = models.BooleanField(default=True)
    may_say_gone = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                condition=models.Q(removed_at__isnull=True),
                name="intake_sender_once",
            )
        ]


class Form(models.Model):
    """A web form whose answers come by mail, and what its fields are called."""

    personal_data = NOTHING_PERSONAL

    name = models.CharField(max_length=60, unique=True)
    subject = models.CharField(max_length=60, unique=True)
    source = models.CharField(max_length=40, blank=True)
    fields = models.JSONField(default=dict)
    made_at = models.DateTimeField()


class Stated(models.Model):
    """What another system said of a report beside its address: an observation, not a finding."""

    personal_data = PersonalData(
        fields=("sealed_referer",),
        why="The page that led there may name a person.",
        kept=timedelta(days=5 * 365),
        since=("at",),
        then=Then.EMPTY,
    )

    report_id = models.UUIDField(unique=True)
    item_number = models.CharField(max_length=16, db_index=True)
    source = models.CharField(max_length=40, blank=True)
    site_type = models.CharField(max_length=20, blank=True)
    sealed_referer = models.TextField(blank=True)
    iccam_number = models.CharField(max_length=40, blank=True)
    classification = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()


class SignatureKey(models.Model):
    """The public key that a partner signs its requests with, beside its bearer key."""

    personal_data = NOTHING_PERSONAL

    key_id = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    public_key = models.CharField(max_length=44)
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_id", "name"], name="intake_signature_key_once")
        ]


class SeenSignature(models.Model):
    """A signature that was taken; sent again within its time it is refused."""

    personal_data = PersonalData(
        fields=(),
        why="Knows nothing of people; older requests are refused by their own time.",
        kept=timedelta(days=1),
        since=("at",),
    )

    digest = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()

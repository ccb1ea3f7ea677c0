from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData


class AuditRow(models.Model):
    """One write. `facts` may be published; `personal` may be erased without breaking the chain."""

    personal_data = PersonalData(
        fields=("actor", "personal"),
        why="Shows who did what; `personal` stands behind a salted commitment and can be erased.",
    )

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    facts = models.JSONField(default=dict)
    personal = models.JSONField(null=True)
    salt = models.CharField(max_length=32, blank=True)
    commitment = models.CharField(max_length=64, blank=True)
    chain_no = models.BigIntegerField(null=True, unique=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    row_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_subject"),
            models.Index(
                fields=["id"], condition=models.Q(chain_no__isnull=True), name="audit_unsealed"
            ),
        ]


class ChainHead(models.Model):
    """The chain's end at one moment, signed, and when it was pushed outside."""

    personal_data = NOTHING_PERSONAL

    chain_no = models.BigIntegerField(unique=True)
    row_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)
    pushed_at = models.DateTimeField(null=True)


class ChainLock(models.Model):
    """One row that a sealer locks, so that two sealers never number the same rows."""

    personal_data = NOTHING_PERSONAL

    last_chain_no = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)

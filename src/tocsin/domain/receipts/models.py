from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL


class Batch(models.Model):
    """The receipts that one process gave in about a second: the hash of each, in the order given.

    `leaves` holds 32 bytes for each of `size` receipts, as base64; it is emptied after two years,
    and `root`, which stands in the log, stays.
    """

    personal_data = NOTHING_PERSONAL

    id = models.CharField(primary_key=True, max_length=32)
    made_at = models.DateTimeField(db_index=True)
    size = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    leaves = models.TextField()
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["made_at"],
                condition=models.Q(position__isnull=True),
                name="receipts_unsealed",
            )
        ]


class Tile(models.Model):
    """Up to 256 hashes of the tree over all batches, as base64; only the last of a level grows."""

    personal_data = NOTHING_PERSONAL

    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "number"], name="receipts_tile_once")
        ]


class SignedHead(models.Model):
    """The log at one moment, signed, and when that was pushed outside."""

    personal_data = NOTHING_PERSONAL

    size = models.BigIntegerField(unique=True)
    root = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    jws = models.TextField()
    pushed_at = models.DateTimeField(null=True)


class LogLock(models.Model):
    """One row that a sealer locks, so that two never give one place twice; and the log's size."""

    personal_data = NOTHING_PERSONAL

    size = models.BigIntegerField(default=0)

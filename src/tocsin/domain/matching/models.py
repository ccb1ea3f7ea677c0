from datetime import timedelta

from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData


class KeyPolicy(models.Model):
    """What a key sees of the lists. A key without a row has the terms of `PolicyTerms()`."""

    personal_data = NOTHING_PERSONAL

    key = models.OneToOneField(
        "accounts.ApiKey", to_field="key_id", on_delete=models.CASCADE, related_name="+"
    )
    lists = models.CharField(max_length=4)
    min_sources = models.PositiveSmallIntegerField()
    near_radius_bits = models.PositiveSmallIntegerField()
    near_action = models.CharField(max_length=6)
    unchecked_action = models.CharField(max_length=6)


class Hit(models.Model):
    """A check that found something: kept so that a correction reaches whoever was told."""

    personal_data = PersonalData(
        fields=("client_id", "sealed_url", "sealed_fingerprints"),
        why="Whom to tell when a finding is corrected; the provider's own id may name an upload.",
        kept=timedelta(days=365),
    )

    id = models.UUIDField(primary_key=True, editable=False)
    key_id = models.CharField(max_length=20)
    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=5)
    status = models.CharField(max_length=12)
    action = models.CharField(max_length=6)
    entry_ids = models.JSONField()
    distance_bits = models.PositiveSmallIntegerField(null=True)
    client_id = models.CharField(max_length=200)
    sealed_url = models.TextField(blank=True)
    sealed_fingerprints = models.TextField()
    uploaded_at = models.DateTimeField(null=True)
    list_version = models.BigIntegerField()
    rehearsal = models.BooleanField()


class HitEntry(models.Model):
    """One entry a hit told of, so that "who got this entry" is one look-up."""

    personal_data = NOTHING_PERSONAL

    hit = models.ForeignKey(Hit, on_delete=models.CASCADE, related_name="entries")
    # Not a foreign key: an entry may be gone from the lists while those who got it are still told.
    entry_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "hit"], name="matching_hit_entry_once")
        ]


class CheckCount(models.Model):
    """How many checks ended how, by day, key and door: all that is kept of those without a hit."""

    personal_data = NOTHING_PERSONAL

    day = models.DateField()
    key_id = models.CharField(max_length=20)
    door = models.CharField(max_length=12)
    status = models.CharField(max_length=12)
    n = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "key_id", "door", "status"], name="matching_count_once"
            )
        ]

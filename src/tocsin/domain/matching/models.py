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
    # With defaults in the database: processes of the version before still write rows.
    min_reviewers = models.PositiveSmallIntegerField(db_default=0)
    near_block_bits = models.PositiveSmallIntegerField(db_default=31)
    harmless_action = models.CharField(max_length=6, db_default="review")
    shadow = models.BooleanField(db_default=False)
    daily_hashes = models.BigIntegerField(null=True)
    daily_matches = models.BigIntegerField(null=True)
    outage_policy = models.CharField(max_length=16, db_default="hold")
    private_delta = models.BooleanField(null=True)


class Harmless(models.Model):
    """What a party has looked at and found harmless: it never blocks for that party, and counts as
    ever for all others. `subject` is an entry's number, or a keyed digest of a SHA-256 or PDQ."""

    personal_data = NOTHING_PERSONAL

    party = models.ForeignKey("accounts.Party", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=6)
    subject = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party", "kind", "subject"], name="matching_harmless_once"
            )
        ]


class HarmlessList(models.Model):
    """The number of a party's list of harmless things: it grows with each change, so that processes
    read only what changed."""

    personal_data = NOTHING_PERSONAL

    party = models.OneToOneField(
        "accounts.Party", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    number = models.BigIntegerField()


class GuardDay(models.Model):
    """How many different questions a key asked on a day, how many different fingerprints in them,
    and how many different pictures it met: three sketches that processes merge, and what they come
    to."""

    personal_data = NOTHING_PERSONAL

    key_id = models.CharField(max_length=20)
    day = models.DateField()
    asked = models.BigIntegerField()
    matched = models.BigIntegerField()
    asked_sketch = models.TextField()
    matched_sketch = models.TextField()
    # With defaults in the database: processes of the version before still write rows.
    hashes = models.BigIntegerField(db_default=0)
    hashes_sketch = models.TextField(db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_id", "day"], name="matching_guard_day_once")
        ]


class GuardBall(models.Model):
    """What a key learned around one listed entry. `sealed_hashes` are the key's own questions.

    `edged_on`: when it was last told something of where matches end; None where it never was.
    `picture` is the same for closed ones around one picture: the entry that was closed around
    first.
    """

    personal_data = PersonalData(
        fields=("sealed_hashes",),
        why="To tell trying out where a match ends from uploading, until 90 days after the last.",
        kept=timedelta(days=90),
        since=("seen_at",),
    )

    key_id = models.CharField(max_length=20)
    entry_id = models.BigIntegerField()
    sealed_hashes = models.TextField()
    answers = models.PositiveSmallIntegerField()
    closed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(db_index=True)
    edged_on = models.DateField(null=True)
    picture = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_id", "entry_id"], name="matching_guard_ball_once")
        ]


class GuardStanding(models.Model):
    """Where a key stands with the guard; a key without a row stands open."""

    personal_data = NOTHING_PERSONAL

    key_id = models.CharField(max_length=20, unique=True)
    step = models.CharField(max_length=8)
    sign = models.CharField(max_length=8)
    since = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    spent_until = models.DateTimeField(null=True)
    # What it had asked and found when a person let it go on is gone from the other tables.
    let_go_at = models.DateTimeField(null=True)
    # Read and written by processes of the version before only.
    forgiven = models.BigIntegerField(db_default=0)


class Hit(models.Model):
    """A check that found something: kept so that a correction reaches whoever was told."""

    personal_data = PersonalData(
        fields=("client_id", "sealed_url", "sealed_fingerprints"),
        why="Whom to tell when a finding is corrected; the provider's own id may name an upload.",
        kept=timedelta(days=365),
        since=("at",),
    )

    id = models.UUIDField(primary_key=True, editable=False)
    key_id = models.CharField(max_length=20)
    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=5)
    status = models.CharField(max_length=12)
    action = models.CharField(max_length=6)
    shadow_action = models.CharField(max_length=6, db_default="")
    entry_ids = models.JSONField()
    # Those of them that the answer told nothing of; empty where a process of the version before
    # wrote the row.
    withheld_ids = models.JSONField(null=True)
    # Those met by nearness only, beside an exact match; empty where such a process wrote the row.
    beside_ids = models.JSONField(null=True)
    distance_bits = models.PositiveSmallIntegerField(null=True)
    client_id = models.CharField(max_length=200)
    sealed_url = models.TextField(blank=True)
    sealed_fingerprints = models.TextField()
    uploaded_at = models.DateTimeField(null=True)
    list_version = models.BigIntegerField()
    rehearsal = models.BooleanField()


class HitEntry(models.Model):
    """One entry that a hit met, so that "who got this entry" is one look-up. `told` is false where
    the answer told nothing of it."""

    personal_data = NOTHING_PERSONAL

    hit = models.ForeignKey(Hit, on_delete=models.CASCADE, related_name="entries")
    # Not a foreign key: an entry may be gone from the lists while those who got it are still told.
    entry_id = models.BigIntegerField()
    told = models.BooleanField(default=True, db_default=True)

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
    # How many of them went to a key in shadow mode, which acts on none.
    in_shadow = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "key_id", "door", "status"], name="matching_count_once"
            )
        ]


class CheckMeasure(models.Model):
    """How many pictures of a key came with a kind of fingerprint, and how many of its requests
    were answered within so many milliseconds, by day."""

    personal_data = NOTHING_PERSONAL

    day = models.DateField()
    key_id = models.CharField(max_length=20)
    what = models.CharField(max_length=8)
    n = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "key_id", "what"], name="matching_measure_once")
        ]

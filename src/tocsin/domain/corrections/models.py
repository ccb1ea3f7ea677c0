import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData


class Tally(models.Model):
    """How many parties stand for and against an entry. Held while words on it are written."""

    personal_data = NOTHING_PERSONAL

    entry_id = models.BigIntegerField(primary_key=True)
    ups = models.PositiveIntegerField(default=0)
    downs = models.PositiveIntegerField(default=0)


class Appeal(models.Model):
    """One question whether an entry is wrong, with its answer."""

    personal_data = PersonalData(
        fields=("opened_by", "reviewer", "decided_by", "sealed_words", "sealed_outcome"),
        why="Who answers for the decision; the words may tell of a person.",
        kept=timedelta(days=5 * 365),
        since=("decided_at",),
    )

    number = models.CharField(max_length=16, unique=True)
    # Not a foreign key: an entry may be of a version that a restored copy does not have.
    entry_id = models.BigIntegerField()
    state = models.CharField(max_length=16)
    origin = models.CharField(max_length=10)
    reason = models.CharField(max_length=40)
    holds = models.BooleanField(default=False)
    rehearsal = models.BooleanField(default=False)
    sealed_words = models.TextField(blank=True)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    reviewer = models.CharField(max_length=80, blank=True)
    due_at = models.DateTimeField(null=True)
    attention = models.PositiveSmallIntegerField(default=0)
    sealed_outcome = models.TextField(blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_id"],
                condition=Q(state__in=["opened", "being_reviewed", "needs_source"]),
                name="corrections_one_open_appeal",
            )
        ]
        indexes = [models.Index(fields=["state"], name="corrections_appeal_state")]


class AppealCounter(models.Model):
    """The last appeal number given in a year."""

    personal_data = NOTHING_PERSONAL

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)


class Feedback(models.Model):
    """What a party said of an entry. Append-only: a later word of it, by whichever key, puts the
    earlier in the past. `weighed_at`: when somebody dismissed an appeal with this word in view."""

    personal_data = PersonalData(
        fields=("sealed_words",),
        why="Why a provider holds an entry to be wrong; may tell of a user.",
        kept=timedelta(days=5 * 365),
        since=("at", "replaced_at"),
    )

    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=20)
    entry_id = models.BigIntegerField()
    scope = models.CharField(max_length=10)
    verdict = models.CharField(max_length=5)
    reason = models.CharField(max_length=40)
    dispute = models.BooleanField(default=False)
    for_person = models.BooleanField(default=False)
    sealed_words = models.TextField(blank=True)
    appeal = models.ForeignKey(Appeal, null=True, on_delete=models.PROTECT, related_name="said")
    at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    weighed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_id", "party", "scope"],
                condition=Q(replaced_at__isnull=True),
                name="corrections_one_word_each",
            )
        ]
        indexes = [models.Index(fields=["entry_id", "at"], name="corrections_said_of_entry")]


class Flood(models.Model):
    """An entry that was held because it suddenly matched for many, and what became of it."""

    personal_data = PersonalData(
        fields=("decided_by", "sealed_outcome"),
        why="Who answers for lifting the brake.",
        kept=timedelta(days=5 * 365),
        since=("decided_at",),
    )

    entry_id = models.BigIntegerField()
    state = models.CharField(max_length=10)
    parties = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()
    party_limit = models.PositiveIntegerField()
    hit_limit = models.PositiveIntegerField()
    usual_hits_an_hour = models.FloatField()
    held_at = models.DateTimeField()
    attention = models.PositiveSmallIntegerField(default=0)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    sealed_outcome = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_id"], condition=Q(state="held"), name="corrections_one_open_flood"
            )
        ]
        indexes = [models.Index(fields=["state"], name="corrections_flood_state")]


class Held(models.Model):
    """An entry that is held, whoever asked for it: what nobody asks for any more a person lifts."""

    personal_data = NOTHING_PERSONAL

    entry_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField()


class Lifted(models.Model):
    """What a person said an entry may do in an hour without being held again."""

    personal_data = NOTHING_PERSONAL

    entry_id = models.BigIntegerField(primary_key=True)
    parties = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()


class MinuteCount(models.Model):
    """Hits of one entry at one party in one minute; kept for two hours."""

    personal_data = NOTHING_PERSONAL

    entry_id = models.BigIntegerField()
    party_id = models.BigIntegerField()
    minute = models.BigIntegerField()  # since 1970
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_id", "minute", "party_id"], name="corrections_minute_once"
            )
        ]
        indexes = [models.Index(fields=["minute"], name="corrections_minute")]


class DayCount(models.Model):
    """Hits of one entry at one party on one day; kept for eight days."""

    personal_data = NOTHING_PERSONAL

    entry_id = models.BigIntegerField()
    party_id = models.BigIntegerField()
    day = models.IntegerField()  # since 1970
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_id", "day", "party_id"], name="corrections_day_once"
            )
        ]
        indexes = [models.Index(fields=["day"], name="corrections_day")]


class Follower(models.Model):
    """How far the change log has been followed; one row. Held while corrections are written.

    `replaced_after`: within a release, up to which replaced entry.
    """

    personal_data = NOTHING_PERSONAL

    change_no = models.BigIntegerField(default=0)
    replaced_after = models.BigIntegerField(default=0)


class Errand(models.Model):
    """An entry whose hits have to be gone through, and up to which hit that is done."""

    personal_data = NOTHING_PERSONAL

    entry_id = models.BigIntegerField(primary_key=True)
    hit_id = models.UUIDField(null=True)


class PartyFeed(models.Model):
    """A party's feed: the last number given, and up to which number the party says it has read."""

    personal_data = NOTHING_PERSONAL

    party = models.OneToOneField(
        "accounts.Party", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    last = models.BigIntegerField(default=0)
    acknowledged = models.BigIntegerField(default=0)


class Correction(models.Model):
    """One line of a party's feed. `no` comes from the feed's row, which is locked until commit, so
    a party that remembers the last number misses nothing."""

    personal_data = PersonalData(
        fields=(),
        why="Knows nothing of people; as long as the hits it takes back, which are older.",
        kept=timedelta(days=365),
        since=("at",),
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(
        "accounts.Party", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    no = models.BigIntegerField()
    key_id = models.CharField(max_length=20)
    entry_id = models.BigIntegerField()
    what = models.CharField(max_length=16)
    appeal = models.ForeignKey(Appeal, null=True, on_delete=models.PROTECT, related_name="+")
    rehearsal = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "no"], name="corrections_feed_order")
        ]


class CorrectedHit(models.Model):
    """What was last told of one hit and one entry it rests on.

    The provider's own id of the upload is read from the hit, so that it goes when the hit does.
    """

    personal_data = NOTHING_PERSONAL

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="hits")
    hit_id = models.UUIDField()
    what = models.CharField(max_length=16)
    now = models.CharField(max_length=12)

    class Meta:
        indexes = [models.Index(fields=["hit_id"], name="corrections_told_of_hit")]


class Endpoint(models.Model):
    """Where a party's corrections are sent, once it has proved that it listens there.

    `sent_no`: up to which line of the feed it has taken. `asked_from`: behind which line its party
    asked to begin, where it did. `begun_again`: how often it was sent anew from an earlier line.
    """

    personal_data = PersonalData(
        fields=("sealed_url", "made_by"),
        why="An address of an office; who set it up answers for it.",
    )

    party = models.ForeignKey("accounts.Party", on_delete=models.PROTECT, related_name="+")
    sealed_url = models.TextField()
    sealed_challenge = models.TextField()
    state = models.CharField(max_length=8)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    sent_no = models.BigIntegerField(default=0)
    asked_from = models.BigIntegerField(null=True)
    # With a default in the database: processes of the version before still write rows.
    begun_again = models.PositiveIntegerField(default=0, db_default=0)
    last_sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(state__in=["proven", "dead"]),
                name="corrections_one_endpoint",
            ),
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(state="waiting"),
                name="corrections_one_endpoint_waiting",
            ),
        ]

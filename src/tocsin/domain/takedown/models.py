from datetime import timedelta

from django.db import models
from django.db.models import Q

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData, Then

FIVE_YEARS = timedelta(days=5 * 365)


class Takedown(models.Model):
    """The getting-rid of one item after one finding: where on the ladder it is."""

    personal_data = NOTHING_PERSONAL

    finding = models.OneToOneField("reports.Finding", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="+")
    item_number = models.CharField(max_length=16)
    state = models.CharField(max_length=12)
    rehearsal = models.BooleanField(default=False)
    # Where the server is, as the ladder needs it; empty while nobody knows.
    country = models.CharField(max_length=2, blank=True)
    made_at = models.DateTimeField()
    # What the ladder counts from: the decision, or the moment it moved or came back.
    since = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    on_hold = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True)
    attention = models.PositiveSmallIntegerField(default=0)
    # When its host is looked up next, and by whom at this moment.
    look_at = models.DateTimeField(null=True)
    looks = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["item"], name="takedown_of_item"),
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="takedown_looks"
            ),
        ]


class Notice(models.Model):
    """One notice to one place; its words stand in the letters about it.

    `place` is a keyed hash of where it goes now, empty until that is known. `tried`: places at
    which it did not arrive.
    """

    personal_data = PersonalData(
        fields=("sealed_addressee",),
        why="Whom a notice went to: an abuse desk, now and then a person who hosts alone.",
        kept=FIVE_YEARS,
        since=("created_at", "sent_at", "last_reminded_at"),
        only={"state__in": ("done", "recalled", "cancelled")},
        then=Then.EMPTY,
    )

    number = models.CharField(max_length=16, unique=True)
    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="notices")
    item = models.ForeignKey("reports.Item", on_delete=models.PROTECT, related_name="+")
    finding = models.ForeignKey("reports.Finding", on_delete=models.PROTECT, related_name="+")
    item_number = models.CharField(max_length=16)
    rung = models.CharField(max_length=12, default="hoster", db_default="hoster")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    hoster = models.ForeignKey(
        "hosters.Hoster", on_delete=models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=20)
    rehearsal = models.BooleanField(default=False)
    language = models.CharField(max_length=5, blank=True)
    place = models.CharField(max_length=64, blank=True, db_default="")
    tried = models.JSONField(default=list)
    sealed_addressee = models.TextField(blank=True, db_default="")
    channel = models.CharField(max_length=10, default="mail", db_default="mail")
    confirmed = models.BooleanField(default=True, db_default=True)
    tries = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=120, blank=True)
    xarf_report_id = models.UUIDField(null=True)
    attention = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=300, blank=True)
    deadline_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_reminded_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=16, blank=True, db_default="")
    answered_at = models.DateTimeField(null=True)
    disputes = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="takedown_state"),
            models.Index(fields=["item_number"], name="takedown_item_number"),
        ]
        constraints = [
            # Nobody hears of one finding twice under different ids.
            models.UniqueConstraint(
                fields=["finding", "place"],
                condition=~Q(place=""),
                name="takedown_one_notice_a_place",
            )
        ]


class Sending(models.Model):
    """One message about a notice to one place: what makes that a second worker sends no other."""

    personal_data = NOTHING_PERSONAL

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="sendings")
    finding = models.ForeignKey("reports.Finding", on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20)
    round = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=120, unique=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "place", "purpose", "round"], name="takedown_one_sending"
            )
        ]


class Post(models.Model):
    """A sending to a hoster's own address for notices. Its words are sealed as a letter's are."""

    personal_data = PersonalData(
        fields=("sealed_body", "said"),
        why="Proves what a hoster was told by machine, and what it answered.",
        kept=FIVE_YEARS,
        since=("made_at", "taken_at"),
        only={"state__in": ("taken", "given_up", "cancelled")},
    )

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="posts")
    message_id = models.CharField(max_length=120, unique=True)
    purpose = models.CharField(max_length=20)
    hoster_id_then = models.BigIntegerField()
    sealed_body = models.TextField()
    state = models.CharField(max_length=10)
    attempts = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state="waiting"), name="takedown_posts_waiting"
            )
        ]


class DeadPlace(models.Model):
    """A place of which a mail server said that it takes nothing: no notice goes there."""

    personal_data = NOTHING_PERSONAL

    place = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=12)
    since = models.DateTimeField()


class Hold(models.Model):
    """An item that nobody is to be told about, because the police have asked so."""

    personal_data = NOTHING_PERSONAL

    item_id_held = models.BigIntegerField(unique=True)
    since = models.DateTimeField()


class Stop(models.Model):
    """All sending stands still from `since` until `ended_at`: somebody has pressed the switch."""

    personal_data = PersonalData(
        fields=("by", "why", "ended_by"),
        why="Who answers for notices that did not leave.",
        kept=FIVE_YEARS,
        since=("ended_at",),
    )

    since = models.DateTimeField()
    by = models.CharField(max_length=80)
    why = models.CharField(max_length=300)
    on = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["on"], condition=Q(on=True), name="takedown_one_stop")
        ]


class Event(models.Model):
    """One step of a takedown. Append-only."""

    personal_data = NOTHING_PERSONAL

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    notice = models.CharField(max_length=16, blank=True)
    facts = models.JSONField(default=dict)


class LadderChange(models.Model):
    """One version of the ladder; the newest holds."""

    personal_data = PersonalData(
        fields=("by", "why"),
        why="Who answers for the hours.",
        kept=FIVE_YEARS,
        since=("at",),
        then=Then.EMPTY,
    )

    version = models.PositiveIntegerField(unique=True)
    steps = models.JSONField()
    by = models.CharField(max_length=80)
    why = models.CharField(max_length=300)
    at = models.DateTimeField()


class Office(models.Model):
    """A partner hotline or a regulator, by country."""

    personal_data = PersonalData(
        fields=("name", "email"),
        why="Where items abroad are handed over, and files on notices not followed go.",
        kept=FIVE_YEARS,
        since=("removed_at",),
    )

    kind = models.CharField(max_length=10)
    country = models.CharField(max_length=2)
    name = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    language = models.CharField(max_length=5)
    rehearsal = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "country", "rehearsal"],
                condition=Q(removed_at__isnull=True),
                name="takedown_one_office",
            )
        ]


class Link(models.Model):
    """A secret link to a notice, of which only a digest is kept."""

    personal_data = PersonalData(
        fields=(),
        why="Lets whoever was told answer; of no use afterwards.",
        kept=timedelta(days=30),
        since=("expires_at",),
    )

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Answer(models.Model):
    """What somebody said to a notice behind its link. Append-only but for a dispute's outcome."""

    personal_data = PersonalData(
        fields=("sealed_words",),
        why="What a hoster answered; may name a colleague or a reseller.",
        kept=FIVE_YEARS,
        since=("at", "decided_at"),
        then=Then.EMPTY,
    )

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=16)
    sealed_words = models.TextField(blank=True)
    by_machine = models.BooleanField(default=False)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, blank=True)
    # Of a dispute: the appeal on the item that it opened, and what became of that.
    appeal = models.CharField(max_length=16, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["appeal"], condition=~Q(appeal=""), name="takedown_appeals")
        ]


class SendLogRow(models.Model):
    """One line of the proof of sending, chained to the one before. `said` can be erased: it stands
    behind a salted commitment."""

    personal_data = PersonalData(
        fields=("said",),
        why="Proves what left and what was heard of it; a server's words may name an address.",
        kept=FIVE_YEARS,
        since=("at",),
        then=Then.EMPTY,
    )

    at = models.DateTimeField()
    notice = models.CharField(max_length=16)
    event = models.CharField(max_length=20)
    message_id = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=64, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    said = models.CharField(max_length=300, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    commitment = models.CharField(max_length=64, blank=True)
    chain_no = models.BigIntegerField(null=True, unique=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    row_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["notice"], name="takedown_log_notice"),
            models.Index(
                fields=["id"], condition=Q(chain_no__isnull=True), name="takedown_log_unsealed"
            ),
        ]


class SendLogLock(models.Model):
    """One row that a sealer locks, so that two sealers never number the same rows."""

    personal_data = NOTHING_PERSONAL

    last_no = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    pushed_no = models.BigIntegerField(default=0)


class NoticeCounter(models.Model):
    """The last notice number given in a year."""

    personal_data = NOTHING_PERSONAL

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

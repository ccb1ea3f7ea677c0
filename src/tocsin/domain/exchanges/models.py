from django.db import models

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData
from tocsin.domain.exchanges.rules import FIRST_WIDTH_SECONDS
from tocsin.domain.exchanges.types import PullState, VoteState


class Exchange(models.Model):
    """A service that lists are pulled from, how far its pull has come, and who is at it.

    Moments of the service's own clock are whole seconds since 1970. `window_stop` is empty while
    no window is open, and for a service that takes no end; `pages` of an open window lie sealed
    beside the database. `cursor` is the service's own word for the next page.
    """

    personal_data = NOTHING_PERSONAL

    slug = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=20)
    base_url = models.CharField(max_length=200)
    purpose = models.CharField(max_length=20)
    source = models.CharField(max_length=120)
    environment = models.CharField(max_length=60, blank=True, default="")
    members = models.JSONField(default=list)
    made_at = models.DateTimeField()

    checkpoint = models.BigIntegerField(default=0)
    width_seconds = models.BigIntegerField(default=FIRST_WIDTH_SECONDS)
    window_no = models.PositiveIntegerField(default=0)
    windows_tried = models.PositiveIntegerField(default=0)
    window_start = models.BigIntegerField(null=True)
    window_stop = models.BigIntegerField(null=True)
    window_begun_at = models.DateTimeField(null=True)
    cursor = models.TextField(blank=True, default="")
    exhausted = models.BooleanField(default=False)
    told_checkpoint = models.BigIntegerField(null=True)
    server_time = models.BigIntegerField(null=True)
    pages = models.PositiveIntegerField(default=0)

    state = models.CharField(max_length=10, default=PullState.WELL)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=20, blank=True, default="")
    pulled_at = models.DateTimeField(null=True)
    # Up to when all that the service had is here: the end of the last window that came to its end,
    # or, of a service that takes no end, when we began to ask for it.
    complete_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True, db_index=True)
    warned_stale_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=120, blank=True, default="")
    held_until = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    # How many members a person has let in, and how many there would be with those of the window
    # that waits for that.
    members_allowed = models.PositiveIntegerField(default=0, db_default=0)
    members_named = models.PositiveIntegerField(default=0, db_default=0)
    # Our votes: whether they are sent, the reason given with one against (the service's own name
    # of it), the names that it was heard to have, one a line, and since when it does not take any.
    # With defaults of the database's own, so that a process of the version before may write rows.
    sends_votes = models.BooleanField(default=True, db_default=True)
    reason_against = models.CharField(max_length=80, blank=True, default="", db_default="")
    reasons_heard = models.TextField(blank=True, default="", db_default="")
    vote_failures = models.PositiveIntegerField(default=0, db_default=0)
    votes_rest_until = models.DateTimeField(null=True)


class MemberList(models.Model):
    """The list that one member's entries go into; `member` is empty where there are no members."""

    personal_data = NOTHING_PERSONAL

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="lists")
    member = models.CharField(max_length=60, blank=True, default="")
    list_slug = models.CharField(max_length=60, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exchange", "member"], name="exchanges_one_list_each")
        ]


class PulledPage(models.Model):
    """A page of the open window. `asked` is a digest of the cursor it was asked for with: the same
    one twice means that the pages go round."""

    personal_data = NOTHING_PERSONAL

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="pulled")
    window_no = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    asked = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["exchange", "window_no", "number"], name="exchanges_page_once"
            ),
            models.UniqueConstraint(
                fields=["exchange", "window_no", "asked"], name="exchanges_no_circle"
            ),
        ]


class RefusedRecord(models.Model):
    """A record of a window that is no entry: where it stood, and why; never what stood in it."""

    personal_data = NOTHING_PERSONAL

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="refused")
    window_no = models.PositiveIntegerField()
    page = models.PositiveIntegerField()
    place = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()


class Vote(models.Model):
    """Our word on one fingerprint of an entry, on its way to the source; the last one counts."""

    personal_data = PersonalData(
        fields=("cast_by",),
        why="Who on our side stands behind a vote; kept as long as the vote, for questions.",
    )

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="votes")
    entry_id = models.BigIntegerField()
    member = models.CharField(max_length=60, blank=True, default="")
    own_id = models.CharField(max_length=200)
    kind = models.PositiveSmallIntegerField()
    direction = models.CharField(max_length=4)
    reason = models.CharField(max_length=80, blank=True, default="")
    cast_by = models.CharField(max_length=80)
    cast_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=20, blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=VoteState.WAITING.value),
                name="exchanges_votes_due",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["exchange", "member", "own_id", "kind"], name="exchanges_one_vote_each"
            )
        ]

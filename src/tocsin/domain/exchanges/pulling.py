"""A pull: hold the exchange, open a window, fetch its pages, take them in when none is left.

Each page is on the disk before the cursor moves, so whoever is killed goes on behind the last one.
Only an exhausted window is taken in, and only that moves the checkpoint.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.db import DatabaseError, IntegrityError, transaction

from tocsin.base.audit.types import Actor
from tocsin.base.egress import Egress
from tocsin.domain.exchanges import bringing, credentials, ncmec, rules, spool, stopncii, telling
from tocsin.domain.exchanges.asking import PullFailed, Service
from tocsin.domain.exchanges.bringing import NotGoneOver, NotTaken, TooManyMembers
from tocsin.domain.exchanges.credentials import NoKey
from tocsin.domain.exchanges.holding import Hold, HoldLost, take
from tocsin.domain.exchanges.models import Exchange, PulledPage
from tocsin.domain.exchanges.protocol import Fetched, Speech, service
from tocsin.domain.exchanges.rules import Window
from tocsin.domain.exchanges.spool import PageLost
from tocsin.domain.exchanges.types import Counts, ExchangeKind, Pulled, PullState, Trouble

log = structlog.get_logger()

EVERY: Final = timedelta(minutes=15)
SPEECH: Final = {ExchangeKind.NCMEC: ncmec.SPEECH, ExchangeKind.STOPNCII: stopncii.SPEECH}
_BEGIN_AGAIN: Final = frozenset({Trouble.GONE, Trouble.ELSEWHERE, Trouble.SKIPPED, Trouble.ENDLESS})
"""Troubles of the window itself: its next page will not come, however often we ask."""

_NEEDS_PEOPLE: Final = frozenset(
    {Trouble.REFUSED, Trouble.NO_KEY, Trouble.KNOWN_GOOD, Trouble.OURS, Trouble.MEMBERS}
)
"""Troubles that do not pass by themselves."""

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Work:
    """A pull under way: the row as it stands now, our hold on it, and what it is done with."""

    row: Exchange
    hold: Hold
    clock: Clock
    actor: Actor
    speech: Speech
    service: Service
    fetched: int = 0
    asked: set[str] = field(default_factory=set)

    @property
    def now(self) -> int:
        return int(self.clock().timestamp())

    def write(self, **changes: object) -> None:
        """Change the row under our hold; raises HoldLost."""
        self.hold.update(self.clock(), **changes)
        for name, value in changes.items():
            setattr(self.row, name, value)


def running_clock(at: datetime) -> Clock:
    """A clock that stands at `at` now, and runs."""
    started = time.monotonic()
    return lambda: at + timedelta(seconds=time.monotonic() - started)


def pull(
    exchange_id: int,
    *,
    actor: Actor,
    clock: Clock,
    most_pages: int | None = None,
    egress: Egress | None = None,
) -> Pulled:
    """Pull one window to its end, or `most_pages` of it; what came of it.

    What goes wrong, over there or here, is written down, and the next try set; then it is raised:
    PullFailed for all that is foreseen. Raises BeingPulled and HoldLost.
    """
    hold = take(exchange_id, clock())
    row = Exchange.objects.get(pk=exchange_id)
    try:
        work = _work(row, hold, clock, actor, egress)
        done = _pull(work, most_pages)
    except PullFailed as failure:
        _note(row, hold, failure, actor=actor, at=clock())
        raise
    except BaseException as error:
        with suppress(DatabaseError):
            if isinstance(error, Exception) and not isinstance(error, HoldLost):
                _note(row, hold, PullFailed(Trouble.OURS), actor=actor, at=clock())
            else:
                hold.let_go()
        raise
    soon = clock() if not done.caught_up else clock() + EVERY
    hold.let_go(next_try_at=soon)
    return done


def _work(row: Exchange, hold: Hold, clock: Clock, actor: Actor, egress: Egress | None) -> Work:
    kind = ExchangeKind(row.kind)
    speech = SPEECH[kind]
    try:
        keys = credentials.of(row.slug, kind)
    except NoKey:
        raise PullFailed(Trouble.NO_KEY) from None
    return Work(
        row, hold, clock, actor, speech, service(row.base_url, speech.headers(keys), egress)
    )


def _pull(work: Work, most_pages: int | None) -> Pulled:
    if _too_old(work):
        _drop(work)
    if work.row.window_start is None and not _open(work):
        work.write(**_well(work.clock()))
        return Pulled(0, False, Counts(), caught_up=True)
    while not work.row.exhausted:
        enough = most_pages is not None and work.fetched >= most_pages
        if enough or work.row.window_start is None:
            return Pulled(work.fetched, False, Counts(), caught_up=False)
        _fetch(work)
    return _take_in(work)


def _open(work: Work) -> bool:
    """Begin a window; False while there is nothing to ask for."""
    row, now = work.row, work.now
    theirs = work.speech.time(work.service, now)
    if work.speech.takes_end:
        window = rules.window(
            checkpoint=row.checkpoint, width=row.width_seconds, ours=now, theirs=theirs
        )
        if window is None:
            return False
        start, stop = window
    else:
        start, stop = max(row.checkpoint - rules.OVERLAP_SECONDS, 0), None
    work.write(
        window_no=row.window_no + 1,
        windows_tried=row.windows_tried + 1,
        window_start=start,
        window_stop=stop,
        window_begun_at=work.clock(),
        server_time=theirs,
        **_EMPTY,
    )
    # Only behind the write, which shows that the hold is still ours.
    spool.clear(row.pk, before=row.window_no)
    return True


_EMPTY: Final[dict[str, object]] = {
    "cursor": "", "exhausted": False, "told_checkpoint": None, "pages": 0,
}  # fmt: skip


def _fetch(work: Work) -> None:
    """One page: fetched, found whole, sealed on the disk, then counted. Raises PullFailed."""
    row = work.row
    with_end = work.speech.takes_end
    if row.pages >= (rules.MOST_PAGES if with_end else rules.MOST_PAGES_WITHOUT_END):
        _too_many(work)
        return
    window = Window(row.window_start or 0, row.window_stop or 0)
    page = work.speech.page(work.service, window, row.cursor, work.now)
    if _leads_back(row, page.cursor):
        raise PullFailed(Trouble.ENDLESS)
    spool.put(row.pk, row.window_no, row.pages + 1, page.body)
    _count(work, page)
    work.fetched += 1


def _leads_back(row: Exchange, following: str) -> bool:
    """Whether a page names as the next one it, or one before it."""
    before = row.pulled.filter(window_no=row.window_no, asked=_digest(following))
    return bool(following) and (following == row.cursor or before.exists())


def _digest(cursor: str) -> str:
    return hashlib.sha256(cursor.encode()).hexdigest()


def _count(work: Work, page: Fetched) -> None:
    row, at = work.row, work.clock()
    asked = _digest(row.cursor)
    try:
        with transaction.atomic():
            work.write(
                cursor=page.cursor,
                exhausted=not page.cursor,
                pages=row.pages + 1,
                told_checkpoint=_later(row.told_checkpoint, page.told_checkpoint),
                server_time=page.server_time,
                failures=0,
                pulled_at=at,
            )
            PulledPage.objects.create(
                exchange=row, window_no=row.window_no, number=row.pages, asked=asked
            )
    except IntegrityError:
        raise PullFailed(Trouble.ENDLESS) from None


def _take_in(work: Work) -> Pulled:
    """Stage what the window brought, then let it count and move the checkpoint, all in one."""
    row = work.row
    try:
        counts = bringing.bring(
            row, hold=work.hold, clock=work.clock, actor=work.actor, finish=_moves(work)
        )
    except PageLost:
        _drop(work)
        raise PullFailed(Trouble.BROKEN) from None
    except TooManyMembers as why:
        work.write(members_named=why.in_all)
        raise PullFailed(Trouble.MEMBERS) from None
    except NotTaken as why:
        log.error("pull_not_taken", exchange_id=row.pk, why=type(why.__cause__).__name__)
        unread = isinstance(why, NotGoneOver)
        raise PullFailed(Trouble.KNOWN_GOOD if unread else Trouble.NOT_TAKEN) from why
    row.refresh_from_db()
    spool.clear(row.pk, before=row.window_no + 1)
    caught_up = not work.speech.takes_end or row.checkpoint > work.now - rules.HOUR
    return Pulled(work.fetched, True, counts, caught_up)


def _moves(work: Work) -> Callable[[], dict[str, object]]:
    """What an exhausted window changes in its row."""

    def moves() -> dict[str, object]:
        row = work.row
        if row.window_stop is not None:
            reached = max(row.checkpoint, row.window_stop)
            complete = datetime.fromtimestamp(reached, UTC)
        else:
            complete = row.window_begun_at or work.clock()
            reached = rules.checkpoint_after(
                before=row.checkpoint,
                told=row.told_checkpoint,
                asked=int((row.window_begun_at or work.clock()).timestamp()),
                ours=work.now,
                theirs=row.server_time,
            )
        return {
            "checkpoint": reached,
            "complete_at": max(row.complete_at or complete, complete),
            "width_seconds": rules.wider(row.width_seconds, row.pages),
            "window_start": None,
            "window_stop": None,
            "window_begun_at": None,
            **_EMPTY,
            **_well(work.clock()),
        }

    return moves


def _too_many(work: Work) -> None:
    """A window of too many pages is asked for again in parts, where the service takes an end."""
    narrower = rules.narrower(work.row.width_seconds) if work.speech.takes_end else None
    if narrower is None:
        raise PullFailed(Trouble.ENDLESS)
    work.write(width_seconds=narrower, windows_tried=0)
    _drop(work)


def _too_old(work: Work) -> bool:
    begun = work.row.window_begun_at
    if begun is None or work.row.exhausted:
        return False
    return (work.clock() - begun).total_seconds() > rules.CURSOR_LIVES_SECONDS


def _drop(work: Work) -> None:
    """Forget the open window; it begins again from the same checkpoint."""
    work.write(window_start=None, window_stop=None, window_begun_at=None, **_EMPTY)


def _note(row: Exchange, hold: Hold, failure: PullFailed, *, actor: Actor, at: datetime) -> None:
    """Write down what went wrong, set the next try, and tell people when it goes on for long."""
    row.refresh_from_db()
    failures = row.failures + 1
    chance = secrets.randbelow(1_000) / 1_000
    rank = max(failures, 2 * row.windows_tried - 1)
    wait = rules.wait(rank, asked=failure.asked_wait, chance=chance)
    again = failures % rules.BEGIN_AGAIN_AFTER_FAILURES == 0 and not row.exhausted
    begin_again = failure.trouble in _BEGIN_AGAIN or again
    dropped = {"window_start": None, "window_stop": None, "window_begun_at": None, **_EMPTY}
    dead = _is_dead(failure.trouble, failures, row.windows_tried)
    with transaction.atomic():
        hold.let_go(
            state=PullState.DEAD if dead else PullState.FAILING,
            failures=failures,
            trouble=failure.trouble,
            next_try_at=at + timedelta(seconds=wait),
            **(dropped if begin_again else {}),
        )
        if dead and row.state != PullState.DEAD:
            telling.tell_dead(row, failure.trouble, actor=actor, at=at)
    log.error("pull_failed", exchange_id=row.pk, trouble=failure.trouble.value, failures=failures)


def _is_dead(trouble: Trouble, failures: int, windows_tried: int) -> bool:
    """Whether people must look: tries in a row that failed, or windows that never end."""
    if trouble is Trouble.MEMBERS:
        return True  # it never passes by itself
    most = rules.DEAD_AFTER_REFUSALS if trouble in _NEEDS_PEOPLE else rules.DEAD_AFTER_FAILURES
    return failures >= most or windows_tried >= rules.DEAD_AFTER_WINDOWS


def _well(at: datetime) -> dict[str, object]:
    return {
        "state": PullState.WELL, "failures": 0, "windows_tried": 0, "trouble": Trouble.NONE,
        "pulled_at": at,
    }  # fmt: skip


def _later(one: int | None, other: int | None) -> int | None:
    told = [moment for moment in (one, other) if moment is not None]
    return max(told, default=None)

"""Deciding: when it counts as gone or back, when to look again and from where, what is a hop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.rechecks.likeness import Likeness
from tocsin.domain.rechecks.types import FollowState, HopKind, Seen, Spot
from tocsin.domain.visits.types import Outcome, Standing

LOOK: Final = "rechecks.look"
UNCERTAIN_ENDS: Final = "rechecks.uncertain_ends"
PAUSE_ENDS: Final = "rechecks.pause_ends"

WATCH_FOR: Final = timedelta(days=90)
APART: Final = timedelta(minutes=15)
"""Two looks from one place, to count as two: shorter than that, and a cache answered twice."""
VIEWS_APART: Final = timedelta(minutes=1)
DOUBT_AFTER_LOOKS: Final = 3
DOUBT_AFTER: Final = timedelta(hours=2)
UNSURE_FOR: Final = timedelta(hours=24)
UNCERTAIN_FOR: Final = timedelta(hours=72)
TOLD_WITHIN: Final = timedelta(hours=24)
PAUSED_FOR: Final = timedelta(days=14)
RESOLVE_EACH: Final = timedelta(hours=6)
TRAFFIC_LOOKED_AT_EACH: Final = timedelta(minutes=30)
GUARD: Final = timedelta(minutes=5)
"""By when a look that was begun is taken up again, had its worker died."""
HOST_LEFT_ALONE: Final = timedelta(minutes=10)
MOST_WORDS: Final = 2_000

_S = FollowState
ACTIVE = frozenset(_S) - {_S.ENDED, _S.PAUSED}

LIFE = Lifecycle(
    states=FollowState,
    first=_S.CHECKING,
    moves=(
        move("seen_there", [_S.MAYBE_GONE, _S.UNCERTAIN], _S.CHECKING),
        move("missed", [_S.CHECKING, _S.UNCERTAIN, _S.MOVED], _S.MAYBE_GONE),
        move("removed", [_S.MAYBE_GONE, _S.UNCERTAIN], _S.WATCHING),
        move("doubt", [_S.CHECKING, _S.MAYBE_GONE, _S.MOVED], _S.UNCERTAIN),
        move("assume_there", [_S.UNCERTAIN], _S.CHECKING),
        move("moved", [_S.CHECKING, _S.MAYBE_GONE, _S.UNCERTAIN, _S.MOVED], _S.MOVED),
        move("told_there", [_S.MOVED], _S.CHECKING),
        move("seen_again", [_S.WATCHING], _S.MAYBE_BACK),
        move("gone_again", [_S.MAYBE_BACK], _S.WATCHING),
        move("back", [_S.MAYBE_BACK], _S.CHECKING),
        move("pause", ACTIVE, _S.PAUSED),
        move("go_on", [_S.PAUSED], _S.CHECKING),
        move("go_on_watching", [_S.PAUSED], _S.WATCHING),
        move("end", ACTIVE | {_S.PAUSED}, _S.ENDED),
        move("start_again", [_S.ENDED], _S.CHECKING),
    ),
    final=frozenset({_S.ENDED}),
    waiting={
        _S.CHECKING: Waiting(timedelta(hours=12), LOOK),
        _S.MAYBE_GONE: Waiting(APART, LOOK),
        _S.MOVED: Waiting(timedelta(hours=1), LOOK),
        _S.WATCHING: Waiting(timedelta(hours=24), LOOK),
        _S.MAYBE_BACK: Waiting(APART, LOOK),
        # Never "gone" by default: what cannot be told is taken to be there, and asked again.
        _S.UNCERTAIN: Waiting(UNCERTAIN_FOR, UNCERTAIN_ENDS),
        _S.PAUSED: Waiting(PAUSED_FOR, PAUSE_ENDS),
    },
)

# How long after something happened, and then how long until the next look.
INTERVALS: Final = (
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(hours=6), timedelta(minutes=30)),
    (timedelta(hours=24), timedelta(hours=1)),
    (timedelta(days=3), timedelta(hours=3)),
    (timedelta(days=14), timedelta(hours=6)),
)
LATER: Final = timedelta(hours=12)
WATCH_INTERVALS: Final = (
    (timedelta(hours=24), timedelta(hours=3)),
    (timedelta(days=7), timedelta(hours=12)),
)
WATCH_LATER: Final = timedelta(hours=24)
DOUBT_INTERVAL: Final = timedelta(minutes=30)
UNCERTAIN_INTERVAL: Final = timedelta(hours=2)
JITTER: Final = 0.2

# What stands in the file's place, as against what the server itself says of it.
_WEAK: Final = frozenset(
    {Outcome.PLACEHOLDER, Outcome.SOFT_404, Outcome.REDIRECTED_AWAY, Outcome.PRESENT}
)


@dataclass(frozen=True, slots=True)
class View:
    """From where and as whom it is looked."""

    vantage: str
    agent: str


def standing(outcome: Outcome, likeness: Likeness) -> Standing:
    """What an outcome and the comparison say together of whether our picture is there.

    Something being there is not enough where it can be seen to be another picture; and what may be
    ours with a mark on it is neither there nor gone.
    """
    if outcome is Outcome.PRESENT:
        return _BY_LIKENESS[likeness]
    # A placeholder that is our picture all the same is none.
    return Standing.PRESENT if likeness is Likeness.SAME else outcome.standing


_BY_LIKENESS = {
    Likeness.SAME: Standing.PRESENT,
    Likeness.NOT_COMPARED: Standing.PRESENT,
    Likeness.UNSURE: Standing.CANNOT_TELL,
    Likeness.OTHER: Standing.GONE,
}


@dataclass(frozen=True, slots=True)
class Before:
    """Where an item stands when a look comes in. `earlier`: looks before it, newest first.

    `doubts`: how many looks in a row could not tell, the first of them at `doubts_since`.
    """

    state: FollowState
    since: datetime
    earlier: Sequence[Seen] = ()
    doubts: int = 0
    doubts_since: datetime | None = None


def decide(before: Before, now: Seen, views: Sequence[View]) -> str | None:
    """The move that a look makes, or None.

    One look never decides that something is gone or back: every view that is configured must have
    said so since the state began, and one alone twice, at least 15 minutes apart.
    """
    by_state = _MOVES.get(before.state)
    return by_state(before, now, views) if by_state else None


def _of_present(before: Before, now: Seen, views: Sequence[View]) -> str | None:
    if now.standing is Standing.GONE:
        return "missed"
    return "doubt" if now.standing is Standing.CANNOT_TELL and _doubtful(before, now) else None


def _of_missed(before: Before, now: Seen, views: Sequence[View]) -> str | None:
    if now.standing is Standing.PRESENT:
        return "seen_there"
    if now.standing is Standing.GONE:
        return "removed" if confirmed(now, before.earlier, before.since, views) else None
    return "doubt" if now.last_at - before.since >= UNSURE_FOR else None


def _of_uncertain(before: Before, now: Seen, views: Sequence[View]) -> str | None:
    return {Standing.PRESENT: "seen_there", Standing.GONE: "missed"}.get(now.standing)


def _of_removed(before: Before, now: Seen, views: Sequence[View]) -> str | None:
    return "seen_again" if now.standing is Standing.PRESENT else None


def _of_reappeared(before: Before, now: Seen, views: Sequence[View]) -> str | None:
    if now.standing is Standing.PRESENT:
        return "back" if confirmed(now, before.earlier, before.since, views) else None
    given_up = now.standing is Standing.GONE or now.last_at - before.since >= UNSURE_FOR
    return "gone_again" if given_up else None


_MOVES: Final[Mapping[FollowState, Callable[[Before, Seen, Sequence[View]], str | None]]] = {
    _S.CHECKING: _of_present,
    _S.MOVED: _of_present,
    _S.MAYBE_GONE: _of_missed,
    _S.UNCERTAIN: _of_uncertain,
    _S.WATCHING: _of_removed,
    _S.MAYBE_BACK: _of_reappeared,
}


def confirmed(now: Seen, earlier: Sequence[Seen], since: datetime, views: Sequence[View]) -> bool:
    """Whether what `now` says has been said before, by enough others or long enough ago.

    `since`: when it was first said. Being back needs one other look, being gone every view: for a
    site that shows 404 to us alone, what one view says is nothing.
    """
    same = [seen for seen in earlier if seen.standing is now.standing and seen.last_at >= since]
    if not same:
        return False
    first_at = min(max(seen.first_at, since) for seen in same)
    said = {_view(seen) for seen in (now, *same)}
    if now.standing is Standing.GONE and not set(views) <= said:
        return False
    weak = any(seen.outcome in _WEAK for seen in (now, *same))
    enough = (
        VIEWS_APART if len(said) > 1 and not (weak and now.standing is Standing.GONE) else APART
    )
    return now.last_at - first_at >= enough


def next_view(
    views: Sequence[View], looks: int, state: FollowState, since: datetime, earlier: Sequence[Seen]
) -> View:
    """From where to look next: in turn, and where something must be confirmed, who has not yet."""
    if state in {_S.MAYBE_GONE, _S.MAYBE_BACK}:
        said = {_view(seen) for seen in earlier if seen.last_at >= since}
        silent = [view for view in views if view not in said]
        if silent:
            return silent[0]
    return views[looks % len(views)]


def next_in(
    state: FollowState,
    *,
    hot_for: timedelta,
    doubts: int,
    all_views_spoke: bool,
    chance: float,
) -> timedelta:
    """How long until the next look. `hot_for`: since something happened; `chance`: 0 to 1."""
    if state in {_S.MAYBE_GONE, _S.MAYBE_BACK}:
        # No jitter downwards: a look before its time would not count.
        return (APART if all_views_spoke else VIEWS_APART) * (1 + JITTER * chance)
    if state is _S.WATCHING:
        plain = _interval(WATCH_INTERVALS, WATCH_LATER, hot_for)
    elif state is _S.UNCERTAIN:
        plain = UNCERTAIN_INTERVAL
    else:
        plain = _interval(INTERVALS, LATER, hot_for)
        plain = min(plain, DOUBT_INTERVAL) if doubts else plain
    return plain * (1 - JITTER + 2 * JITTER * chance)


def hop(before: Spot, after: Spot) -> HopKind | None:
    """What the change of place is, or None: a gap in what is known is no move."""
    if after.cdn and after.cdn != before.cdn:
        return HopKind.FRONTED if before != Spot() else None
    if after.cdn or (after.asn is None and after.hoster_id is None):
        return None
    if before.cdn or (before.asn is None and before.hoster_id is None):
        # Only now is it known where the server is: no move that we could name.
        return None
    if before.hoster_id is not None and after.hoster_id is not None:
        return HopKind.MOVED if before.hoster_id != after.hoster_id else None
    if before.asn is not None and after.asn is not None:
        return HopKind.MOVED if before.asn != after.asn else None
    return None


def same_place(one: Spot, other: Spot) -> bool:
    """Whether two places are one hoster's, as far as is known."""
    if one.hoster_id is not None and other.hoster_id is not None:
        return one.hoster_id == other.hoster_id
    return one.asn is not None and one.asn == other.asn and one.cdn == other.cdn


def _doubtful(before: Before, now: Seen) -> bool:
    since = before.doubts_since or now.first_at
    return before.doubts + 1 >= DOUBT_AFTER_LOOKS and now.last_at - since >= DOUBT_AFTER


def _interval(
    table: Sequence[tuple[timedelta, timedelta]], later: timedelta, hot_for: timedelta
) -> timedelta:
    return next((each for until, each in table if hot_for < until), later)


def _view(seen: Seen) -> View:
    return View(seen.vantage, seen.agent)

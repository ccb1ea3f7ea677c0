"""A follow's row: the state it enters, the clock of that state, and the next look."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.base.clock import queries
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.rechecks import rules
from tocsin.domain.rechecks.models import Follow
from tocsin.domain.rechecks.types import FollowState, NotFollowed


def subject(follow: Follow) -> str:
    """What audit rows call the item."""
    return f"item:{follow.item_id}"


def locked(item_id: int) -> Follow:
    """The follow of an item, held until commit; raises NotFollowed."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is None:
        raise NotFollowed(f"Item {item_id} is not followed.")
    return row


def move(
    follow: Follow, name: str, *, actor: Actor, at: datetime, facts: dict[str, Json] | None = None
) -> FollowState:
    """Make a move of the table, set the clock of the new state, and write it down; caller saves.

    Raises MoveRefused.
    """
    before = FollowState(follow.state)
    state = rules.LIFE.target(name, before)
    follow.state = state
    if state is not before:
        follow.since = at
    follow.doubts, follow.doubts_since = 0, None
    _wind(follow, at)
    record(
        actor=actor,
        action=f"rechecks.{name}",
        subject=subject(follow),
        at=at,
        facts={"was": before.value, **(facts or {})},
    )
    return state


def look_at(follow: Follow, at: datetime) -> None:
    """Set when the item is looked at next."""
    set_due(kind=rules.LOOK, subject=str(follow.item_id), due_at=at)


def look_in(follow: Follow, at: datetime, *, all_views_spoke: bool = True) -> None:
    """Set the next look by the table of intervals."""
    wait = rules.next_in(
        FollowState(follow.state),
        hot_for=at - follow.hot_at,
        doubts=follow.doubts,
        all_views_spoke=all_views_spoke,
        chance=chance(follow.item_id, follow.looks),
    )
    look_at(follow, at + wait)


def chance(item_id: int, looks: int) -> float:
    """A number from 0 to 1 that differs from item to item and from look to look, and is no news.

    Not drawn: the same row gives the same next look in whichever worker works it out.
    """
    drawn = hashlib.blake2b(f"{item_id}:{looks}".encode(), digest_size=4).digest()
    return int.from_bytes(drawn, "big") / 0xFFFFFFFF


def _wind(follow: Follow, at: datetime) -> None:
    key = str(follow.item_id)
    state = FollowState(follow.state)
    mine = rules.LIFE.waiting.get(state)
    for kind in (rules.UNCERTAIN_ENDS, rules.PAUSE_ENDS):
        if mine is not None and mine.then == kind:
            set_due(kind=kind, subject=key, due_at=at + mine.within)
        else:
            cancel(kind=kind, subject=key)
    if state not in rules.ACTIVE:
        cancel(kind=rules.LOOK, subject=key)


def soon(follow: Follow, at: datetime, within: timedelta = timedelta()) -> None:
    """Something happened: look now, or `within` a time, and often for a while."""
    follow.hot_at = at
    follow.turn_at = None
    if FollowState(follow.state) in rules.ACTIVE:
        # A look that comes sooner stays: the first one, say, when its notice leaves at once.
        planned = queries.due_at(kind=rules.LOOK, subject=str(follow.item_id)) if within else None
        look_at(follow, min(planned or at + within, at + within))


def pause_longer(follow: Follow, at: datetime) -> None:
    """Wind the clock of a pause again."""
    due_at = at + rules.PAUSED_FOR
    set_due(kind=rules.PAUSE_ENDS, subject=str(follow.item_id), due_at=due_at)

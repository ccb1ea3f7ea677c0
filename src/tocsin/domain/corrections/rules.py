"""Deciding: lives and clocks of appeals, floods and webhooks, when votes and hits hold an entry."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.corrections.types import (
    AppealState,
    EndpointState,
    FloodState,
    HeldFor,
    Now,
    Verdict,
    What,
)
from tocsin.domain.hashlists.types import Standing

_OPENED, _REVIEWED = AppealState.OPENED, AppealState.BEING_REVIEWED
_SOURCE = AppealState.NEEDS_SOURCE
OPEN = frozenset({_OPENED, _REVIEWED, _SOURCE})

APPEAL = Lifecycle(
    states=AppealState,
    first=_OPENED,
    moves=(
        move("take", [_OPENED, _SOURCE], _REVIEWED),
        move("give_back", [_REVIEWED], _OPENED),
        move("lapse", [_REVIEWED], _OPENED),
        move("ask_source", [_REVIEWED], _SOURCE),
        move("source_silent", [_SOURCE], _OPENED),
        move("uphold", [_REVIEWED], AppealState.UPHELD),
        move("dismiss", [_REVIEWED], AppealState.DISMISSED),
        # The entry went by another way: its source, its time, a colleague.
        move("moot", OPEN, AppealState.MOOT),
    ),
    final=frozenset({AppealState.UPHELD, AppealState.DISMISSED, AppealState.MOOT}),
    waiting={
        _OPENED: Waiting(timedelta(hours=24), "corrections.appeal_waits"),
        _REVIEWED: Waiting(timedelta(hours=4), "corrections.review_lapses"),
        _SOURCE: Waiting(timedelta(days=7), "corrections.source_silent"),
    },
)

FLOOD = Lifecycle(
    states=FloodState,
    first=FloodState.HELD,
    moves=(
        move("lift", [FloodState.HELD], FloodState.LIFTED),
        move("withdraw", [FloodState.HELD], FloodState.WITHDRAWN),
        move("moot", [FloodState.HELD], FloodState.MOOT),
    ),
    final=frozenset({FloodState.LIFTED, FloodState.WITHDRAWN, FloodState.MOOT}),
    waiting={FloodState.HELD: Waiting(timedelta(hours=4), "corrections.flood_waits")},
)

_WAITING, _PROVEN, _DEAD = EndpointState.WAITING, EndpointState.PROVEN, EndpointState.DEAD

ENDPOINT = Lifecycle(
    states=EndpointState,
    first=_WAITING,
    moves=(
        move("prove", [_WAITING], _PROVEN),
        move("lapse", [_WAITING], EndpointState.LAPSED),
        move("give_up", [_PROVEN], _DEAD),
        move("revive", [_DEAD], _PROVEN),
        move("remove", [_WAITING, _PROVEN, _DEAD], EndpointState.REMOVED),
    ),
    # A proven one waits for nobody: each thing sent to it has its own tries.
    final=frozenset({_PROVEN, EndpointState.LAPSED, EndpointState.REMOVED}),
    waiting={
        _WAITING: Waiting(timedelta(hours=24), "corrections.proof_lapses"),
        _DEAD: Waiting(timedelta(days=1), "corrections.webhook_dead"),
    },
)

HELD_FOR = {
    # (an open appeal holds, a brake holds)
    (True, False): HeldFor.APPEAL,
    (False, True): HeldFor.FLOOD,
    (True, True): HeldFor.BOTH,
    (False, False): HeldFor.NOBODY,
}

LIFTED_BY: Mapping[HeldFor, frozenset[str]] = {
    HeldFor.APPEAL: frozenset({"dismiss"}),
    HeldFor.FLOOD: frozenset({"lift"}),
    HeldFor.BOTH: frozenset({"dismiss", "lift"}),
    HeldFor.NOBODY: frozenset({"let_count"}),
}
"""What a person does, all of it, until an entry that is held for these counts again."""


def held_for(*, appealed: bool, flooded: bool) -> HeldFor:
    """Who asks for a hold."""
    return HELD_FOR[appealed, flooded]


APPEAL_TOLD = {
    AppealState.UPHELD: What.APPEAL_UPHELD,
    AppealState.DISMISSED: What.APPEAL_DISMISSED,
    AppealState.MOOT: What.APPEAL_MOOT,
}

REASONS: Mapping[Verdict, frozenset[str]] = {
    Verdict.UP: frozenset({"confirmed", "blocked", "removed"}),
    Verdict.DOWN: frozenset(
        {
            "not_csam", "adult", "benign_artwork", "known_software_asset", "meme", "wrong_category",
            "hash_collision", "blank_or_pattern", "not_violating", "withdrawn_by_owner",
            "duplicate", "cannot_view",
        }
    ),
    Verdict.SEEN: frozenset({"pending_review", "quality_unknown", "deleted", "none"}),
}  # fmt: skip
"""The codes we know; the list is open, any other code of the same form is kept as it came."""

SAYS_BENIGN = REASONS[Verdict.DOWN] - {"duplicate", "cannot_view", "wrong_category"}
"""Reasons that say the picture should not be on any list: only these hold an entry by number."""


def votes_hold(*, downs: int, ups: int, needed: int) -> bool:
    """Whether independent parties that say "benign" hold an entry for review at once.

    `downs` and `ups` count parties, not words. Those who confirm the entry weigh against them.
    """
    return needed > 0 and downs >= needed and downs > ups


def told_as(standing: Standing) -> What:
    """What a correction says of an entry that stands like this."""
    return What(standing.value)


_IS_THERE = frozenset({Standing.LISTED, Standing.HELD, Standing.CHANGED})


def amounts_to(standings: Collection[Standing], beside: Collection[Standing] = ()) -> Now:
    """What a hit is now that rests on entries of these standings; the strongest one counts.

    `beside`: those it met by nearness only, while the answer rested on an exact match. What they
    alone come to under the key's terms, another check tells.
    """
    if Standing.LISTED in standings:
        return Now.LISTED
    if Standing.HELD in standings:
        return Now.HELD
    again = Standing.CHANGED in standings or not _IS_THERE.isdisjoint(beside)
    return Now.CHECK_AGAIN if again else Now.NOT_LISTED


@dataclass(frozen=True, slots=True)
class FloodTerms:
    """From how many parties and hits in an hour an entry is held, and how far above its habit."""

    parties: int = 5
    hits: int = 50
    times_usual: float = 10.0


@dataclass(frozen=True, slots=True)
class LastHour:
    """An entry's hits of the last hour, by party."""

    hits_by_party: Mapping[int, int]

    @property
    def parties(self) -> int:
        return len(self.hits_by_party)

    @property
    def hits(self) -> int:
        return sum(self.hits_by_party.values())


@dataclass(frozen=True, slots=True)
class Habit:
    """How an entry matched before: hits in an average hour of the last week, and what backs it.

    `confirmations`: independent sources or reviewers. `age` is how long it has counted here.
    `lifted_parties`, `lifted_hits`: what a person said is no flood for this entry.
    """

    hits_an_hour: float = 0.0
    parties_a_day: float = 0.0
    confirmations: int = 1
    age: timedelta = timedelta(0)
    lifted_parties: int = 0
    lifted_hits: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """What an entry may do in an hour: it is held when both are reached."""

    parties: int
    hits: int


OLD = timedelta(days=30)
MOST_CREDIT = 4
RAISE = 4


def flood_limit(habit: Habit, terms: FloodTerms) -> Limit:
    """What an entry with this habit may do in an hour.

    An entry that has counted for a month gets credit for each further source or reviewer, up to
    four times; a new one gets none, since a wrong file may come in by several lists at once.
    """
    credit = min(max(habit.confirmations, 1), MOST_CREDIT) if habit.age >= OLD else 1
    hits = max(terms.hits, habit.hits_an_hour * terms.times_usual) * credit
    parties = max(terms.parties, habit.parties_a_day * 2) * (1 + (credit - 1) / 2)
    return Limit(
        parties=max(math.ceil(parties), habit.lifted_parties),
        hits=max(math.ceil(hits), habit.lifted_hits),
    )


def is_flood(hour: LastHour, limit: Limit) -> bool:
    """Whether the last hour is beyond the limit.

    One party counts for half of the hits needed at most: a single busy one never trips it, nor does
    a busy one with a few who met the entry once.
    """
    most = max(limit.hits // 2, 1)
    counted = sum(min(hits, most) for hits in hour.hits_by_party.values())
    return hour.parties >= limit.parties and counted >= limit.hits


def raised(*, parties: int, hits: int, limit: Limit) -> Limit:
    """The entry's limit after a person said that this was no flood: well above what was seen."""
    return Limit(parties=max(parties, limit.parties) * 2, hits=max(hits, limit.hits) * RAISE)


FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=30)
DEAD_AFTER_ATTEMPTS = 16


def wait_before(attempts: int) -> timedelta:
    """How long to wait after `attempts` failures in a row: 5 s, 10 s … 30 min; about 4 h in all."""
    doubled: timedelta = FIRST_WAIT * (1 << min(max(attempts - 1, 0), 12))
    return min(doubled, LONGEST_WAIT)


def signed_text(webhook_id: str, timestamp: int, body: bytes) -> bytes:
    """What a webhook's signature is over (Standard Webhooks 1.0)."""
    return f"{webhook_id}.{timestamp}.".encode() + body

"""The world of thirty days: what is put where, what its hoster does, who reports it and when.

Drawn once from a seed, so that both sides meet the same: the same pictures, the same delays, the
same reports. What a hoster does begins with the first notice it gets, which is the sides' own
doing; so each side has a world of its own that was drawn alike. Times are hours since the
beginning.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

HOURS_A_DAY: Final = 24.0
FOREVER: Final = 1e9
FOUND_AGAIN_WITHIN: Final = 6 * HOURS_A_DAY


class Ways(StrEnum):
    """What a hoster does when it is told."""

    FAST = "fast"
    SLOW = "slow"
    NEVER = "never"
    REENCODES = "re-encodes"  # every copy it serves is another file; removes late
    GEO_BLOCKS = "geo-blocks"  # hides it from our country, and from nobody else
    STANDS_IN = "stands in"  # status 200 and a picture that says it is gone
    MOVES = "moves abroad"  # the site goes to another hoster, in another country
    COMES_BACK = "comes back"  # removed, and put up again at the same address
    BOUNCES = "bounces"  # the abuse address does not exist; another one does
    ABROAD = "abroad"  # was never here; removes when asked


SHARES: Final[dict[Ways, float]] = {
    Ways.FAST: 0.34,
    Ways.SLOW: 0.16,
    Ways.NEVER: 0.04,
    Ways.REENCODES: 0.10,
    Ways.GEO_BLOCKS: 0.06,
    Ways.STANDS_IN: 0.06,
    Ways.MOVES: 0.08,
    Ways.COMES_BACK: 0.06,
    Ways.BOUNCES: 0.05,
    Ways.ABROAD: 0.05,
}
# Median hours from the notice to what the hoster does about it.
_MEDIAN_HOURS: Final[dict[Ways, float]] = {
    Ways.FAST: 3,
    Ways.SLOW: 60,
    Ways.REENCODES: 30,
    Ways.GEO_BLOCKS: 8,
    Ways.STANDS_IN: 6,
    Ways.MOVES: 20,
    Ways.COMES_BACK: 5,
    Ways.BOUNCES: 10,
    Ways.ABROAD: 24,
}
UNLAWFUL_SHARE: Final = 0.7
KNOWN_SHARE: Final = 0.45
"""How much of what is unlawful is on a list already."""
SAME_PICTURE_SHARE: Final = 0.25
"""How much shows a picture that something before it showed."""


class Here(StrEnum):
    """What stands at an address at one moment."""

    THERE = "there"
    HIDDEN = "hidden"  # there for everybody but our country
    GONE = "gone"


@dataclass(slots=True)
class Thing:
    """One address and what becomes of it. `moved`: the thing at the new address, once it moved.

    `picture`: which one, as a number; the same number is the same picture. `spellings`: how it is
    written when it is reported, the first one first.
    """

    number: int
    ways: Ways
    picture: int
    unlawful: bool
    known: bool
    put_up: float
    reported: tuple[float, ...]
    decided: float
    delay: float
    back_after: float
    told_at: float = FOREVER
    moved: Thing | None = None
    parent: Thing | None = None

    @property
    def acts_at(self) -> float:
        """When the hoster does what it does."""
        return FOREVER if self.ways is Ways.NEVER else self.told_at + self.delay

    @property
    def back_at(self) -> float:
        """When it is put up again, for hosters whose customers do that."""
        return self.acts_at + self.back_after if self.ways is Ways.COMES_BACK else FOREVER

    def here(self, at: float) -> Here:
        """What stands there."""
        if at < self.put_up:
            return Here.GONE
        if at < self.acts_at or at >= self.back_at:
            return Here.THERE
        return Here.HIDDEN if self.ways is Ways.GEO_BLOCKS else Here.GONE

    def tell(self, at: float) -> None:
        """A notice has arrived; only the first one starts the hoster's clock."""
        self.told_at = min(self.told_at, at)


class Kind(StrEnum):
    REPORT = "report"
    DECISION = "decision"


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Somebody reports a thing (for the n-th time), or an analyst decides."""

    at: float
    number: int
    kind: Kind = field(compare=False)
    n: int = field(compare=False, default=0)


@dataclass(slots=True)
class World:
    """All things, in the order they are put up."""

    seed: int
    days: int
    things: list[Thing]

    @property
    def hours(self) -> float:
        return self.days * HOURS_A_DAY

    def events(self) -> Iterator[Event]:
        """What happens to both sides alike, in order."""
        found: list[Event] = []
        for thing in self.things:
            found += [
                Event(at, thing.number, Kind.REPORT, n) for n, at in enumerate(thing.reported)
            ]
            found.append(Event(thing.decided, thing.number, Kind.DECISION))
        return iter(sorted(event for event in found if event.at < self.hours))

    def moved(self, thing: Thing, at: float) -> Thing | None:
        """The thing at its new address, once it has moved there; somebody reports that too."""
        if thing.ways is not Ways.MOVES or at < thing.acts_at:
            return None
        if thing.moved is None:
            draw = random.Random(self.seed * 1_000_003 + thing.number)  # noqa: S311
            begins = thing.acts_at + draw.uniform(0.2, 4)
            told = begins + draw.uniform(2, FOUND_AGAIN_WITHIN)
            thing.moved = Thing(
                number=len(self.things) + 1_000 + thing.number,
                ways=Ways.SLOW,
                picture=thing.picture,
                unlawful=thing.unlawful,
                known=thing.known,
                put_up=begins,
                reported=(told,),
                decided=told + draw.expovariate(1 / 2),
                delay=draw.lognormvariate(3.4, 0.6),
                back_after=FOREVER,
                parent=thing,
            )
        return thing.moved


def draw_world(seed: int, days: int, things: int) -> World:
    """A world of so many addresses."""
    draw = random.Random(seed)  # noqa: S311 - nothing of it is a secret
    made: list[Thing] = []
    pictures = 0
    for number in range(1, things + 1):
        again = bool(made) and draw.random() < SAME_PICTURE_SHARE
        like = draw.choice(made) if again else None
        if like is None:
            pictures += 1
        unlawful = like.unlawful if like else draw.random() < UNLAWFUL_SHARE
        known = like.known if like else unlawful and draw.random() < KNOWN_SHARE
        ways = draw.choices(list(SHARES), list(SHARES.values()))[0]
        put_up = draw.uniform(0, days * HOURS_A_DAY * 0.75)
        first = put_up + draw.expovariate(1 / 5)
        decided = first + draw.expovariate(1 / 2)
        median = _MEDIAN_HOURS.get(ways, 24)
        made.append(
            Thing(
                number=number,
                ways=ways,
                picture=like.picture if like else pictures,
                unlawful=unlawful,
                known=known,
                put_up=put_up,
                reported=_reports(draw, first, days),
                decided=decided,
                delay=median * draw.lognormvariate(0, 0.7),
                back_after=draw.uniform(30, 240),
            )
        )
    return World(seed, days, made)


def _reports(draw: random.Random, first: float, days: int) -> tuple[float, ...]:
    """When it is reported: most things once, some again and again, weeks apart."""
    again = min(int(draw.paretovariate(1.6)) - 1, 12)
    later = [draw.uniform(first + 0.1, days * HOURS_A_DAY) for _ in range(again)]
    return (first, *sorted(later))

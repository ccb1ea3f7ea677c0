"""The other tool's rules on a drawn world, as far as they are public.

What it does, from its code of May 2024: a report of an address that is written as one already known
is dropped, also when that one was closed. Each item is opened by an analyst, known or not, since
a hit only fills the form in. A first notice leaves when the quiet hours let it (`quiet`), to the
hoster on file; reminders each 24 hours. Every two hours the address is fetched from one place: the
exact file is there, or it is missed; three misses in a row, a quarter of an hour apart, close it
as removed. Nothing is looked at after that. What is hosted abroad is closed at once. A bounced
notice parks the record for a person without a clock: here, until the next working day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tocsin.site.rehearsal.days.quiet import leaves_at
from tocsin.site.rehearsal.days.scores import Score
from tocsin.site.rehearsal.days.world import Event, Here, Kind, Thing, Ways, World

CHECK_EACH_HOURS: Final = 2.0
MISSES: Final = 3
MISS_EACH_HOURS: Final = 0.25


def play_baseline(world: World, begins: datetime) -> Score:
    """Thirty days by those rules. `begins` is local time."""
    return _Baseline(world, begins).play()


class _Baseline:
    def __init__(self, world: World, begins: datetime) -> None:
        self._world = world
        self._begins = begins
        self._score = Score("other tool")
        self._known: set[tuple[int, int]] = set()
        self._spellings: set[str] = set()
        self._opened: set[int] = set()

    def play(self) -> Score:
        things = {thing.number: thing for thing in self._world.things}
        queue = list(self._world.events())
        while queue:
            event = queue.pop(0)
            if event.at >= self._world.hours:
                continue
            thing = things[event.number]
            if event.kind is Kind.REPORT:
                self._report(thing, event)
            elif thing.number in self._opened:
                new = self._decide(thing, event.at)
                if new is not None:
                    things[new.number] = new
                    queue += [
                        Event(new.reported[0], new.number, Kind.REPORT),
                        Event(new.decided, new.number, Kind.DECISION),
                    ]
                    queue.sort()
        return self._score

    def _report(self, thing: Thing, event: Event) -> None:
        spelling = spelled(thing, event.n)
        if event.n:
            self._score.reported_again += 1
        if spelling in self._spellings:
            # Known as it is written: dropped, also when it was closed as removed.
            self._score.reports_lost += bool(event.n)
            return
        self._spellings.add(spelling)
        # Written otherwise it is another record, which is opened by an analyst again.
        self._opened.add(thing.number)
        self._score.exposures += 1

    def _decide(self, thing: Thing, at: float) -> Thing | None:
        if not thing.unlawful:
            return None
        score = self._score
        score.decided_unlawful += 1
        end = self._world.hours
        if thing.ways is Ways.ABROAD:
            # Closed: no notice, and nobody looks again.
            score.never_told += 1
            score.online_hours += max(0.0, end - at)
            return None
        left = self._hours(leaves_at(self._local(at)))
        if thing.ways is Ways.BOUNCES:
            left = self._hours(_next_working_morning(self._local(left)))
        if left < end:
            score.notice_hours.append(left - at)
            thing.tell(left)
        else:
            score.never_told += 1
        self._follow(thing, at, left)
        if thing.ways is Ways.MOVES and thing.acts_at < end:
            score.moved += 1
            return self._world.moved(thing, thing.acts_at)
        return None

    def _follow(self, thing: Thing, decided: float, since: float) -> None:
        score, end = self._score, self._world.hours
        closed = self._closed_at(thing, since)
        if closed is not None and closed < end:
            score.removed += 1
            score.false_removed += thing.here(closed) is not Here.GONE
        if thing.back_at < end:
            score.back += 1
            # Seen again only where it was not yet closed.
            score.back_seen += closed is None or closed > thing.back_at
        score.online_hours += online(thing, decided, end)

    def _closed_at(self, thing: Thing, since: float) -> float | None:
        """When three looks in a row missed the very file."""
        at, misses = since, 0
        while at < self._world.hours:
            if self._sees_the_file(thing, at):
                misses, at = 0, at + CHECK_EACH_HOURS
            else:
                misses += 1
                if misses >= MISSES:
                    return at
                at += MISS_EACH_HOURS
        return None

    def _sees_the_file(self, thing: Thing, at: float) -> bool:
        # A hoster that encodes anew serves another file each time: never the very one.
        return thing.here(at) is Here.THERE and thing.ways is not Ways.REENCODES

    def _local(self, at: float) -> datetime:
        return self._begins + timedelta(hours=at)

    def _hours(self, at: datetime) -> float:
        return (at - self._begins).total_seconds() / 3_600


def spelled(thing: Thing, n: int) -> str:
    """How the n-th report writes the address: most as the first, some with what browsers add."""
    forms = ("", "", "?utm_source=share", "", "#top")
    return f"{thing.number}{forms[(thing.number + n) % len(forms)] if n else ''}"


def online(thing: Thing, since: float, end: float) -> float:
    """For how many hours anybody could see it, from then to the end."""
    if since >= end:
        return 0.0
    if thing.ways is Ways.GEO_BLOCKS:
        return end - since
    there = min(thing.acts_at, end) - since
    again = max(0.0, end - thing.back_at)
    return max(0.0, there) + again


def _next_working_morning(at: datetime) -> datetime:
    day = at + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return leaves_at(day.replace(hour=11, minute=0))

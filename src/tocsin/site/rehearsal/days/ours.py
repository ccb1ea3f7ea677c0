"""Our rules on a drawn world: the rooms themselves, with their clock turned.

Everything is as it is when nobody rehearses (database, state machines, letters, visits over real
HTTP to sites on loopback, decoders, the ledger of looks) but for three things: time comes from the
world, letters go to a folder, and the world outside is `Sites`. It needs a process of its own.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tocsin.base.audit.types import Actor, system
from tocsin.base.clock import actions as clock
from tocsin.base.clock import queries as due
from tocsin.base.clock import rounds
from tocsin.base.letters import actions as letters
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, FingerprintValue, OwnEntry
from tocsin.domain.hosters import actions as hosters
from tocsin.domain.hosters.types import HosterTerms
from tocsin.domain.hosting import actions as hosting
from tocsin.domain.matching.queries import checker
from tocsin.domain.rechecks import queries as rechecks
from tocsin.domain.rechecks.types import FollowState, HopKind
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as desk
from tocsin.domain.reports.types import (
    Channel,
    FindingInput,
    FindingKind,
    Ground,
    IncomingReport,
    ItemState,
    ItemView,
    Match,
    MatchKind,
)
from tocsin.domain.takedown import queries as takedown
from tocsin.domain.viewing import actions as viewing
from tocsin.domain.viewing import queries as ledger
from tocsin.domain.viewing.types import MayNotLook, Subject, Veil
from tocsin.domain.visits import actions as visits
from tocsin.site.rehearsal.days.baseline import online, spelled
from tocsin.site.rehearsal.days.mails import not_delivered
from tocsin.site.rehearsal.days.pictures import picture, prints_of
from tocsin.site.rehearsal.days.registries import Registries
from tocsin.site.rehearsal.days.scores import Score
from tocsin.site.rehearsal.days.world import Event, Here, Kind, Thing, Ways, World
from tocsin.site.rehearsal.play import Failed
from tocsin.site.rehearsal.sites import Removed, Shown, Sites

Say = Callable[[str], None]

REGULAR: Final = ("audit.seal", "takedown.seal_log")
ABROAD, ELSEWHERE, HOME = "US", "MD", "NL"
_SHOWN: Final = {Ways.REENCODES: Shown.REENCODED, Ways.SLOW: Shown.GALLERY}
_REMOVED: Final = {
    Ways.FAST: Removed.NOT_FOUND,
    Ways.SLOW: Removed.NOT_FOUND_PAGE,
    Ways.REENCODES: Removed.GONE,
    Ways.STANDS_IN: Removed.STAND_IN,
    Ways.COMES_BACK: Removed.SOFT_PAGE,
}
_SECONDS_LOOKED: Final = 20
_LISTS_SECONDS: Final = 60.0
_US: Final = system("rehearsal")


class Ours:
    """Thirty days in this process's own installation. `begins` is aware."""

    def __init__(
        self, world: World, sites: Sites, recorded: Registries, begins: datetime, say: Say
    ) -> None:
        self._world, self._sites, self._begins, self._say = world, sites, begins, say
        self._recorded = recorded
        self._score = Score("ours")
        self._things = {thing.number: thing for thing in world.things}
        self._urls: dict[int, str] = {}
        self._numbers: dict[int, str] = {}
        self._hosters: dict[str, tuple[int, HosterTerms]] = {}
        self._entries: dict[int, tuple[int, tuple[FingerprintValue, ...]]] = {}
        self._told: set[int] = set()
        self._acted: set[int] = set()
        self._decided: dict[int, float] = {}
        self._bounced: set[str] = set()
        self._analysts: list[Actor] = []

    def play(self, analysts: list[Actor]) -> Score:
        """All of it; says how far it is once for each day."""
        self._analysts = analysts
        start = self._at(0)
        visits.permit(basis="A rehearsal: drawn pictures on loopback.", until=None,
                      actor=_US, at=start)  # fmt: skip
        viewing.state_mandate(basis="A rehearsal: drawn pictures.", until=None,
                              actor=_US, at=start)  # fmt: skip
        self._open_lists(start)
        queue = list(self._world.events())
        heapq.heapify(queue)
        day = 0
        while queue or self._next_due() is not None:
            at = min(self._hours(self._next_due()), queue[0].at if queue else 1e9)
            if at >= self._world.hours:
                break
            if at // 24 > day:
                day = int(at // 24)
                self._regular(self._at(at))
                self._say(f"  day {day} of {self._world.days}: {self._progress()}")
            self._turn(at)
            while queue and queue[0].at <= at:
                for new in self._happen(heapq.heappop(queue)):
                    heapq.heappush(queue, new)
            clock.run_round(at=self._at(at), worker="rehearsal")
            visits.make_waiting(at=self._at(at))
            for new in self._letters_arrive(at):
                heapq.heappush(queue, new)
        self._regular(self._at(self._world.hours))
        return self._counted()

    # What happens.

    def _happen(self, event: Event) -> list[Event]:
        thing = self._things[event.number]
        at = self._at(event.at)
        if event.kind is Kind.REPORT:
            self._report(thing, event.n, at)
            return []
        if thing.number in self._numbers:
            self._decide(thing, event.at)
        return []

    def _report(self, thing: Thing, n: int, at: datetime) -> None:
        url = self._url(thing)
        suffix = spelled(thing, n).removeprefix(str(thing.number))
        prints = self._prints(thing.picture, at)
        match = self._match(thing, at)
        told = IncomingReport(
            url=url + suffix,
            channel=Channel.FORM,
            fingerprints=prints,
            match=match,
        )
        received = reports.receive_report(report=told, actor=_US, at=at)
        if n:
            self._score.reported_again += 1
            self._score.reports_lost += received.item_number != self._numbers[thing.number]
        self._numbers.setdefault(thing.number, received.item_number)

    def _decide(self, thing: Thing, hours: float) -> None:
        number, at = self._numbers[thing.number], self._at(hours)
        item = desk.item(number)
        if item.state in {ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL}:
            self._decided.setdefault(thing.number, hours)
            return
        analyst = self._analysts[thing.number % len(self._analysts)]
        if item.cluster is not None and item.cluster.decided_by is not None:
            reports.follow(number=number, actor=analyst, at=at)
        else:
            reports.take(number=number, actor=analyst, at=at)
            finding = self._finding(thing, desk.item(number), analyst, at)
            reports.assess(number=number, finding=finding, actor=analyst, at=at)
        self._decided.setdefault(thing.number, hours)

    def _finding(self, thing: Thing, item: ItemView, analyst: Actor, at: datetime) -> FindingInput:
        """By the list that knows it; else after one look behind the first veil."""
        verdict = FindingKind.UNLAWFUL if thing.unlawful else FindingKind.NOT_UNLAWFUL
        category = Category.B1 if thing.unlawful else Category.UNKNOWN
        if item.matches:
            return FindingInput(verdict, Ground.MATCHED_LIST, category)
        members = item.cluster.members if item.cluster else ()
        like = tuple(one.id for one in members if one.id != item.id)
        subject = Subject(item.id, item.number, item.url, taken=True, like=like)
        try:
            shown = viewing.look(subject=subject, step=Veil.BLUR, actor=analyst, at=at)
        except MayNotLook:
            ground = "Rehearsal authority" if thing.unlawful else ""
            by = Ground.STATED_BY_AUTHORITY if thing.unlawful else Ground.NONE
            return FindingInput(verdict, by, category, ground, "could not be shown")
        done = at + timedelta(seconds=_SECONDS_LOOKED)
        viewing.end_look(look_id=shown.look_id, actor=analyst, at=done)
        return FindingInput(verdict, Ground.SEEN, category)

    # The world outside.

    def _turn(self, hours: float) -> None:
        """Let the sites show what they show at this hour."""
        for thing in list(self._things.values()):
            if thing.number not in self._urls or thing.number in self._acted:
                self._come_back(thing, hours)
                continue
            if hours >= thing.acts_at:
                self._act(thing, hours)

    def _act(self, thing: Thing, hours: float) -> None:
        self._acted.add(thing.number)
        url = self._urls[thing.number]
        if thing.ways is Ways.GEO_BLOCKS:
            self._sites.site(url).shows = Shown.ONE_COUNTRY
        elif thing.ways is Ways.MOVES:
            new = self._world.moved(thing, hours)
            there = self._sites.move(url, ELSEWHERE)
            if new is not None:
                self._things[new.number] = new
                self._urls[new.number] = there
                self._place(there, "Elsewhere hosting", ELSEWHERE, self._at(hours))
        else:
            self._sites.remove(url)

    def _come_back(self, thing: Thing, hours: float) -> None:
        if thing.number in self._acted and thing.back_at <= hours and thing.back_after < 1e8:
            self._sites.put_back(self._urls[thing.number])
            thing.back_after = 1e8 if thing.ways is not Ways.COMES_BACK else thing.back_after

    def _letters_arrive(self, hours: float) -> list[Event]:
        """Hosters read what was sent to them; a desk that does not exist sends it back."""
        new: list[Event] = []
        for thing in list(self._things.values()):
            number = self._numbers.get(thing.number)
            waits = thing.unlawful and thing.number in self._decided
            if number is None or not waits or thing.number in self._told:
                continue
            for notice in takedown.for_item(number):
                if notice.sent_at is None or notice.number in self._bounced:
                    continue
                if thing.ways is Ways.BOUNCES and "nobody@" in (notice.to or ""):
                    self._bounced.add(notice.number)
                    self._return(notice.number, hours)
                    continue
                self._told.add(thing.number)
                thing.tell(self._hours(notice.sent_at))
                new += self._moves_on(thing)
        return new

    def _moves_on(self, thing: Thing) -> list[Event]:
        if thing.ways is not Ways.MOVES or thing.acts_at >= self._world.hours:
            return []
        there = self._world.moved(thing, thing.acts_at)
        if there is None:
            return []
        return [
            Event(there.reported[0], there.number, Kind.REPORT),
            Event(there.decided, there.number, Kind.DECISION),
        ]

    def _return(self, notice: str, hours: float) -> None:
        for letter in takedown.notice(notice).letters:
            mail = not_delivered(letter.letter.message_id, letter.letter.to)
            letters.take_returned(mail=mail, at=self._at(hours))

    def _url(self, thing: Thing) -> str:
        if thing.number not in self._urls:
            shows = _SHOWN.get(thing.ways, Shown.PLAIN)
            removes = _REMOVED.get(thing.ways, Removed.NOT_FOUND)
            url = self._sites.put(picture(thing.picture), shows, removes)
            self._urls[thing.number] = url
            country = ABROAD if thing.ways is Ways.ABROAD else HOME
            self._place(url, f"Rehearsal hosting, {thing.ways}", country, self._at(0), thing.ways)
            if thing.ways is Ways.BOUNCES:
                self._register(url)
        return self._urls[thing.number]

    def _register(self, url: str) -> None:
        """The registry knows the desk that exists; it is looked up as soon as an item is opened."""
        host = url.split("/")[2]
        self._recorded.say(
            host,
            self._sites.address_of(host),
            name="Network of the rehearsal",
            mail=f"abuse@{host}",
            country=HOME,
        )
        hosting.resolve(host=host, at=self._at(0))

    def _place(
        self, url: str, name: str, country: str, at: datetime, ways: Ways | None = None
    ) -> None:
        """Write down whose a host is."""
        host = url.split("/")[2]
        desk_name = "nobody" if ways is Ways.BOUNCES else "abuse"
        known = self._hosters.get(name)
        if known is None:
            mail = f"{desk_name}@{abs(hash(name)) % 10**6}.example"
            terms = HosterTerms(name, country, "en", mail, (host,))
            number = hosters.add(terms=terms, actor=_US, at=at)
            self._hosters[name] = (number, terms)
            return
        number, terms = known
        terms = HosterTerms(name, country, "en", terms.abuse_email, (*terms.places, host))
        hosters.update(hoster_id=number, terms=terms, actor=_US, at=at)
        self._hosters[name] = (number, terms)

    def _prints(self, number: int, at: datetime) -> tuple[FingerprintValue, ...]:
        if number not in self._entries:
            self._entries[number] = (0, prints_of(picture(number)))
        return self._entries[number][1]

    def _match(self, thing: Thing, at: datetime) -> Match | None:
        if not thing.known:
            return None
        entry, prints = self._entries[thing.picture]
        if not entry:
            known = OwnEntry(prints, Category.B1, "image", False, f"rehearsal:{thing.picture}")
            entry = hashlists.add_own_entry(entry=known, actor=_US, at=at)
            self._entries[thing.picture] = (entry, prints)
        return Match(MatchKind.EXACT, (entry,), 0)

    # Counting.

    def _counted(self) -> Score:
        score, end = self._score, self._world.hours
        hops = {hop.item_number for hop in rechecks.hops(limit=10_000)[0]
                if hop.kind in {HopKind.RESURFACED, HopKind.MOVED}}  # fmt: skip
        for thing in self._things.values():
            number = self._numbers.get(thing.number)
            if number is None or thing.number not in self._decided or not thing.unlawful:
                continue
            score.decided_unlawful += 1
            self._count_notices(thing, number)
            self._count_follow(thing, number, hops)
            score.online_hours += online(thing, self._decided[thing.number], end)
        score.exposures = sum(ledger.looks_by_item(self._at(0), self._at(end)).values())
        return score

    def _count_notices(self, thing: Thing, number: str) -> None:
        sent = [one for one in takedown.for_item(number) if one.sent_at is not None]
        first = min((one.sent_at for one in sent if one.sent_at), default=None)
        if first is None:
            self._score.never_told += 1
            return
        self._score.notice_hours.append(max(0.0, self._hours(first) - self._decided[thing.number]))
        places = [(one.to, one.number) for one in sent]
        self._score.told_twice += len(places) - len({to for to, _ in places})

    def _count_follow(self, thing: Thing, number: str, hops: set[str]) -> None:
        score, end = self._score, self._world.hours
        follow = rechecks.follow(desk.item(number).id)
        if follow is None:
            return
        removed = follow.removed_at is not None
        score.removed += removed
        if removed and follow.removed_at is not None:
            score.false_removed += thing.here(self._hours(follow.removed_at)) is not Here.GONE
        if thing.back_at < end:
            score.back += 1
            score.back_seen += follow.times_back > 0 or follow.state is FollowState.MAYBE_BACK
        if thing.ways is Ways.MOVES and thing.acts_at < end:
            score.moved += 1
            score.moved_followed += number in hops

    def _progress(self) -> str:
        told = len(self._told)
        return f"{len(self._numbers)} items, {len(self._decided)} decided, {told} hosters told"

    def _regular(self, at: datetime) -> None:
        self._run(REGULAR, at)

    def _run(self, names: tuple[str, ...], at: datetime) -> None:
        for job in rounds.jobs():
            if job.name in names:
                job.run(at)

    def _open_lists(self, at: datetime) -> None:
        """Whoever looks asks the lists first, so there must be some to ask, be they empty."""
        self._run(("matching.build",), at)
        waits_until = time.monotonic() + _LISTS_SECONDS
        while checker().problem(at) is not None:
            if time.monotonic() > waits_until:
                raise Failed("The lists did not open.")
            time.sleep(0.1)

    def _next_due(self) -> datetime | None:
        return due.next_due()

    def _at(self, hours: float) -> datetime:
        return self._begins + timedelta(hours=hours)

    def _hours(self, at: datetime | None) -> float:
        return 1e9 if at is None else max(0.0, (at - self._begins).total_seconds() / 3_600)

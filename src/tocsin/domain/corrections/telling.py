"""Writing corrections into the feeds of the parties that were told, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Json, system
from tocsin.domain.corrections import rules
from tocsin.domain.corrections.models import (
    Appeal,
    CorrectedHit,
    Correction,
    Feedback,
    PartyFeed,
)
from tocsin.domain.corrections.types import HITS_IN_ONE, AppealState, Now, What
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Standing
from tocsin.domain.matching.types import AnswerStatus, HitLine

_US = system("corrections")
_COUNTS = frozenset({Standing.LISTED, Standing.HELD})


@dataclass(frozen=True, slots=True)
class _Concern:
    """Whom a correction is for and what it says."""

    party_id: int
    key_id: str
    entry_id: int
    what: What
    rehearsal: bool


_Told = Mapping[tuple[UUID, int], str]
_News = dict[_Concern, list[tuple[UUID, Now]]]


def tell_hits(lines: Sequence[HitLine], *, entry_id: int | None, at: datetime) -> int:
    """Take back what these hits were told of one entry, or of all theirs; how many were corrected.

    Only what differs from the last word is told, and never of a match that the answer did not tell
    the key: else whoever is kept from learning the lists would only have to wait. The caller holds
    the follower's row, so that two who look at the same hit do not both tell of it.
    """
    standings = hashlists.standings(each for line in lines for each in line.entry_ids)
    told = _last_told([line.id for line in lines])
    news: _News = {}
    withheld = 0
    for line in lines:
        now = _amounts_to(line, standings)
        for each in line.entry_ids:
            if entry_id is not None and each != entry_id:
                continue
            if each in line.told_ids:
                _add_if_new(news, line, each, standings[each], now, told)
            else:
                withheld += standings[each] not in _COUNTS
    _write(news, at)
    _record(news, withheld, at)
    return sum(len(hits) for hits in news.values())


def tell_outcome(appeal: Appeal, *, at: datetime) -> None:
    """Tell the outcome of an appeal to every key that joined it."""
    what = rules.APPEAL_TOLD[AppealState(appeal.state)]
    joined = Feedback.objects.filter(appeal=appeal).order_by("party_id", "key_id")
    who = joined.values_list("party_id", "key_id", "entry_id").distinct()
    for party_id, key_id, entry_id in list(who):
        Correction.objects.create(
            party_id=party_id,
            no=_take_numbers(party_id, 1),
            key_id=key_id,
            entry_id=entry_id,
            what=what,
            appeal=appeal,
            rehearsal=appeal.rehearsal,
            at=at,
        )


def skip_numbers(*, count: int) -> None:
    """Leave out numbers of every feed, in the caller's transaction: after a restore they are taken.

    A party that remembers a number of the lost copy would pass over what came in under it again.
    """
    PartyFeed.objects.update(last=F("last") + count)


def _amounts_to(line: HitLine, standings: Mapping[int, Standing]) -> Now:
    exact = [standings[each] for each in line.told_ids if each not in line.beside_ids]
    beside = [standings[each] for each in line.told_ids if each in line.beside_ids]
    return rules.amounts_to(exact, beside)


def _add_if_new(
    news: _News, line: HitLine, entry_id: int, standing: Standing, now: Now, told: _Told
) -> None:
    what = rules.told_as(standing)
    if what == told.get((line.id, entry_id), _first_word(line)):
        return
    concern = _Concern(line.party_id, line.key_id, entry_id, what, line.rehearsal)
    news.setdefault(concern, []).append((line.id, now))


def _first_word(line: HitLine) -> What:
    """What the answer itself said."""
    return What.HELD if line.status is AnswerStatus.HELD else What.LISTED


def _last_told(hit_ids: list[UUID]) -> _Told:
    rows = CorrectedHit.objects.filter(hit_id__in=hit_ids).order_by("correction__no")
    # In order, so that the last word on each stands at the end.
    return {
        (hit_id, entry_id): what
        for hit_id, entry_id, what in rows.values_list("hit_id", "correction__entry_id", "what")
    }


def _write(news: _News, at: datetime) -> None:
    # Feeds are locked in the order of their parties: two who write to the same must not cross.
    for concern in sorted(news, key=lambda c: (c.party_id, c.key_id, c.entry_id, c.what)):
        parts = list(_parts(news[concern]))
        number = _take_numbers(concern.party_id, len(parts))
        for part in parts:
            correction = Correction.objects.create(
                party_id=concern.party_id,
                no=number,
                key_id=concern.key_id,
                entry_id=concern.entry_id,
                what=concern.what,
                rehearsal=concern.rehearsal,
                at=at,
            )
            number += 1
            CorrectedHit.objects.bulk_create(
                CorrectedHit(correction=correction, hit_id=hit_id, what=concern.what, now=now)
                for hit_id, now in part
            )


def _record(news: _News, withheld: int, at: datetime) -> None:
    """One row of the audit for all that was told, and for what was not because the answer had told
    nothing of it."""
    if not news and not withheld:
        return
    entries = sorted({concern.entry_id for concern in news})
    facts: dict[str, Json] = {
        "parties": len({concern.party_id for concern in news}),
        "entries": len(entries),
        "hits": sum(len(hits) for hits in news.values()),
    }
    if withheld:
        facts["withheld"] = withheld
    subject = f"entry:{entries[0]}" if entries else "hits"
    record(actor=_US, action="corrections.tell", subject=subject, at=at, facts=facts)


def _parts(hits: list[tuple[UUID, Now]]) -> Iterable[list[tuple[UUID, Now]]]:
    return (hits[start : start + HITS_IN_ONE] for start in range(0, len(hits), HITS_IN_ONE))


def _take_numbers(party_id: int, count: int) -> int:
    """The first of `count` numbers of a feed that nobody else gets; others wait for our commit."""
    feed = PartyFeed.objects.filter(pk=party_id)
    if not feed.update(last=F("last") + count):
        PartyFeed.objects.get_or_create(pk=party_id)
        feed.update(last=F("last") + count)
    return feed.values_list("last", flat=True).get() - count + 1

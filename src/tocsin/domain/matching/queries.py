"""Reading: the checker of this process, hits, who was told of an entry, the state of the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, QuerySet

from tocsin.base.accounts.queries import live_keys, parties, party_names
from tocsin.base.secrets import unseal
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching.actions import fingerprints_context, url_context
from tocsin.domain.matching.checker import Checker, checker
from tocsin.domain.matching.expecting import SHOWN_BITS, base_rate, expected_at
from tocsin.domain.matching.guard import queries as guard
from tocsin.domain.matching.guard.rules import limits_of
from tocsin.domain.matching.guard.types import GOOD_STANDING, LIMITS
from tocsin.domain.matching.harmless import harmless_list
from tocsin.domain.matching.hits import fingerprints_from_bytes
from tocsin.domain.matching.keys import terms_of
from tocsin.domain.matching.measuring import CANARIES, hours_from, measures_from
from tocsin.domain.matching.models import CheckCount, CheckMeasure, Hit, HitEntry, KeyPolicy
from tocsin.domain.matching.ourselves import ListsAway, known_here
from tocsin.domain.matching.private.desk import PrivateDesk
from tocsin.domain.matching.private.types import (
    Delta,
    DeltaAsked,
    DeltaNotReady,
    DeltaTooOld,
    Evaluated,
    WrongDelta,
)
from tocsin.domain.matching.searching import query_of
from tocsin.domain.matching.told import entries_with_hits, hit_lines, hits_with
from tocsin.domain.matching.types import (
    FOR_TESTS,
    Action,
    AnswerStatus,
    DayCount,
    GuardView,
    HitView,
    HourCount,
    IndexState,
    KeyView,
    ListsSeen,
    MatchKind,
    Measures,
    NoSuchHit,
    NoSuchKey,
    PartyHit,
    PolicyTerms,
)
from tocsin.domain.matching.vitals import EDGES_SECONDS
from tocsin.engine.index import IndexUnusable, open_published

__all__ = [
    "EDGES_SECONDS",
    "Checker",
    "Delta",
    "DeltaAsked",
    "DeltaNotReady",
    "DeltaTooOld",
    "Evaluated",
    "ListsAway",
    "PrivateDesk",
    "WrongDelta",
    "canaries_seen",
    "checker",
    "checks_by_party",
    "checks_counted",
    "counts_by_answer",
    "counts_by_day",
    "counts_by_hour",
    "entries_with_hits",
    "hit",
    "hit_lines",
    "hits_with",
    "index_state",
    "key_view",
    "keys_noticed",
    "known_here",
    "lists_of",
    "measures_of",
    "query_of",
    "who_got",
]

BASE_RATE_OF = timedelta(days=90)

MOST_WAITING = 4_001


def hit(hit_id: str) -> HitView:
    """One hit, its address and fingerprints in the clear; raises NoSuchHit."""
    try:
        row = Hit.objects.filter(pk=UUID(hit_id)).first()
    except (ValueError, ValidationError):
        row = None
    if row is None:
        raise NoSuchHit(f"There is no hit {hit_id}.")
    return _view(row)


def who_got(entry_id: int) -> list[PartyHit]:
    """Whose keys were told that this entry matched, most recent first."""
    names = party_names()
    rows = (
        HitEntry.objects.filter(entry_id=entry_id, told=True)
        .values("hit__party_id", "hit__key_id")
        .annotate(hits=Count("pk"), last_at=Max("hit__at"))
        .order_by("-last_at", "hit__key_id")
    )
    return [
        PartyHit(
            party_id=row["hit__party_id"],
            party_name=names.get(row["hit__party_id"], ""),
            key_id=row["hit__key_id"],
            hits=row["hits"],
            last_at=row["last_at"],
        )
        for row in rows
    ]


def checks_counted(*, since: datetime) -> dict[AnswerStatus, int]:
    """How many checks ended how since the day of `since`, over all keys and doors."""
    return _counted(CheckCount.objects.filter(day__gte=since.date()))


def checks_by_party(*, since: datetime) -> dict[tuple[str, AnswerStatus], int]:
    """How many checks ended how since the day of `since`, by the name of the party that asked."""
    names = {key.key_id: party.name for party in parties() for key in party.keys.all()}
    rows = CheckCount.objects.filter(day__gte=since.date()).values_list("key_id", "status", "n")
    counted: dict[tuple[str, AnswerStatus], int] = {}
    for key_id, status, n in rows:
        told = names.get(key_id, ""), AnswerStatus(status)
        counted[told] = counted.get(told, 0) + n
    return counted


_FOUND = frozenset({AnswerStatus.LISTED, AnswerStatus.NEAR, AnswerStatus.HELD})
_FINE = _FOUND | {AnswerStatus.NOT_LISTED}


def counts_by_day(key_ids: Sequence[str], *, since: datetime) -> list[DayCount]:
    """What these keys asked each day since that of `since`, test lists included, by day."""
    rows = CheckCount.objects.filter(key_id__in=key_ids, day__gte=since.date())
    days: dict[date, list[int]] = {}
    for day, status, n in rows.values_list("day", "status", "n"):
        total = days.setdefault(day, [0, 0, 0])
        total[0] += n
        total[1] += n if status in _FOUND else 0
        total[2] += n if status not in _FINE else 0
    return [DayCount(day, *total) for day, total in sorted(days.items())]


def counts_by_hour(key_ids: Sequence[str], *, since: datetime) -> list[HourCount]:
    """What these keys asked each hour since that of `since`, of the last fortnight at most."""
    rows = CheckMeasure.objects.filter(
        key_id__in=key_ids, day__gte=since.date(), what__startswith="h"
    )
    begins = since.replace(minute=0, second=0, microsecond=0)
    found = hours_from(rows.values_list("day", "what", "n"))
    return [hour for hour in found if hour.begins >= begins]


def counts_by_answer(key_ids: Sequence[str], *, since: datetime) -> dict[AnswerStatus, int]:
    """How many checks of these keys ended how since the day of `since`."""
    return _counted(CheckCount.objects.filter(key_id__in=key_ids, day__gte=since.date()))


def measures_of(key_ids: Sequence[str], *, since: datetime) -> Measures:
    """Which kinds these keys sent since the day of `since`, and how long their answers took."""
    rows = CheckMeasure.objects.filter(key_id__in=key_ids, day__gte=since.date())
    totals: dict[str, int] = {}
    for what, n in rows.values_list("what", "n"):
        totals[what] = totals.get(what, 0) + n
    return measures_from(totals)


def canaries_seen(key_ids: Sequence[str]) -> dict[MatchKind, date]:
    """The last day on which these keys asked of the canary, by how it was met."""
    rows = CheckMeasure.objects.filter(key_id__in=key_ids, what__in=CANARIES.values())
    last = dict(rows.values_list("what").annotate(last=Max("day")))
    return {kind: last[what] for kind, what in CANARIES.items() if what in last}


def lists_of(key_ids: Sequence[str]) -> dict[str, ListsSeen]:
    """Which lists each of these keys asks."""
    rows = KeyPolicy.objects.filter(key__key_id__in=key_ids).values_list("key__key_id", "lists")
    told = {key_id: ListsSeen(lists) for key_id, lists in rows}
    return {key_id: told.get(key_id, PolicyTerms().lists) for key_id in key_ids}


def _since(at: datetime) -> date:
    return (at - BASE_RATE_OF).date()


def _counted(rows_of: QuerySet[CheckCount]) -> dict[AnswerStatus, int]:
    rows: Iterable[tuple[str, int]] = rows_of.values_list("status", "n")
    counted: dict[AnswerStatus, int] = {}
    for status, n in rows:
        counted[AnswerStatus(status)] = counted.get(AnswerStatus(status), 0) + n
    return counted


def key_view(key_id: str, *, at: datetime) -> KeyView:
    """A live key's terms, what they may be expected to give, and what the guard says of it.

    Raises NoSuchKey.
    """
    key = live_keys(at=at).get(key_id)
    if key is None:
        raise NoSuchKey(f"There is no live key {key_id}.")
    row = KeyPolicy.objects.filter(key__key_id=key_id).first()
    terms = terms_of(row) if row else PolicyTerms()
    counts = CheckCount.objects.filter(key_id=key_id, day__gt=_since(at))
    rate = base_rate(_counted(counts.exclude(door__in=FOR_TESTS)))
    size = index_state().fingerprints.get("pdq", 0)
    shown = sorted({*SHOWN_BITS, terms.near_radius_bits, terms.near_block_bits})
    return KeyView(
        key_id=key_id,
        party_id=key.party_id,
        party_name=party_names().get(key.party_id, ""),
        tier=key.tier,
        terms=terms,
        base_rate=rate,
        list_size=size,
        expected=tuple(expected_at(bits, rate=rate, list_size=size) for bits in shown),
        standing=guard.standings().get(key_id, GOOD_STANDING).at(at),
        totals=guard.totals(key_id, day=at.date(), at=at),
        daily_hashes=limits_of(LIMITS[key.tier], terms.daily_hashes).daily_hashes,
        harmless=tuple(harmless_list(key.party_id)),
    )


def keys_noticed(*, at: datetime) -> list[GuardView]:
    """Live keys of which the oracle guard noticed something, the worst first."""
    live = live_keys(at=at)
    return [view for view in guard.noticed(at=at) if view.key_id in live]


def index_state() -> IndexState:
    """What is in service on this machine and what waits to be worked in."""
    last = hashlists.last_change_no()
    try:
        found = open_published(settings.TOCSIN_INDEX)
    except IndexUnusable as error:
        return IndexState(None, None, last, min(last, MOST_WAITING), None, {}, str(error))
    manifest = found.manifest
    waiting = len(hashlists.changes_after(manifest.change_no, MOST_WAITING))
    return IndexState(
        generation=manifest.generation,
        change_no=manifest.change_no,
        last_change_no=last,
        waiting_changes=waiting,
        built_at=manifest.created_at,
        fingerprints={"pdq": len(found.near)} | {name: len(i) for name, i in found.exact.items()},
        problem=None,
    )


def _view(row: Hit) -> HitView:
    ring = settings.TOCSIN_KEYS.ring("seal")
    url = None
    if row.sealed_url:
        url = unseal(ring, row.sealed_url, context=url_context(row.pk)).decode()
    fingerprints = unseal(ring, row.sealed_fingerprints, context=fingerprints_context(row.pk))
    return HitView(
        id=str(row.pk),
        key_id=row.key_id,
        party_id=row.party_id,
        at=row.at,
        kind=MatchKind(row.kind),
        status=AnswerStatus(row.status),
        action=Action(row.action),
        entry_ids=tuple(row.entry_ids),
        distance_bits=row.distance_bits,
        client_id=row.client_id,
        url=url,
        fingerprints=fingerprints_from_bytes(fingerprints),
        uploaded_at=row.uploaded_at,
        list_version=row.list_version,
        rehearsal=row.rehearsal,
    )

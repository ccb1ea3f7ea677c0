"""Who was told what: hits by the entries they rest on, in pages, without unsealing anything."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tocsin.domain.matching.models import Hit, HitEntry
from tocsin.domain.matching.types import AnswerStatus, HitLine, MatchKind

_AT_ONCE = 500


def hits_with(entry_id: int, *, after: UUID | None, limit: int) -> list[HitLine]:
    """Up to `limit` hits that told of an entry, in the order of their ids, from behind `after`."""
    rows = HitEntry.objects.filter(entry_id=entry_id)
    if after is not None:
        rows = rows.filter(hit_id__gt=after)
    ids = list(rows.order_by("hit_id").values_list("hit_id", flat=True)[:limit])
    place = {hit_id: n for n, hit_id in enumerate(ids)}
    return sorted(hit_lines(ids), key=lambda line: place[line.id])


def hit_lines(hit_ids: Iterable[UUID]) -> list[HitLine]:
    """These hits; those that are no longer kept are left out."""
    ids = list(hit_ids)
    found: list[HitLine] = []
    for start in range(0, len(ids), _AT_ONCE):
        rows = Hit.objects.filter(pk__in=ids[start : start + _AT_ONCE]).defer(
            "sealed_url", "sealed_fingerprints"
        )
        found += [_line(row) for row in rows]
    return found


def entries_with_hits(entry_ids: Iterable[int]) -> set[int]:
    """Those of the entries that anybody was told of."""
    ids = sorted(set(entry_ids))
    found: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        rows = HitEntry.objects.filter(entry_id__in=ids[start : start + _AT_ONCE])
        found.update(rows.values_list("entry_id", flat=True).distinct())
    return found


def _line(row: Hit) -> HitLine:
    return HitLine(
        id=row.pk,
        key_id=row.key_id,
        party_id=row.party_id,
        at=row.at,
        status=AnswerStatus(row.status),
        entry_ids=tuple(row.entry_ids),
        told_ids=tuple(each for each in row.entry_ids if each not in _withheld(row)),
        beside_ids=tuple(row.beside_ids or ()),
        client_id=row.client_id,
        rehearsal=row.rehearsal,
    )


def _withheld(row: Hit) -> list[int]:
    """The entries of a hit that the answer told nothing of.

    The version before did not write them down: a near match that was answered `held` may have been
    the guard's doing, and is taken for that.
    """
    if row.withheld_ids is not None:
        return list(row.withheld_ids)
    unsure = row.status == AnswerStatus.HELD and row.kind == MatchKind.NEAR
    return list(row.entry_ids) if unsure else []

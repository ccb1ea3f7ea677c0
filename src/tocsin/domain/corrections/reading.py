"""A party's feed of corrections, as it is polled and as it is sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.db.models import QuerySet

from tocsin.domain.corrections.models import CorrectedHit, Correction
from tocsin.domain.corrections.sealed import references
from tocsin.domain.corrections.types import CorrectionView, FeedPage, HitTold, Now, What
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.types import HitLine

References = Callable[[int, str], tuple[str, ...]]


def feed(party_id: int, *, after: int, limit: int) -> FeedPage:
    """Up to `limit` corrections behind number `after`, in order; whoever goes on from `cursor`
    misses none."""
    return _page(Correction.objects.filter(party_id=party_id), after, limit)


def rehearsal_feed(party_id: int, *, after: int, limit: int) -> FeedPage:
    """The same, of what concerns the test lists alone: all that a key for those may read."""
    return _page(Correction.objects.filter(party_id=party_id, rehearsal=True), after, limit)


def _page(told_to: QuerySet[Correction], after: int, limit: int) -> FeedPage:
    rows = told_to.filter(no__gt=after).select_related("appeal")
    found = list(rows.order_by("no")[: limit + 1])
    some = found[:limit]
    told = CorrectedHit.objects.filter(correction__in=[row.pk for row in some]).order_by("pk")
    by_correction: dict[UUID, list[CorrectedHit]] = {}
    for hit in told:
        by_correction.setdefault(hit.correction_id, []).append(hit)
    lines = {line.id: line for line in matching.hit_lines({hit.hit_id for hit in told})}
    named = cache(references)
    return FeedPage(
        corrections=tuple(_view(row, by_correction.get(row.pk, []), lines, named) for row in some),
        cursor=some[-1].no if some else after,
        more=len(found) > limit,
    )


def _view(
    row: Correction,
    hits: list[CorrectedHit],
    lines: dict[UUID, HitLine],
    named: References,
) -> CorrectionView:
    return CorrectionView(
        id=str(row.pk),
        no=row.no,
        at=row.at,
        key_id=row.key_id,
        what=What(row.what),
        references=named(row.entry_id, row.key_id),
        appeal=row.appeal.number if row.appeal else None,
        rehearsal=row.rehearsal,
        # A hit that is no longer kept is left out: the provider's own id went with it.
        hits=tuple(
            _hit(lines[hit.hit_id], Now(hit.now), named)
            for hit in hits
            if hit.hit_id in lines and lines[hit.hit_id].told_ids
        ),
    )


def _hit(line: HitLine, now: Now, named: References) -> HitTold:
    best = line.told_ids[0]
    return HitTold(line.client_id, line.at, now, named(best, line.key_id))

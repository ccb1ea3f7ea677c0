"""Reading: whether an item is still there, who waits for a word, hops, and spans for figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, QuerySet

from tocsin.base.clock import queries as clock
from tocsin.domain.rechecks import noting, rules
from tocsin.domain.rechecks.models import Follow, Hop, Observation, Stay, TrafficStop
from tocsin.domain.rechecks.types import (
    Abroad,
    ClosedBy,
    FollowState,
    FollowView,
    HopKind,
    HopView,
    OpenedBy,
    Seen,
    Span,
    Spot,
    Stopped,
)

MOST_SHOWN = 200


def follow(item_id: int) -> FollowView | None:
    """Whether an item is still there, with its looks and hops; None when it is not followed."""
    row = Follow.objects.select_related("item").filter(item_id=item_id).first()
    if row is None:
        return None
    return _view(row, seen=_seen(row), hops=_hops(Hop.objects.filter(follow=row).order_by("-id")))


def state(item_id: int) -> FollowState | None:
    """The state alone; None when the item is not followed."""
    found = Follow.objects.filter(item_id=item_id).values_list("state", flat=True).first()
    return FollowState(found) if found else None


def uncertain(*, limit: int = 50, offset: int = 0) -> tuple[tuple[FollowView, ...], int]:
    """Items of which looks cannot tell, longest first, and how many there are in all."""
    rows = Follow.objects.filter(state=FollowState.UNCERTAIN).order_by("since", "id")
    shown = rows.select_related("item")[offset : offset + limit]
    return tuple(_view(row, seen=_seen(row)[:5]) for row in shown), rows.count()


def counts() -> dict[FollowState, int]:
    """How many items are in each state."""
    found = dict(Follow.objects.values_list("state").annotate(n=Count("id")))
    return {one: found.get(one, 0) for one in FollowState}


def stopped() -> Stopped | None:
    """Since when and why nothing is looked at, or None."""
    row = TrafficStop.objects.first()
    return Stopped(row.since, row.by, row.why) if row else None


def hops(*, limit: int = 100, offset: int = 0) -> tuple[tuple[HopView, ...], int]:
    """The ledger, newest first, and how many steps there are in all."""
    rows = Hop.objects.order_by("-id")
    return _hops(rows[offset : offset + limit]), rows.count()


def spans(since: datetime, until: datetime) -> Iterator[Span]:
    """Every stay that began in [since, until), real and rehearsed, in order of its beginning.

    Wrong findings are left out. Read in pieces: there may be hundreds of thousands.
    """
    rows = (
        Stay.objects.select_related("follow")
        .filter(started_at__gte=since, started_at__lt=until)
        .exclude(closed_by=ClosedBy.CORRECTED)
        .order_by("started_at", "id")
    )
    for row in rows.iterator(chunk_size=2_000):
        yield _span(row)


def stays(item_id: int) -> tuple[Span, ...]:
    """The stays of one item, first to last."""
    rows = Stay.objects.select_related("follow").filter(follow__item_id=item_id)
    return tuple(_span(row) for row in rows.order_by("id"))


def recidivism(*, since: datetime, until: datetime) -> dict[Spot, int]:
    """How often what had been removed was there again at the same place within ninety days.

    By place: the same address again, and the same picture at another address of the same hoster.
    """
    found: dict[Spot, int] = {}
    again = Stay.objects.filter(
        opened_by=OpenedBy.BACK,
        started_at__gte=since,
        started_at__lt=until,
        follow__rehearsal=False,
    )
    for row in again.iterator(chunk_size=2_000):
        _count(found, noting.spot_of_stay(row))
    elsewhere = Hop.objects.filter(
        kind=HopKind.RESURFACED, at__gte=since, at__lt=until, follow__rehearsal=False
    )
    for hop in elsewhere.iterator(chunk_size=2_000):
        before, after = Spot(**hop.before), Spot(**hop.after)
        if rules.same_place(before, after):
            _count(found, after)
    return found


def _count(found: dict[Spot, int], spot: Spot) -> None:
    # The network of a place changes within one hoster; it is no part of who it is.
    place = Spot(spot.hoster_id, spot.name, spot.asn, "", spot.country, spot.cdn)
    found[place] = found.get(place, 0) + 1


def _view(
    row: Follow, *, seen: tuple[Seen, ...] = (), hops: tuple[HopView, ...] = ()
) -> FollowView:
    key = str(row.item_id)
    state = FollowState(row.state)
    waiting = rules.LIFE.waiting.get(state)
    ends = waiting.then if waiting is not None and waiting.then != rules.LOOK else ""
    return FollowView(
        item_id=row.item_id,
        item_number=row.item.number,
        state=state,
        since=row.since,
        started_at=row.started_at,
        last_look_at=row.last_look_at,
        next_look_at=clock.due_at(kind=rules.LOOK, subject=key),
        ends_at=clock.due_at(kind=ends, subject=key) if ends else _watch_ends(row),
        removed_at=row.removed_at,
        times_back=row.times_back,
        abroad=Abroad(row.abroad),
        abroad_at=row.abroad_at,
        rehearsal=row.rehearsal,
        seen=seen,
        hops=hops,
    )


def _watch_ends(row: Follow) -> datetime | None:
    watched = row.state in {FollowState.WATCHING, FollowState.MAYBE_BACK}
    return row.removed_at + rules.WATCH_FOR if watched and row.removed_at else None


def _seen(row: Follow) -> tuple[Seen, ...]:
    rows = Observation.objects.filter(follow=row).order_by("-last_at", "-id")[:MOST_SHOWN]
    return tuple(noting.seen(one) for one in rows)


def _hops(rows: QuerySet[Hop]) -> tuple[HopView, ...]:
    return tuple(
        HopView(
            item_number=row.follow.item.number,
            at=row.at,
            kind=HopKind(row.kind),
            before=Spot(**row.before),
            after=Spot(**row.after),
            to_item=row.to_item.number if row.to_item else "",
            visit_id=row.visit_id,
        )
        for row in rows.select_related("follow__item", "to_item")
    )


def _span(row: Stay) -> Span:
    follow = row.follow
    return Span(
        item_id=follow.item_id,
        opened_by=OpenedBy(row.opened_by),
        closed_by=ClosedBy(row.closed_by),
        spot=noting.spot_of_stay(row),
        rehearsal=follow.rehearsal,
        found_at=follow.started_at,
        started_at=row.started_at,
        last_present_at=row.last_present_at,
        first_gone_at=row.first_gone_at if row.closed_by == ClosedBy.REMOVED else None,
        back_at=row.back_at,
        censored_at=_censored_at(row, follow),
    )


def _censored_at(row: Stay, follow: Follow) -> datetime | None:
    if row.closed_by == ClosedBy.REMOVED:
        return None
    return row.closed_at or follow.last_look_at or row.last_present_at

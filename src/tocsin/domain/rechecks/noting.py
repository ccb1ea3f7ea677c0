"""After a look: keep what was seen, decide, and tell; all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.types import Json
from tocsin.base.outbox.actions import is_heard, put
from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosting.types import Hosting, Source
from tocsin.domain.rechecks import clocks, following, rules
from tocsin.domain.rechecks.models import Follow, Hop, Observation, Stay, Trace
from tocsin.domain.rechecks.rules import View
from tocsin.domain.rechecks.types import (
    Abroad,
    ClosedBy,
    FollowState,
    HopKind,
    OpenedBy,
    Seen,
    Spot,
)
from tocsin.domain.visits.types import Outcome, Standing

REMOVED = "rechecks.removed"
BACK = "rechecks.back"
MOVED = "rechecks.moved"
UNCERTAIN = "rechecks.uncertain"
CHECKED = "rechecks.checked"
TOPICS = (REMOVED, BACK, MOVED, UNCERTAIN, CHECKED)

EARLIER = 24
"""How many rows of looks before are weighed: several of each view."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look brought: what was seen, where the host is now, where that was asked, and the
    looks before it, newest first, as they were known when it began."""

    seen: Seen
    spot: Spot | None = None
    earlier: Sequence[Seen] = ()


def note(follow: Follow, found: Found, views: Sequence[View], at: datetime) -> bool:
    """Keep a look and act on it; False when another worker has noted one meanwhile.

    `follow` as it was read before the look: its counter of looks tells whether it still is.
    """
    with transaction.atomic():
        won = Follow.objects.filter(pk=follow.pk, looks=follow.looks, state=follow.state).update(
            looks=F("looks") + 1, last_look_at=at
        )
        if not won:
            return False
        row = clocks.locked(follow.item_id)
        _keep(row, found.seen)
        if found.spot is not None:
            _place(row, found, at)
        _act(row, found, views, at)
        row.turn_at = None
        row.save()
        _tell_checked(row, at)
    return True


def recent(row: Follow) -> tuple[Seen, ...]:
    """The last looks at an item, newest first."""
    rows = Observation.objects.filter(follow=row).order_by("-last_at", "-id")[:EARLIER]
    return tuple(seen(one) for one in rows)


def seen(row: Observation) -> Seen:
    """A row as other rooms see it."""
    return Seen(
        first_at=row.first_at,
        last_at=row.last_at,
        times=row.times,
        vantage=row.vantage,
        agent=row.agent,
        outcome=Outcome(row.outcome),
        standing=Standing(row.standing),
        distance_bits=row.distance_bits,
        visit_id=row.visit_id,
    )


def spot_of(hosting: Hosting, *, rehearsal: bool) -> Spot:
    """Where a host is, as hops and figures tell of it."""
    by_hand = Source.TABLE in hosting.sources
    kept = hosters.find_for_host(hosting.host, rehearsal) if by_hand else None
    return Spot(
        hoster_id=kept.id if kept else None,
        name=(kept.name if kept else hosting.asn_name)[:120],
        asn=hosting.asn,
        network=hosting.network,
        country=hosting.country or (kept.country if kept else ""),
        cdn=(hosting.cdn or "") if not hosting.origin_known else "",
    )


def spot_of_stay(row: Stay) -> Spot:
    """Where a stay is."""
    return Spot(row.hoster_id, row.name, row.asn, row.network, row.country, row.cdn)


def _keep(row: Follow, now: Seen) -> None:
    views = Observation.objects.filter(follow=row, vantage=now.vantage, agent=now.agent)
    newest = views.order_by("-id").first()
    same = newest is not None and (newest.outcome, newest.standing) == (now.outcome, now.standing)
    # What the state rests on must not run on into it: a row of its own since it began.
    if same and newest is not None and newest.first_at >= row.since:
        Observation.objects.filter(pk=newest.pk).update(
            last_at=now.last_at, times=F("times") + 1, distance_bits=now.distance_bits
        )
        return
    Observation.objects.create(
        follow=row,
        first_at=now.first_at,
        last_at=now.last_at,
        vantage=now.vantage,
        agent=now.agent,
        outcome=now.outcome,
        standing=now.standing,
        distance_bits=now.distance_bits,
        visit_id=now.visit_id,
    )


def _act(row: Follow, found: Found, views: Sequence[View], at: datetime) -> None:
    state, now, earlier = FollowState(row.state), found.seen, found.earlier
    before = rules.Before(state, row.since, earlier, row.doubts, row.doubts_since)
    name = rules.decide(before, now, views)
    _bound(row, now, state)
    if name is not None:
        clocks.move(row, name, actor=following.ROOM, at=at, facts=_facts(now))
        _follow_up(row, name, found, at)
    elif state is FollowState.MOVED and at - row.since >= rules.TOLD_WITHIN:
        clocks.move(row, "told_there", actor=following.ROOM, at=at)
    elif state is FollowState.WATCHING and _watched_out(row, at):
        clocks.move(row, "end", actor=following.ROOM, at=at, facts={"why": "watched"})
        return
    if now.standing is Standing.CANNOT_TELL:
        row.doubts, row.doubts_since = min(row.doubts + 1, 1_000), row.doubts_since or at
    else:
        row.doubts, row.doubts_since = 0, None
    said = {View(one.vantage, one.agent) for one in (now, *earlier) if one.last_at >= row.since}
    clocks.look_in(row, at, all_views_spoke=set(views) <= said)


def _bound(row: Follow, now: Seen, state: FollowState) -> None:
    """Draw the bounds of the stay that lasts closer."""
    stays = Stay.objects.filter(follow=row, closed_at=None)
    if now.standing is Standing.PRESENT:
        stays.update(last_present_at=now.last_at, first_gone_at=None)
    elif now.standing is Standing.GONE and state is not FollowState.MAYBE_GONE:
        stays.update(first_gone_at=now.last_at)


def _follow_up(row: Follow, name: str, found: Found, at: datetime) -> None:
    if name == "removed":
        removed(row, at)
    elif name == "back":
        _back(row, found, at)
    elif name == "doubt":
        tell(UNCERTAIN, row, at)
    if name in {"missed", "seen_again", "removed", "back"}:
        row.hot_at = at


def removed(row: Follow, at: datetime) -> None:
    """It is gone, and enough looks (or a person) say so: the stay ends, and others are told."""
    stay = Stay.objects.filter(follow=row, closed_at=None).order_by("-id").first()
    gone_at = at
    if stay is not None:
        gone_at = stay.first_gone_at or at
        Stay.objects.filter(pk=stay.pk).update(
            first_gone_at=gone_at, closed_at=at, closed_by=ClosedBy.REMOVED
        )
    row.removed_at = gone_at
    if row.abroad:
        row.abroad, row.abroad_at = Abroad.REMOVED_THERE, at
    tell(REMOVED, row, at, {"at": gone_at.isoformat()})


def _back(row: Follow, found: Found, at: datetime) -> None:
    """It is there again: a new stay, at the same place or at another, and all starts anew."""
    stay = Stay.objects.filter(follow=row).order_by("-id").first()
    kind = None
    if stay is not None and found.spot is not None:
        kind = rules.hop(spot_of_stay(stay), found.spot)
    if kind is not None and stay is not None and found.spot is not None:
        _step(row, kind, spot_of_stay(stay), found.spot, found.seen, at)
        tell(MOVED, row, at)
    else:
        Stay.objects.filter(follow=row, closed_by=ClosedBy.REMOVED, back_at=None).update(back_at=at)
        following.open_stay(row, OpenedBy.BACK, at, present_at=at)
    row.times_back += 1
    row.removed_at = None
    tell(BACK, row, at)


def tell(topic: str, row: Follow, at: datetime, more: dict[str, str] | None = None) -> None:
    """News of an item; the same news of the same look is told once."""
    news: dict[str, int | str] = {"item_id": row.item_id, **(more or {})}
    put(topic=topic, payload=news, at=at, dedupe_key=f"{topic}:{row.item_id}:{at.isoformat()}")


def _tell_checked(row: Follow, at: datetime) -> None:
    # At most one an hour for each item, and none for nobody: two hundred thousand are looked at.
    if not is_heard(CHECKED):
        return
    hour = at.strftime("%Y%m%d%H")
    news = {"item_id": row.item_id}
    put(topic=CHECKED, payload=news, at=at, dedupe_key=f"{CHECKED}:{row.item_id}:{hour}")


def _place(row: Follow, found: Found, at: datetime) -> None:
    """Note where the item is now; a step to another place is written into the ledger."""
    after, first = found.spot, row.resolved_at is None
    row.resolved_at = at
    stay = Stay.objects.filter(follow=row).order_by("-id").first()
    if after is None or stay is None:
        return
    before = spot_of_stay(stay)
    kind = rules.hop(before, after)
    gone = found.seen.standing is Standing.GONE or stay.closed_at is not None
    if kind is None:
        _settle_stay(stay, after)
    elif not gone:
        _moved(row, kind, before, after, found.seen, at)
    if first:
        _resurfaced(row, after, found.seen, at)
    _abroad(row, after, at)


def _settle_stay(stay: Stay, spot: Spot) -> None:
    known = spot.hoster_id is not None or spot.asn is not None or spot.cdn
    if known and spot_of_stay(stay) != spot and stay.closed_at is None:
        Stay.objects.filter(pk=stay.pk).update(**asdict(spot))


def _moved(row: Follow, kind: HopKind, before: Spot, after: Spot, now: Seen, at: datetime) -> None:
    following.close_stay(row, ClosedBy.MOVED, at)
    _step(row, kind, before, after, now, at)
    if row.state in rules.LIFE.sources("moved"):
        clocks.move(row, "moved", actor=following.ROOM, at=at, facts={"kind": kind.value})
    row.hot_at = at
    tell(MOVED, row, at)


def _step(row: Follow, kind: HopKind, before: Spot, after: Spot, now: Seen, at: datetime) -> None:
    """Write a step into the ledger, and begin the stay that it led to."""
    Hop.objects.create(
        follow=row, at=at, kind=kind, before=asdict(before), after=asdict(after),
        visit_id=now.visit_id,
    )  # fmt: skip
    stay = following.open_stay(row, OpenedBy.MOVED, at, present_at=at)
    Stay.objects.filter(pk=stay.pk).update(**asdict(after))


def _resurfaced(row: Follow, after: Spot, now: Seen, at: datetime) -> None:
    """The same picture was gone elsewhere within ninety days: a step in the ledger of that one."""
    mine = Trace.objects.filter(follow=row).values("digest")
    others = Follow.objects.filter(
        traces__digest__in=mine,
        rehearsal=row.rehearsal,
        removed_at__isnull=False,
        removed_at__gte=at - rules.WATCH_FOR,
    ).exclude(pk=row.pk)
    for other in others.distinct()[:EARLIER]:
        stay = Stay.objects.filter(follow=other).order_by("-id").first()
        if stay is None:
            continue
        before = spot_of_stay(stay)
        Hop.objects.get_or_create(
            follow=other,
            to_item_id=row.item_id,
            defaults={
                "at": at,
                "kind": HopKind.RESURFACED,
                "before": asdict(before),
                "after": asdict(after),
                "visit_id": now.visit_id,
            },
        )


def _abroad(row: Follow, spot: Spot, at: datetime) -> None:
    home = settings.TOCSIN_ORGANISATION.country
    if spot.country and spot.country != home and not row.abroad:
        row.abroad, row.abroad_at = Abroad.SEEN, at
    elif spot.country == home and row.abroad:
        row.abroad, row.abroad_at = Abroad.NOT, None


def _watched_out(row: Follow, at: datetime) -> bool:
    return row.removed_at is not None and at - row.removed_at >= rules.WATCH_FOR


def _facts(now: Seen) -> dict[str, Json]:
    return {
        "outcome": now.outcome.value,
        "vantage": now.vantage,
        "agent": now.agent,
        "distance_bits": now.distance_bits,
        "visit": now.visit_id,
    }

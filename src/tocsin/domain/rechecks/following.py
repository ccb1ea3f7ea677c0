"""Following: begin and end, pause and go on, and what news from other rooms changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from tocsin.base.audit.types import Actor, system
from tocsin.base.secrets import keyed_digest
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.rechecks import clocks, rules
from tocsin.domain.rechecks.models import Follow, Stay, Trace
from tocsin.domain.rechecks.types import ClosedBy, FollowState, OpenedBy
from tocsin.domain.reports import queries as reports
from tocsin.engine.addresses import canonical

ROOM = system("rechecks")
_TRACED = frozenset({Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ})


def begin(finding_id: int, at: datetime) -> None:
    """Follow the item of an unlawful finding, in the caller's transaction; heard twice: once."""
    case = reports.case(finding_id)
    if case.corrected or not case.url:
        return
    row = Follow.objects.select_for_update().filter(item_id=case.item_id).first()
    if row is None:
        row = Follow.objects.create(
            item_id=case.item_id,
            finding_id=finding_id,
            host_digest=digest(canonical(case.url).host, "host"),
            rehearsal=case.rehearsal,
            state=rules.LIFE.first,
            since=at,
            started_at=at,
            hot_at=at,
        )
    elif row.state != FollowState.ENDED or row.finding_id == finding_id:
        return
    else:
        clocks.move(row, "start_again", actor=ROOM, at=at)
        row.finding_id, row.started_at, row.removed_at = finding_id, at, None
    _trace(row, case.fingerprints)
    open_stay(row, OpenedBy.FOUND, at, present_at=case.last_reported_at)
    clocks.soon(row, at)
    row.save()


def end(item_id: int, at: datetime, *, why: ClosedBy) -> None:
    """Follow no more; fine for an item that is not followed."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is None or row.state == FollowState.ENDED:
        return
    clocks.move(row, "end", actor=ROOM, at=at, facts={"why": why.value or "watched"})
    if why is not ClosedBy.NOTHING:
        close_stay(row, why, at)
    row.held = False
    row.save()


def hurry(item_id: int, at: datetime) -> None:
    """Somebody said something of the item: look now. Fine for an item that is not followed."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is not None and row.state in rules.ACTIVE:
        clocks.soon(row, at)
        row.save()


def told(item_id: int, at: datetime) -> None:
    """A notice left: from now on it may go any minute."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is None:
        return
    if row.state == FollowState.MOVED:
        clocks.move(row, "told_there", actor=ROOM, at=at)
    if row.state in rules.ACTIVE:
        clocks.soon(row, at, rules.APART)
    row.save()


def seen_again(item_id: int, at: datetime) -> None:
    """Somebody reported it anew. What is no longer watched is followed again."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is None:
        return
    if row.state == FollowState.ENDED and row.removed_at is not None:
        clocks.move(row, "start_again", actor=ROOM, at=at)
        row.removed_at = None
        open_stay(row, OpenedBy.BACK, at, present_at=at)
    if row.state in rules.ACTIVE:
        clocks.soon(row, at)
    row.save()


def pause(item_id: int, at: datetime, *, held: bool, actor: Actor) -> None:
    """Do not look until told otherwise, or for a fortnight. Fine for one that is not followed."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is None or row.state not in rules.ACTIVE:
        return
    clocks.move(row, "pause", actor=actor, at=at, facts={"held": held})
    row.held = held
    row.save()


def go_on(item_id: int, at: datetime, *, actor: Actor) -> None:
    """Look again; fine for an item that is not paused."""
    row = Follow.objects.select_for_update().filter(item_id=item_id).first()
    if row is None or row.state != FollowState.PAUSED:
        return
    clocks.move(row, "go_on_watching" if row.removed_at else "go_on", actor=actor, at=at)
    row.held = False
    clocks.soon(row, at)
    row.save()


def open_stay(row: Follow, by: OpenedBy, at: datetime, *, present_at: datetime) -> Stay:
    """Begin a stay, at the place of the one before until another is found."""
    before = Stay.objects.filter(follow=row).order_by("-id").first()
    return Stay.objects.create(
        follow=row,
        opened_by=by,
        started_at=at,
        last_present_at=min(present_at, at),
        hoster_id=before.hoster_id if before else None,
        name=before.name if before else "",
        asn=before.asn if before else None,
        network=before.network if before else "",
        country=before.country if before else "",
        cdn=before.cdn if before else "",
    )


def close_stay(row: Follow, by: ClosedBy, at: datetime) -> None:
    """End the stay that lasts, if one does."""
    Stay.objects.filter(follow=row, closed_at=None).update(closed_by=by, closed_at=at)


def digest(text: str, context: str) -> str:
    """A keyed hash: equal for equal texts, and telling nobody else anything."""
    ring = settings.TOCSIN_KEYS.ring("url")
    return keyed_digest(ring, text.encode(), context=f"rechecks:{context}")


def host_of(url: str) -> str:
    """The host as hosting wants it: with its port where it is not the usual one."""
    parts = urlsplit(url)
    host = canonical(url).host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in {None, usual} else f"{host}:{parts.port}"


def _trace(row: Follow, values: Sequence[FingerprintValue]) -> None:
    digests = {
        digest(f"{value.kind}:{value.value.hex()}", "trace")
        for value in values
        if value.kind in _TRACED
    }
    Trace.objects.bulk_create(
        [Trace(follow=row, digest=one) for one in sorted(digests)], ignore_conflicts=True
    )

"""Reading: the checker of this process, hits, who was told of an entry, the state of the index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, Max

from tocsin.base.accounts.queries import party_names
from tocsin.base.secrets import unseal
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching.actions import fingerprints_context, url_context
from tocsin.domain.matching.checker import Checker, checker
from tocsin.domain.matching.hits import fingerprints_from_bytes
from tocsin.domain.matching.models import CheckCount, Hit, HitEntry
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    HitView,
    IndexState,
    MatchKind,
    NoSuchHit,
    PartyHit,
)
from tocsin.engine.index import IndexUnusable, open_published

__all__ = ["Checker", "checker", "checks_counted", "hit", "index_state", "who_got"]

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
        HitEntry.objects.filter(entry_id=entry_id)
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
    rows: Iterable[tuple[str, int]] = CheckCount.objects.filter(day__gte=since.date()).values_list(
        "status", "n"
    )
    counted: dict[AnswerStatus, int] = {}
    for status, n in rows:
        counted[AnswerStatus(status)] = counted.get(AnswerStatus(status), 0) + n
    return counted


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

"""The same picture on other lists: what a person found wrong is held there too, until one decides.

Nothing here finds a fingerprint by its value: that is what the index is for, above this room. It
hears of what was found wrong, and says which entries may be alike; here they are compared.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor, Json
from tocsin.base.outbox.actions import put
from tocsin.domain.hashlists import remembered, rules
from tocsin.domain.hashlists.changes import log_changes
from tocsin.domain.hashlists.models import Entry, LintNote, RememberedPrint
from tocsin.domain.hashlists.quarantine_types import LintReason
from tocsin.domain.hashlists.types import ChangeKind, FingerprintValue, Kind, Purpose, RunState

FOUND_WRONG: Final = "hashlists.found_wrong"
_AT_ONCE: Final = 50
_GOES_ON: Final = [status.number for status in rules.MATCHABLE]


def tell(entry_ids: Sequence[int], *, at: datetime) -> None:
    """These entries were found wrong and are remembered: whoever can find others like them is told,
    in the caller's transaction. Not of those that say nothing of a picture."""
    speaks = RememberedPrint.objects.filter(entry__in=entry_ids).values_list("entry", flat=True)
    known = sorted(set(speaks))
    for start in range(0, len(known), _AT_ONCE):
        some: list[Json] = [*known[start : start + _AT_ONCE]]
        put(topic=FOUND_WRONG, payload={"entries": some}, at=at)


def prints_of_wrong(entry_id: int) -> list[FingerprintValue]:
    """By what an entry is remembered as wrong; empty when a person has let such a one count."""
    rows = RememberedPrint.objects.filter(entry=entry_id).order_by("kind", "pk")
    return [FingerprintValue(Kind(row.kind), bytes(row.value)) for row in rows]


def hold_alike(*, wrong: int, among: Iterable[int], actor: Actor, at: datetime) -> list[int]:
    """Hold those of these entries that are of the same picture as one that was found wrong.

    The numbers of those that were not held yet. One that shares no more than an MD5, while SHAs
    differ, keeps its answer and gets a note. Entries of lists of harmless files, and of tests where
    the other is not, are left alone. Doing it twice changes nothing.
    """
    with transaction.atomic():
        rows = list(_standing(among).select_for_update(of=("self",)).order_by("pk"))
        alike, noted = remembered.like(wrong, rows)
        fresh = [row.pk for row in rows if row.pk in alike and not row.held]
        _note(noted, wrong, at)
        if not fresh:
            return []
        Entry.objects.filter(pk__in=fresh).update(held=True)
        record(
            actor=actor,
            action="hashlists.hold_alike",
            subject=f"entry:{wrong}",
            at=at,
            facts={
                "held": len(fresh),
                "merkle_root": merkle_root([struct.pack(">q", number) for number in fresh]),
            },
        )
        log_changes(ChangeKind.POLICY, fresh, at=at)
    return fresh


def _standing(entry_ids: Iterable[int]) -> QuerySet[Entry]:
    rows = Entry.objects.select_related("hash_list").filter(
        pk__in=sorted(set(entry_ids)), status__in=_GOES_ON
    )
    rows = rows.exclude(hash_list__purpose=Purpose.BENIGN_ALLOW)
    # What is not released is looked at when it is: it must not be told of before.
    rows = rows.exclude(run__state__in=[RunState.RUNNING, RunState.READY, RunState.DISCARDED])
    return rows.exclude(replaced_by_run__state=RunState.RELEASED)


def _note(entry_ids: Iterable[int], wrong: int, at: datetime) -> None:
    LintNote.objects.bulk_create(
        (
            LintNote(entry_id=one, reason=LintReason.MD5_TWIN, source=f"entry {wrong}", at=at)
            for one in sorted(entry_ids)
        ),
        ignore_conflicts=True,
    )

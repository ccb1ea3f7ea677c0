"""Numbers handed out in commit order, and the change log written with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import F

from tocsin.domain.hashlists.models import Change, Counter, Hasher
from tocsin.domain.hashlists.types import ChangeKind

MOST_HASHERS = 32_000
"""Programs that compute fingerprints: a table counts them to 32,767."""


class NotInTransaction(Exception):
    """A number taken outside a transaction would not be held until commit."""


def take_numbers(name: str, count: int = 1) -> int:
    """The first of `count` numbers nobody else gets; others wait for our commit."""
    if not connection.in_atomic_block:
        raise NotInTransaction(f"counter {name!r} outside a transaction")
    if not Counter.objects.filter(pk=name).update(value=F("value") + count):
        Counter.objects.get_or_create(pk=name)
        Counter.objects.filter(pk=name).update(value=F("value") + count)
    return Counter.objects.values_list("value", flat=True).get(pk=name) - count + 1


def skip_numbers(count: int) -> None:
    """Leave out numbers of entries and changes that a lost later copy may have given out.

    Call it in a transaction. References at providers and indexes of other machines still speak
    of them: a number that meant something else once must not come again.
    """
    take_numbers("entry", count)
    take_numbers("change", count)


def log_change(
    kind: ChangeKind, *, at: datetime, entry_id: int | None = None, run_id: int | None = None
) -> int:
    """Write one line of the change log in the caller's transaction; its number.

    Call it last: from here on every other change waits for this transaction.
    """
    number = take_numbers("change")
    Change.objects.create(no=number, kind=kind, entry_id=entry_id, run_id=run_id, at=at)
    return number


def log_changes(kind: ChangeKind, entry_ids: Sequence[int], *, at: datetime) -> None:
    """A line of the change log for each entry, in the caller's transaction, as `log_change`."""
    if not entry_ids:
        return
    first = take_numbers("change", len(entry_ids))
    Change.objects.bulk_create(
        Change(no=number, kind=kind, entry_id=entry_id, run_id=None, at=at)
        for number, entry_id in enumerate(entry_ids, first)
    )


def hasher_number(name: str) -> int | None:
    """The number of a program that computes fingerprints; a new one is written down. None where
    so many are known that a table holds no other."""
    if not name:
        return 0
    known = Hasher.objects.filter(name=name).values_list("number", flat=True).first()
    if known is not None:
        return known
    given = Counter.objects.filter(pk="hasher").values_list("value", flat=True).first() or 0
    if given >= MOST_HASHERS:
        return None
    number = take_numbers("hasher")
    made, _ = Hasher.objects.get_or_create(name=name, defaults={"number": number})
    return made.number

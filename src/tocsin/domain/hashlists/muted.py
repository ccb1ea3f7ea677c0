"""Reading which digests of entries do not match, and because of which set."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.domain.hashlists.models import Fingerprint, MutedPrint
from tocsin.domain.hashlists.quarantine_types import MutedView
from tocsin.domain.hashlists.types import Kind

_ASK_AT_ONCE = 500


def muted_prints(entry_ids: Iterable[int]) -> set[tuple[int, int, int]]:
    """Entry, kind and n of the fingerprints of some hundred entries that do not match."""
    rows = MutedPrint.objects.filter(entry__in=list(entry_ids))
    return set(rows.values_list("entry", "kind", "n"))


def muted_values(kind: Kind) -> set[tuple[int, bytes]]:
    """Entry and value of every digest of one kind that does not match."""
    rows = MutedPrint.objects.filter(kind=kind).values_list("entry", "n").distinct()
    numbers = set(rows.iterator())
    ids = sorted({entry_id for entry_id, _ in numbers})
    values: set[tuple[int, bytes]] = set()
    for start in range(0, len(ids), _ASK_AT_ONCE):
        prints = Fingerprint.objects.filter(
            entry__in=ids[start : start + _ASK_AT_ONCE], kind=kind
        ).values_list("entry", "n", "value")
        values |= {(pk, bytes(value)) for pk, n, value in prints if (pk, n) in numbers}
    return values


def muted_of(entry_id: int) -> list[MutedView]:
    """The digests of an entry that do not match, for people: kinds and sets, no value."""
    rows = MutedPrint.objects.filter(entry=entry_id).order_by("kind", "n", "known_set")
    return [MutedView(Kind(row.kind).name, row.known_set, row.source, row.at) for row in rows]

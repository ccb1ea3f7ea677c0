"""Reading: the list entries an item's picture matches."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.domain.hashlists import queries as lists
from tocsin.domain.reports.types import MatchedEntry


def matched(entry_ids: Iterable[int]) -> tuple[MatchedEntry, ...]:
    """The list entries of a match that are still on file, in the order given."""
    found = (_matched(entry_id) for entry_id in entry_ids)
    return tuple(entry for entry in found if entry is not None)


def _matched(entry_id: int) -> MatchedEntry | None:
    try:
        entry = lists.entry(entry_id)
    except lists.NoSuchEntry:
        # A restored older database may not know what a newer index has matched.
        return None
    return MatchedEntry(
        entry_id=entry.id,
        list_name=entry.list_name,
        purpose=entry.purpose,
        category=entry.category,
        status=entry.status,
        sources=entry.sources,
        own=entry.own,
    )

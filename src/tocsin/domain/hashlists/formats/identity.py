"""What an entry is known by where its own source gave it no id."""

from __future__ import annotations

from tocsin.domain.hashlists.native import prints_of
from tocsin.domain.hashlists.native_format import NativeEntry
from tocsin.domain.hashlists.records import identity_of


def id_of(entry: NativeEntry) -> str:
    """Its source's id, or what an import would know it by; raises Refused for a wrong hash."""
    if entry.source_entry_id:
        return entry.source_entry_id
    prints, _ = prints_of(entry.fingerprints)
    return identity_of(prints) if prints else ""

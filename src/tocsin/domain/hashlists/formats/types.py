"""What is known of a document, and what a format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tocsin.domain.hashlists.native_format import EntrySource, NativeEntry
from tocsin.domain.hashlists.types import Purpose

Fields = dict[str, Any]
"""A foreign record as plain values by the names its source gives them."""

SourceFormat = Literal[
    "ncmec-v2", "vics-1.1", "vics-1.2", "vics-1.3", "vics-2.0", "icse-csv", "stopncii-v1",
    "hashkeeper", "csv", "native",
]  # fmt: skip
ListPurpose = Literal[
    "illegal", "national_illegal", "exploitative", "victim_submitted", "benign_allow", "test",
    "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What stands outside a record and decides what it means.

    `release`: the document's own word for its version (VICS: the address in its head), `region`:
    the token in it, `case_file`: whether media stand in cases, `meaning`: code of a category to
    our word, None where no mapping is given.
    """

    format: SourceFormat
    list_id: str = ""
    purpose: ListPurpose | None = None
    environment: str | None = None
    release: str | None = None
    region: str = ""
    case_file: bool = False
    meaning: Mapping[str, str] | None = None

    def source(self, member_id: str | None = None, member_name: str | None = None) -> EntrySource:
        """Where an entry of this document comes from."""
        return EntrySource(
            list_id=self.list_id,
            format=self.format,
            environment=self.environment,
            member_id=member_id,
            member_name=member_name,
            release=self.release,
        )


@dataclass(frozen=True, slots=True)
class Format:
    """One format of records, in four steps.

    `parse`: bytes of one record to its fields; `understand`: fields to an entry, without `extra`;
    `express`: the fields that can be told from an entry; `write`: fields to bytes. The first two
    raise Refused and nothing else; `express` raises Refused for what the format has no words for.
    """

    name: str
    parse: Callable[[bytes], Fields]
    understand: Callable[[Fields, Context], NativeEntry]
    express: Callable[[NativeEntry, Context], Fields]
    write: Callable[[Fields], bytes]
    purposes: frozenset[Purpose] | None = None
    """The purposes of lists that it may be taken into; None: all."""

    def own(self, entry: NativeEntry) -> bool:
        """Whether an entry was read from this format, in any version of it."""
        return entry.source.format.partition("-")[0] == self.name.partition("-")[0]

"""Formats that list files are written in: what stands around the records, and between them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from msgspec import UNSET

from tocsin.domain.hashlists import native_format
from tocsin.domain.hashlists.formats import delimited
from tocsin.domain.hashlists.formats.carrying import from_entry
from tocsin.domain.hashlists.formats.ncmec import NAMESPACE, NCMEC
from tocsin.domain.hashlists.formats.opening import Document, Table
from tocsin.domain.hashlists.formats.stopncii import STOPNCII
from tocsin.domain.hashlists.formats.types import Context, Format
from tocsin.domain.hashlists.formats.vics import VICS
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.native_format import NativeEntry

WRITABLE: Final = (
    "native", "vics-1.3", "vics-2.0", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper", "csv",
    "same",
)  # fmt: skip
VICS_1_3: Final = Context(
    "vics-1.3", release="http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"
)
VICS_2_0: Final = Context(
    "vics-2.0",
    release="http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/CUSTOM/$metadata#Media",
    region="CUSTOM",
)
_PEOPLES_COLUMNS: Final = (
    "member", "id", "status", "media_type", "updated", "classifications", "series", "comments",
)  # fmt: skip
_PEOPLES_HASHES: Final = ("md5", "sha1", "sha256", "pdq", "photodna")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a document, and which entries belong in it."""

    opening: bytes = b""
    closing: bytes = b""
    holds: Callable[[NativeEntry], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Target:
    """How a file is written. `tail` takes how many records were; `between` stands between two."""

    record: Callable[[NativeEntry], bytes]
    head: bytes = b""
    tail: Callable[[int], bytes] = lambda _: b""
    between: bytes = b""
    groups: tuple[Group, ...] = (Group(),)
    keeps_frame: bool = False


def target_of(name: str, found: Document | Table | None) -> Target:
    """How a file of that format is written; raises UnusableFile.

    `same` is the format the file came in, with its own frame.
    """
    if name == "same":
        return _same(found)
    made = _TARGETS.get(name)
    if made is None:
        raise UnusableFile(f"{name} is no format that is written: {', '.join(WRITABLE)}.")
    if isinstance(found, Document) and found.context.format == name:
        return _same(found)
    return made()


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: for tables that people open."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _same(found: Document | Table | None) -> Target:
    if found is None:
        return _native()
    record = partial(_record, found.form, found.context)
    if isinstance(found, Document):
        between = b"" if found.form is NCMEC else b",\n"
        return Target(record, between=between, keeps_frame=True)
    header = (found.header.raw or b"").rstrip(b"\r\n") + b"\n"
    return Target(lambda entry: record(entry) + b"\n", head=header)


def _record(form: Format, context: Context, entry: NativeEntry) -> bytes:
    return from_entry(form, entry, context)


def _native() -> Target:
    return Target(lambda entry: native_format.encode(entry) + b"\n")


def _vics(context: Context, key: str) -> Target:
    head = f'{{"{key}": "{context.release}", "value": [\n'.encode()
    record = partial(_record, VICS, context)
    return Target(record, head=head, tail=lambda _: b"\n]}\n", between=b",\n")


def _stopncii() -> Target:
    def tail(count: int) -> bytes:
        return (
            f'\n],"count":{count},"nextPageToken":null,"nextSetTimestamp":0,'
            '"hasMoreRecords":false}\n'
        ).encode()

    record = partial(_record, STOPNCII, Context("stopncii-v1"))
    return Target(record, head=b'{"hashRecords": [\n', tail=tail, between=b",\n")


def _ncmec() -> Target:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult xmlns="{NAMESPACE}">\n'
    return Target(
        partial(_record, NCMEC, Context("ncmec-v2")),
        head=head.encode(),
        tail=lambda _: b"</queryResult>\n",
        between=b"\n",
        groups=(
            Group(b"<images>\n", b"\n</images>\n", lambda entry: entry.media_type != "video"),
            Group(b"<videos>\n", b"\n</videos>\n", lambda entry: entry.media_type == "video"),
        ),
    )


def _columns(form: Format, context: Context, columns: tuple[str, ...]) -> Target:
    header = form.write({name: name for name in columns}) + b"\n"
    return Target(lambda entry: from_entry(form, entry, context) + b"\n", head=header)


def _for_people() -> Target:
    header = _row([*_PEOPLES_COLUMNS, *_PEOPLES_HASHES])
    return Target(_row_for_people, head=header)


def _row_for_people(entry: NativeEntry) -> bytes:
    given = [] if entry.classifications is UNSET else entry.classifications
    series = UNSET if entry.observations is UNSET else entry.observations.series
    prints = {p.algo: p.value or "" for p in reversed(entry.fingerprints)}
    return _row(
        [
            entry.source.member_id or "",
            entry.source_entry_id,
            entry.status,
            entry.media_type,
            entry.source_updated_at or "",
            ", ".join(f"{c.scheme} {c.code}" for c in given),
            "" if series is UNSET else ", ".join(series),
            entry.comments or "",
            *(prints.get(algo, "") for algo in _PEOPLES_HASHES),
        ]
    )


def _row(cells: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([neutral(cell) for cell in cells])
    return text.getvalue().encode()


_TARGETS: Final[dict[str, Callable[[], Target]]] = {
    "native": _native,
    "vics-1.3": partial(_vics, VICS_1_3, "odata.metadata"),
    "vics-2.0": partial(_vics, VICS_2_0, "@odata.context"),
    "ncmec-v2": _ncmec,
    "stopncii-v1": _stopncii,
    "icse-csv": partial(_columns, delimited.ICSE, Context("icse-csv"), delimited.ICSE_COLUMNS),
    "hashkeeper": partial(
        _columns, delimited.HASHKEEPER, Context("hashkeeper"), delimited.HASHKEEPER_COLUMNS
    ),
    "csv": _for_people,
}

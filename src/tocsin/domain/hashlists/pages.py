"""Pages of live exchanges: told apart into records, and records made into one document of a list.

The document is of the same format, so that an import, and whoever reads its archive, knows it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from tocsin.domain.hashlists.formats import opening, telling
from tocsin.domain.hashlists.formats.carrying import to_entry
from tocsin.domain.hashlists.formats.moments import seconds_of
from tocsin.domain.hashlists.formats.ncmec import NAMESPACE
from tocsin.domain.hashlists.formats.xml_trees import Tree, read_tree
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.native_format import NativeEntry
from tocsin.domain.hashlists.records import Refused
from tocsin.engine.documents.types import BrokenOff, Element
from tocsin.engine.documents.xml_elements import UnsafeDocument

__all__ = ["MOST_RECORDS", "Page", "Record", "Refused", "TooManyRecords", "Tree", "Unreadable",
           "UnusablePage", "read_page", "read_tree", "write_document"]  # fmt: skip

MOST_RECORDS: Final[Mapping[str, int]] = {"ncmec-v2": 4_000, "stopncii-v1": 1_000}
"""Of one page: a quarter more than we ask StopNCII for, and four times what NCMEC gives by itself.
Times the pages of a window, this is what its memory is reckoned by."""
MOST_AROUND_BYTES: Final = 1_000_000
_HERE: Final = Path("the page")
_GONE: Final = frozenset({"deleted", "withdrawn"})
_XML: Final = ('<?xml version="1.0" encoding="UTF-8"?>\n'
               f'<queryResult xmlns="{NAMESPACE}"><images>\n').encode()  # fmt: skip
# Images, videos, and what a later record of the same window replaces: kept, and not read.
_PARTS: Final[Mapping[str, tuple[bytes, bytes, bytes, bytes, bytes]]] = {
    "ncmec-v2": (
        _XML, b"\n", b"\n</images><videos>\n", b"\n</videos><superseded>\n",
        b"\n</superseded></queryResult>\n",
    ),
    "stopncii-v1": (b'{"hashRecords":[\n', b",\n", b"", b'\n],"superseded":[\n', b"\n]}\n"),
}  # fmt: skip


class UnusablePage(Exception):
    """The page is not whole, or not of its format."""


class TooManyRecords(UnusablePage):
    """The page holds far more than a page of its service should."""


class Record(NamedTuple):
    """One record: its place on the page from 1, its own text, whose it is, and when its source last
    changed it."""

    place: int
    raw: bytes
    member: str
    member_name: str
    own_id: str
    updated: int | None
    gone: bool
    video: bool


class Unreadable(NamedTuple):
    """A record that is no entry: its place on the page from 1, its text (empty for one that is too
    long), and why, never quoting a value."""

    place: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A whole page: its records, those that are no entries, and the text around."""

    records: tuple[Record, ...]
    unreadable: tuple[Unreadable, ...]
    around: bytes


def read_page(format_name: str, raw: bytes) -> Page:
    """The records of a page of `ncmec-v2` or `stopncii-v1`; raises UnusablePage, and TooManyRecords
    before more of it is held than a page should have."""
    try:
        document = opening.open_page(_HERE, raw[: telling.START_BYTES], format_name)
        elements, around = _told_apart(document, raw, MOST_RECORDS[format_name])
    except (UnusableFile, UnsafeDocument, BrokenOff) as why:
        raise UnusablePage(str(why)) from None
    records: list[Record] = []
    unreadable: list[Unreadable] = []
    for piece in elements:
        try:
            if piece.refused:
                raise Refused(piece.refused)
            entry = to_entry(document.form, piece.raw, document.context)
        except Refused as why:
            unreadable.append(Unreadable(piece.number, piece.raw, str(why)))
        else:
            records.append(_record(piece, entry))
    return Page(tuple(records), tuple(unreadable), around)


def write_document(
    file: BinaryIO,
    format_name: str,
    *,
    images: Iterable[bytes],
    videos: Iterable[bytes],
    superseded: Iterable[bytes],
) -> None:
    """Write records as one document; those `superseded` stand where an import does not read."""
    head, between, second, third, end = _PARTS[format_name]
    file.write(head)
    any_yet = False
    for mark, part in ((b"", images), (second, videos), (third, superseded)):
        file.write(mark)
        any_yet = any_yet and not mark
        for raw in part:
            file.write(between + raw if any_yet else raw)
            any_yet = True
    file.write(end)


def _told_apart(document: opening.Document, raw: bytes, most: int) -> tuple[list[Element], bytes]:
    """The elements, whether they are records or not, and the text around them."""
    elements: list[Element] = []
    around = bytearray()
    for piece in document.pieces(io.BytesIO(raw)):
        if isinstance(piece, Element):
            elements.append(piece)
        else:
            around += piece.raw
        if len(elements) > most or len(around) > MOST_AROUND_BYTES:
            raise TooManyRecords(f"The page holds more than {most:,} records, or more beside them.")
    return elements, bytes(around)


def _record(piece: Element, entry: NativeEntry) -> Record:
    return Record(
        place=piece.number,
        raw=piece.raw,
        member=(entry.source.member_id or "").strip(),
        member_name=(entry.source.member_name or "").strip(),
        own_id=entry.source_entry_id.strip(),
        updated=seconds_of(entry.source_updated_at),
        gone=entry.status in _GONE,
        video=entry.media_type == "video",
    )

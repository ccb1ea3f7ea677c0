"""A file, found to be of a format and ready to be cut into records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.domain.hashlists import lines, mapped, rows
from tocsin.domain.hashlists.formats import categories, delimited, telling, vics
from tocsin.domain.hashlists.formats.by_mapping import format_of
from tocsin.domain.hashlists.formats.ncmec import NCMEC
from tocsin.domain.hashlists.formats.stopncii import STOPNCII
from tocsin.domain.hashlists.formats.types import Context, Format
from tocsin.domain.hashlists.lines import Line, UnusableFile
from tocsin.domain.hashlists.mapped import MappedReader, WrongMapping
from tocsin.engine.documents import json_elements, xml_elements
from tocsin.engine.documents.types import Element, Frame

Pieces = Callable[[BinaryIO], Iterator[Element | Frame]]
_COLUMNS: Final = {
    "icse-csv": (delimited.ICSE, delimited.ICSE_COLUMNS, Context("icse-csv")),
    "hashkeeper": (delimited.HASHKEEPER, delimited.HASHKEEPER_COLUMNS, Context("hashkeeper")),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document of records (JSON, XML): `pieces` cuts it."""

    form: Format
    context: Context
    pieces: Pieces
    mapping: bytes = b""


@dataclass(frozen=True, slots=True)
class Table:
    """Delimited text: its first line, where that ends, and what tells rows from lines."""

    form: Format
    context: Context
    header: Line
    columns: MappedReader
    mapping: bytes = b""


def open_records(
    path: Path, *, first_byte: int, named: str = "", mapping_path: Path | None = None
) -> Document | Table | None:
    """What a file is, and how it is read; None: lines of our own format.

    `named`: one of `telling.READABLE`, or nothing to tell it from the file. Raises UnusableFile
    and WrongMapping.
    """
    start = telling.read_start(path)
    name = named or telling.told(start, mapped=mapping_path is not None)
    if name not in telling.READABLE:
        raise UnusableFile(f"{name} is no format that is read: {', '.join(telling.READABLE)}.")
    if name == "csv":
        return _open_mapped(path, first_byte, mapping_path)
    if name == "vics":
        return _open_vics(path, start, mapping_path)
    if mapping_path is not None:
        raise WrongMapping(f"{path} is {name}, which takes no mapping; name another --format.")
    if name == "native":
        return None
    if name in _COLUMNS:
        return _open_columns(path, start, first_byte, name)
    return open_page(path, start, name)


def mapping_digest(opened: Document | Table | None) -> str:
    """What stands for the way a file is read: reading it in another way is another import."""
    if opened is None:
        return ""
    if opened.form.name == "csv":
        return hashlib.sha256(opened.mapping).hexdigest()
    return hashlib.sha256(f"{opened.form.name}\n".encode() + opened.mapping).hexdigest()


def rows_of_document(pieces: Pieces, file: BinaryIO, _: int, number: int) -> Iterator[rows.Row]:
    """The records behind record `number`.

    Always cut from the document's start: what a byte in its middle belongs to is not told by the
    bytes behind it, and cutting is the smallest part of an import.
    """
    for piece in pieces(file):
        if isinstance(piece, Element) and piece.number > number:
            yield rows.Row(piece.number, piece.number, piece.end, piece.raw, piece.refused)


def rows_of_table(
    columns: MappedReader, file: BinaryIO, offset: int, number: int
) -> Iterator[rows.Row]:
    """The rows behind line `number`, which ends at byte `offset`."""
    return rows.quoted_rows(lines.lines(file, offset=offset, number=number), columns)


def _open_mapped(path: Path, first_byte: int, mapping_path: Path | None) -> Table:
    if mapping_path is None:
        raise WrongMapping(f"Columns need --mapping to say what is what in {path}.")
    mapping = mapped.read_mapping(mapping_path)
    header = _header(path, first_byte)
    columns = MappedReader(mapping, header.raw or b"")
    names = tuple(mapped.names_of(header.raw or b"", mapping.delimiter))
    form = format_of(mapping, names)
    return Table(form, Context("csv"), header, columns, mapped.canonical(mapping))


def _open_columns(path: Path, start: bytes, first_byte: int, name: str) -> Table:
    form, names, context = _COLUMNS[name]
    telling.check_columns(start, path, names)
    header = _header(path, first_byte)
    columns = MappedReader(delimited.as_mapping(form), header.raw or b"")
    return Table(form, context, header, columns)


def _open_vics(path: Path, start: bytes, mapping_path: Path | None) -> Document:
    context = telling.vics_context(start, path)
    array = ("value", json_elements.EACH, "Media") if context.case_file else ("value",)
    mapping = b""
    if mapping_path is not None:
        words = categories.read_categories(mapping_path)
        context = replace(context, meaning=words.of(vics.version_of(context)))
        mapping = words.canonical()
    return Document(vics.VICS, context, partial(json_elements.pieces, path=array), mapping)


def open_page(path: Path, start: bytes, name: str) -> Document:
    """A page of NCMEC or StopNCII, told by its first bytes; raises UnusableFile, naming `path`."""
    if name == "ncmec-v2":
        telling.check_ncmec(start, path)
        cut = partial(xml_elements.pieces, within=frozenset({"images", "videos"}))
        return Document(NCMEC, Context("ncmec-v2"), cut)
    telling.check_stopncii(start, path)
    cut = partial(json_elements.pieces, path=("hashRecords",), several=True)
    return Document(STOPNCII, Context("stopncii-v1"), cut)


def _header(path: Path, first_byte: int) -> Line:
    with path.open("rb") as file:
        header = next(lines.lines(file, offset=first_byte, number=0), None)
    if header is None or header.raw is None:
        raise UnusableFile(f"{path} has no first line with the names of its columns.")
    return header

"""Which format a file is of, told by its first bytes."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path
from typing import Final

from tocsin.domain.hashlists.formats import ncmec, strict_json, vics
from tocsin.domain.hashlists.formats.delimited import (
    HASHKEEPER_COLUMNS,
    ICSE_COLUMNS,
    ICSE_DELIMITER,
)
from tocsin.domain.hashlists.formats.types import Context
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.records import Refused
from tocsin.engine.documents import json_elements, xml_elements

READABLE: Final = (
    "native", "csv", "vics", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper",
)  # fmt: skip
START_BYTES: Final = 1 << 16
_MARK: Final = b"\xef\xbb\xbf"
_CONTEXTS: Final = ("odata.metadata", "@odata.context")


def read_start(path: Path) -> bytes:
    """The first bytes without a byte order mark; raises UnusableFile."""
    try:
        with path.open("rb") as file:
            return file.read(START_BYTES).removeprefix(_MARK)
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}.") from error


def told(start: bytes, *, mapped: bool) -> str:
    """The name of the format; our own lines where it is told to be nothing else, columns where a
    mapping is given."""
    text = start.lstrip()
    if text.startswith(b"<"):
        return "ncmec-v2"
    if text.startswith(b"{"):
        if json_elements.start_of_array(text, ("hashRecords",)) is not None:
            return "stopncii-v1"
        if any(b'"%s"' % word.encode() in text for word in _CONTEXTS) and _vics_head(text):
            return "vics"
    names = _first_row(text)
    if names == (*ICSE_COLUMNS,):
        return "icse-csv"
    if names == (*HASHKEEPER_COLUMNS,):
        return "hashkeeper"
    return "csv" if mapped else "native"


def vics_context(start: bytes, path: Path) -> Context:
    """Version and region of a VICS document; raises UnusableFile."""
    head = _vics_head(start.lstrip())
    if not head:
        raise UnusableFile(
            f"{path} is no VICS document: its head, with the version and then `value`, must "
            f"stand within its first {START_BYTES:,} bytes."
        )
    releases = [told for word in _CONTEXTS if isinstance(told := head.get(word), str)]
    if len(releases) != 1:
        raise UnusableFile(f"{path} does not state one version of VICS before its records.")
    context = vics.told_by(releases[0])
    if context is None:
        raise UnusableFile(f"{path} is of a version of VICS that is not 1.1, 1.2, 1.3 or 2.0.")
    return context


def check_ncmec(start: bytes, path: Path) -> None:
    """Whether a document is a page of entries of this version; raises UnusableFile."""
    try:
        root = xml_elements.root_of(start)
    except xml_elements.UnsafeDocument as why:
        raise UnusableFile(f"{path} is not read: {why}.") from None
    if root is None:
        raise UnusableFile(f"{path} is no XML document, or its root stands far behind its start.")
    name, attributes = root
    prefix = name.partition(":")[0] if ":" in name else ""
    namespace = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns")
    if xml_elements.local(name) != "queryResult" or namespace != ncmec.NAMESPACE:
        raise UnusableFile(f"{path} is no queryResult of NCMEC Hash Sharing v2.")


def check_stopncii(start: bytes, path: Path) -> None:
    """Whether a document has records of this kind; raises UnusableFile."""
    if json_elements.start_of_array(start, ("hashRecords",)) is None:
        raise UnusableFile(f"{path} is no page of FetchHashes: it has no array `hashRecords`.")


def check_columns(start: bytes, path: Path, columns: tuple[str, ...]) -> None:
    """Whether the first line is what it must be; raises UnusableFile."""
    if _first_row(start) != columns:
        raise UnusableFile(
            f"The first line of {path} is not {ICSE_DELIMITER.join(columns)}. "
            "Columns of another kind need --mapping."
        )


def _vics_head(text: bytes) -> dict[str, object]:
    """The fields in front of `value`; empty where there is no such array."""
    head = json_elements.start_of_array(text, ("value",))
    if head is None:
        return {}
    try:
        return strict_json.read_object(head + b"]}")
    except Refused:
        return {}


def _first_row(text: bytes) -> tuple[str, ...]:
    try:
        line = text.partition(b"\n")[0].decode().rstrip("\r")
    except UnicodeDecodeError:
        return ()
    for delimiter in (ICSE_DELIMITER, ","):
        with suppress(csv.Error):
            row = next(csv.reader([line], delimiter=delimiter, strict=True), [])
            if len(row) > 1:
                return tuple(row)
    return ()

"""Delimited text with a first line that never changes: INTERPOL's ICSE export, and HashKeeper."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Literal

from msgspec import UNSET

from tocsin.domain.hashlists.formats.hashes import fingerprint, text_of
from tocsin.domain.hashlists.formats.observed import observations
from tocsin.domain.hashlists.formats.types import Context, Fields, Format
from tocsin.domain.hashlists.lines import wrong_byte
from tocsin.domain.hashlists.mapped import Mapped, cells_of
from tocsin.domain.hashlists.native_format import (
    Counts,
    Media,
    NativeClassification,
    NativeEntry,
    NativeFingerprint,
)
from tocsin.domain.hashlists.records import Refused

ICSE_COLUMNS: Final = (
    "MD5", "SHA1", "PhotoDNA", "Image ID", "Is distributed", "Victim identified",
    "Offender identified", "Series name", "Number of submissions", "File Available", "Media Type",
    "Baseline",
)  # fmt: skip
ICSE_DELIMITER: Final = ";"
HASHKEEPER_COLUMNS: Final = (
    "file_id", "hashset_id", "file_name", "directory", "hash", "file_size", "date_modified",
    "time_modified", "time_zone", "comments", "date_accessed", "time_accessed",
)  # fmt: skip
_ICSE_HASHES: Final[Mapping[str, Literal["md5", "sha1", "photodna"]]] = {
    "MD5": "md5", "SHA1": "sha1", "PhotoDNA": "photodna",
}  # fmt: skip
_ICSE_FLAGS: Final = {
    "Is distributed": "is_distributed",
    "Victim identified": "victim_identified",
    "Offender identified": "offender_identified",
    "File Available": "file_available",
}
_TRUTHS: Final = {
    **dict.fromkeys(("y", "yes", "t", "true"), True),
    **dict.fromkeys(("n", "no", "f", "false"), False),
}
_MEDIA_TYPES: Final[Mapping[str, Literal["image", "video"]]] = {"image": "image", "video": "video"}
_LONGEST_NUMBER: Final = 18


def parse(raw: bytes, *, columns: tuple[str, ...], delimiter: str) -> Fields:
    """A row's cells by the names of their columns; raises Refused."""
    wrong = wrong_byte(raw)
    if wrong:
        raise Refused(wrong)
    cells = cells_of(raw.decode(), delimiter)
    if len(cells) != len(columns):
        raise Refused(f"it has {len(cells)} columns, the first line has {len(columns)}")
    return dict(zip(columns, cells, strict=True))


def writer(columns: tuple[str, ...], delimiter: str, *, quoted: bool) -> Callable[[Fields], bytes]:
    """What writes a row: a cell is quoted where it must be, or always."""

    def write(fields: Fields) -> bytes:
        cells = [fields.get(name, "") for name in columns]
        if not all(isinstance(cell, str) for cell in cells):
            raise Refused("what is kept beside it is not text")
        text = io.StringIO(newline="")
        # Not "\n" alone: a carriage return in a cell would then stand there unquoted.
        told = csv.writer(
            text,
            delimiter=delimiter,
            quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
            lineterminator="\r\n",
        )
        told.writerow(cells)
        return text.getvalue().removesuffix("\r\n").encode()

    return write


def understand_icse(fields: Fields, context: Context) -> NativeEntry:
    """The entry of one row of INTERPOL's export, known by its image id."""
    flags = {ours: _truth(fields[theirs]) for theirs, ours in _ICSE_FLAGS.items()}
    submissions = _number(fields["Number of submissions"])
    return NativeEntry(
        schema="hash-entry/1",
        entry_id="",
        source=context.source(),
        source_entry_id=fields["Image ID"].strip(),
        media_type=_MEDIA_TYPES.get(fields["Media Type"].strip().lower(), "unknown"),
        status="active",
        fingerprints=[
            fingerprint(algo, fields[name])
            for name, algo in _ICSE_HASHES.items()
            if fields[name].strip()
        ],
        list_purpose=context.purpose or UNSET,
        classifications=(
            [NativeClassification(scheme="interpol-baseline", code="baseline", method="import")]
            if _truth(fields["Baseline"])
            else UNSET
        ),
        observations=observations(flags, fields["Series name"]),
        counts=Counts(submissions=submissions) if submissions is not None else UNSET,
    )


def express_icse(entry: NativeEntry, context: Context) -> Fields:
    """All columns; those that the entry says nothing of are empty."""
    own = entry.source.format == context.format
    fields: Fields = dict.fromkeys(ICSE_COLUMNS, "")
    for name, algo in _ICSE_HASHES.items():
        fields[name] = _first(entry, algo, own=own)
    fields["Image ID"] = entry.source_entry_id
    seen = entry.observations
    if seen is not UNSET:
        for theirs, ours in _ICSE_FLAGS.items():
            fields[theirs] = _yes_or_no(getattr(seen, ours))
        fields["Series name"] = "" if seen.series is UNSET else ", ".join(seen.series)
    if entry.counts is not UNSET and entry.counts.submissions is not None:
        fields["Number of submissions"] = str(entry.counts.submissions)
    if entry.media_type in _MEDIA_TYPES:
        fields["Media Type"] = entry.media_type.capitalize()
    if entry.classifications is not UNSET:
        schemes = {(c.scheme, c.code) for c in entry.classifications}
        fields["Baseline"] = "yes" if ("interpol-baseline", "baseline") in schemes else ""
    return fields


def understand_hashkeeper(fields: Fields, context: Context) -> NativeEntry:
    """The entry of one file of a set: an MD5 and a size, and nothing said of what it is."""
    size = _number(fields["file_size"])
    return NativeEntry(
        schema="hash-entry/1",
        entry_id="",
        source=context.source(),
        source_entry_id=fields["file_id"].strip(),
        media_type="unknown",
        status="active",
        fingerprints=[fingerprint("md5", fields["hash"])] if fields["hash"].strip() else [],
        list_purpose=context.purpose or UNSET,
        media=Media(size_bytes=size) if size is not None else UNSET,
        comments=fields["comments"] or None,
    )


def express_hashkeeper(entry: NativeEntry, context: Context) -> Fields:
    """All columns; raises Refused for an entry without an MD5."""
    fields: Fields = dict.fromkeys(HASHKEEPER_COLUMNS, "")
    fields["file_id"] = entry.source_entry_id
    fields["hash"] = _first(entry, "md5", own=entry.source.format == context.format)
    if entry.media is not UNSET and entry.media.size_bytes is not None:
        fields["file_size"] = str(entry.media.size_bytes)
    fields["comments"] = entry.comments or ""
    if not fields["hash"] and entry.source.format != context.format:
        raise Refused("this format has MD5 only")
    return fields


def as_mapping(form: Format) -> Mapped:
    """The columns with hashes in the terms of a mapping, to tell rows apart with."""
    if form is ICSE:
        return Mapped(
            columns={"md5": "MD5", "sha1": "SHA1", "photodna": "PhotoDNA"},
            delimiter=ICSE_DELIMITER,
            ignore=list(ICSE_COLUMNS),
        )
    return Mapped(columns={"md5": "hash"}, ignore=list(HASHKEEPER_COLUMNS))


def _first(entry: NativeEntry, algo: str, *, own: bool) -> str:
    found: NativeFingerprint | None = next(
        (p for p in entry.fingerprints if p.algo == algo and p.value), None
    )
    return "" if found is None else text_of(found, as_source=own)


def _truth(cell: str) -> bool | None:
    return _TRUTHS.get(cell.strip().lower())


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _number(cell: str) -> int | None:
    cell = cell.strip()
    if cell.isascii() and cell.isdigit() and len(cell) <= _LONGEST_NUMBER:
        return int(cell)
    return None


ICSE: Final = Format(
    "icse-csv",
    partial(parse, columns=ICSE_COLUMNS, delimiter=ICSE_DELIMITER),
    understand_icse,
    express_icse,
    writer(ICSE_COLUMNS, ICSE_DELIMITER, quoted=False),
)
HASHKEEPER: Final = Format(
    "hashkeeper",
    partial(parse, columns=HASHKEEPER_COLUMNS, delimiter=","),
    understand_hashkeeper,
    express_hashkeeper,
    writer(HASHKEEPER_COLUMNS, ",", quoted=True),
)

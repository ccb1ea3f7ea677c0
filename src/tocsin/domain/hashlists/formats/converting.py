"""One list file written in another format, entry by entry, without a list or a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from tocsin.domain.hashlists import lines, rows
from tocsin.domain.hashlists.formats import opening, writing
from tocsin.domain.hashlists.formats.carrying import to_entry
from tocsin.domain.hashlists.lines import FileIdentity, UnusableFile, wrong_byte
from tocsin.domain.hashlists.native_format import NativeEntry, decode
from tocsin.domain.hashlists.records import Refused
from tocsin.domain.hashlists.types import Refusal
from tocsin.engine.documents.types import BrokenOff, Element, Frame

FIRST_REFUSALS: Final = 20


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """A list file, and what to make of it.

    `to`: one of `writing.WRITABLE`; `out`: a new file. `format` and `mapping_path` as for an
    import, but that VICS needs no mapping: nothing is decided here.
    """

    path: Path
    out: Path
    to: str
    format: str = ""
    mapping_path: Path | None = None


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What became of a file's records: the format it was `told` to be of, how many were written
    and refused, the first 20 of these, and why the document stops before its end, if it does."""

    told: str
    unit: str
    written: int
    refused: int
    first_refusals: tuple[Refusal, ...]
    broken: str


class Numbered(NamedTuple):
    """An entry and the line or record it was read from."""

    number: int
    entry: NativeEntry


@dataclass(slots=True)
class Tally:
    """What could not be written so far."""

    refused: int = 0
    first: list[Refusal] = field(default_factory=list)
    broken: str = ""

    def refuse(self, number: int, why: str) -> None:
        """Count one."""
        self.refused += 1
        if len(self.first) < FIRST_REFUSALS:
            self.first.append(Refusal(number, why))


class Source:
    """A list file that is read from its start as often as it is asked for."""

    def __init__(self, request: ConvertRequest, identity: FileIdentity) -> None:
        """Raises UnusableFile and WrongMapping."""
        self._path, self._first_byte = request.path, identity.first_byte
        self.found = opening.open_records(
            request.path,
            first_byte=identity.first_byte,
            named=request.format,
            mapping_path=request.mapping_path,
        )

    def read(self, tally: Tally) -> Iterator[Frame | Numbered]:
        """Frames and entries in the file's order; what is refused is counted."""
        with self._path.open("rb") as file:
            try:
                for piece in self._pieces(file):
                    if isinstance(piece, Frame):
                        yield piece
                        continue
                    try:
                        if not piece.raw.isspace():
                            yield Numbered(piece.number, self._entry(piece))
                    except Refused as why:
                        tally.refuse(piece.number, str(why))
            except BrokenOff as why:
                tally.broken = str(why)

    def _pieces(self, file: BinaryIO) -> Iterator[Frame | rows.Row]:
        found = self.found
        if isinstance(found, opening.Table):
            start = found.header.end
            yield from opening.rows_of_table(found.columns, file, start, 1)
        elif found is None:
            yield from rows.single_rows(lines.lines(file, offset=self._first_byte, number=0))
        else:
            for piece in found.pieces(file):
                if isinstance(piece, Element):
                    yield rows.Row(piece.number, piece.number, piece.end, *piece[2:])
                else:
                    yield piece

    def _entry(self, row: rows.Row) -> NativeEntry:
        if row.refused:
            raise Refused(row.refused)
        if self.found is not None:
            return to_entry(self.found.form, row.raw, self.found.context)
        try:
            return decode(row.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refused(wrong_byte(row.raw) or "it is no line of our own format") from None


def convert(request: ConvertRequest) -> ConvertReport:
    """Write the file `request.out`, whole or not at all.

    A document that is written in its own format keeps its frame, which is all that stands around
    its records. Raises UnusableFile and WrongMapping.
    """
    source = Source(request, lines.identify(request.path))
    target = writing.target_of(request.to, source.found)
    if request.out.exists():
        raise UnusableFile(f"{request.out} is there already; name a new file.")
    unfinished = request.out.with_name(f"{request.out.name}.unfinished")
    tally = Tally()
    try:
        with unfinished.open("wb") as out:
            written = _write(out, source, target, tally)
        unfinished.replace(request.out)
    except OSError as error:
        raise UnusableFile(f"{request.out} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return ConvertReport(
        told="native" if source.found is None else source.found.form.name,
        unit="record" if isinstance(source.found, opening.Document) else "line",
        written=written,
        refused=tally.refused,
        first_refusals=tuple(sorted(tally.first, key=lambda r: r.line)),
        broken=tally.broken,
    )


def _write(out: BinaryIO, source: Source, target: writing.Target, tally: Tally) -> int:
    written = 0
    out.write(target.head)
    for group in target.groups:
        # Only what cannot be read counts once; what is read in a later pass was counted before.
        reading = tally if group is target.groups[0] else Tally()
        out.write(group.opening)
        between = b""
        for piece in source.read(reading):
            if isinstance(piece, Frame):
                if target.keeps_frame:
                    out.write(piece.raw)
                    between = b""
                continue
            if not group.holds(piece.entry):
                continue
            try:
                raw = target.record(piece.entry)
            except Refused as why:
                tally.refuse(piece.number, str(why))
                continue
            out.write(between + raw)
            between = target.between
            written += 1
        out.write(group.closing)
    out.write(target.tail(written))
    return written

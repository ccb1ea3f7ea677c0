"""Which lines of a file make one row: one each, or several where a quoted cell goes on.

A quotation mark that does not belong must not swallow the rows behind it: each of them may be a
known picture. So several lines are one row only where nothing speaks against it; otherwise the
first is refused and the others are read as rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from tocsin.domain.hashlists.lines import LONGEST_LINE_BYTES, TOO_LONG, Line, wrong_byte
from tocsin.domain.hashlists.records import Refused, SourceRecord

MOST_LINES = 50
"""Lines of one row. Remarks may be long; no list has cells that go on for pages."""
UNCLOSED = "a quotation mark in it is not closed"


class Row(NamedTuple):
    """One row: its first and last line, where the next begins, its bytes, or why it is refused."""

    number: int
    last: int
    end: int
    raw: bytes
    refused: str = ""


class QuotedReader(Protocol):
    """What is asked of the reader of delimited text."""

    def read(self, raw: bytes) -> SourceRecord: ...

    def closes(self, texts: Iterator[str]) -> bool:
        """Take the lines that the first row needs; whether it came to an end."""
        ...

    def prints_of_line(self, raw: bytes) -> set[tuple[int, bytes]]:
        """Kind and value of each fingerprint in a line that by itself looks like a row."""
        ...


def single_rows(every: Iterable[Line]) -> Iterator[Row]:
    """Each line a row."""
    return map(_single, every)


def quoted_rows(every: Iterator[Line], reader: QuotedReader) -> Iterator[Row]:
    """Rows of at most MOST_LINES lines.

    What becomes of a line depends on nothing before its row, so that an import may go on behind
    any of them. A line without a quotation mark that can be read by itself is never part of
    another row.
    """
    ahead = _Ahead(every)
    while (first := ahead.take()) is not None:
        if first.raw is None or b'"' not in first.raw or wrong_byte(first.raw):
            yield _single(first)
        else:
            yield _row(first, first.raw, ahead, reader)


class _Ahead:
    """Lines, of which some can be given back."""

    def __init__(self, every: Iterator[Line]) -> None:
        self._every = every
        self._given_back: list[Line] = []

    def take(self) -> Line | None:
        return self._given_back.pop() if self._given_back else next(self._every, None)

    def give_back(self, lines: list[Line]) -> None:
        self._given_back += reversed(lines)


def _row(first: Line, raw: bytes, ahead: _Ahead, reader: QuotedReader) -> Row:
    more: list[Line] = []
    closed = reader.closes(_texts(raw, more, ahead))
    if not more:
        # Closed in its own line, or wrong in it, or the last one: the reader says so.
        return _single(first)
    parts = [line.raw or b"" for line in more]
    whole = Row(first.number, more[-1].number, more[-1].end, b"".join([raw, *parts]))
    why = _why_not(whole, [raw, *parts], reader) if closed else UNCLOSED
    if not why:
        return whole
    ahead.give_back(more)
    return Row(first.number, first.number, first.end, raw, why)


def _texts(raw: bytes, more: list[Line], ahead: _Ahead) -> Iterator[str]:
    """The text of a line, then of those behind it, each put into `more` as it is asked for."""
    yield raw.decode()
    size = len(raw)
    while len(more) < MOST_LINES - 1 and (line := ahead.take()) is not None:
        size += LONGEST_LINE_BYTES if line.raw is None else len(line.raw)
        if line.raw is None or size > LONGEST_LINE_BYTES or wrong_byte(line.raw):
            ahead.give_back([line])
            return
        more.append(line)
        yield line.raw.decode()


def _why_not(whole: Row, parts: list[bytes], reader: QuotedReader) -> str:
    """Why several lines are not one row after all; nothing when they are."""
    told = f"a quotation mark makes lines {whole.number} to {whole.last} one row, and"
    try:
        record = reader.read(whole.raw)
    except Refused as why:
        return f"{told} {why}"
    own = {(kind, value) for kind, _, value, *_ in record.prints}
    for part in parts:
        lone = reader.prints_of_line(part)
        # Where remarks stand before the fingerprint, the line that ends them looks like a row too,
        # but what it holds is the row's own.
        if lone and (b'"' not in part or not lone <= own):
            return f"{told} there are whole rows in it"
    return ""


def _single(line: Line) -> Row:
    if line.raw is None:
        return Row(line.number, line.number, line.end, b"", TOO_LONG)
    return Row(line.number, line.number, line.end, line.raw)

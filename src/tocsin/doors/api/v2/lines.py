"""Items one a line (NDJSON), read piece by piece: no more is in memory than a piece and a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tocsin.doors.api.v2.checks import item_in
from tocsin.doors.api.v2.wire import CheckItem, WrongItem
from tocsin.engine.search import Level

MOST_LINE_BYTES: Final = 65_536
"""An item with the longest address, every character of it escaped."""

TOO_LONG: Final = f"A line may have at most {MOST_LINE_BYTES:,} bytes."


def lines_in(pieces: Iterable[bytes]) -> Iterator[list[bytes | None]]:
    """For each piece the lines that it completes, blank ones left out; None for one too long."""
    held, too_long = b"", False
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        found = [_usable(line) for line in whole]
        if too_long and found:
            found[0], too_long = None, False
        if len(held) > MOST_LINE_BYTES:
            held, too_long = b"", True
        yield [line for line in found if line is None or line]
    last = None if too_long else _usable(held)
    yield [last] if last is None or last else []


def _usable(line: bytes) -> bytes | None:
    return line.strip() if len(line) <= MOST_LINE_BYTES else None


def item_of(index: int, line: bytes | None, level: Level | None = None) -> CheckItem | WrongItem:
    """The item in a line, or what is wrong with it."""
    if line is None:
        return WrongItem(index, None, None, TOO_LONG)
    return item_in(index, line, level)

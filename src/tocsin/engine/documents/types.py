"""What a document is cut into."""

from __future__ import annotations

from typing import Final, NamedTuple

LONGEST_BYTES: Final = 1_000_000
BLOCK_BYTES: Final = 1 << 20


class BrokenOff(Exception):
    """The document ends, or stops making sense, before its end; the text says where and how.

    Everything yielded before it is whole.
    """


class Element(NamedTuple):
    """One element: its number from 1, the byte behind it, its text, or why there is none."""

    number: int
    end: int
    raw: bytes
    refused: str = ""


class Frame(NamedTuple):
    """Text of the document outside its elements, in the order of the document."""

    raw: bytes


TOO_LONG: Final = f"it is longer than {LONGEST_BYTES:,} bytes"

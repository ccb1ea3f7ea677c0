"""Cuts a JSON document of any size into the elements of one of its arrays.

Brackets and commas outside strings are found for a whole block at once with NumPy; only those that
bound an element are looked at one by one. What stands in an element is not looked at: one that is
no JSON is yielded like any other, and whoever reads it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from tocsin.engine.documents.types import (
    BLOCK_BYTES,
    LONGEST_BYTES,
    TOO_LONG,
    BrokenOff,
    Element,
    Frame,
)

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

EACH: Final = "*"
"""In a path: every element of an array."""
_QUOTE, _BACKSLASH, _COMMA = b'"\\,'
_STEP: Final = np.zeros(256, np.int8)
_STEP[list(b"{[")] = 1
_STEP[list(b"}]")] = -1
_TELLS: Final = np.zeros(256, np.bool_)
_TELLS[list(b"{}[],")] = True
_CLOSES: Final = {ord("{"): ord("}"), ord("["): ord("]")}
_LOOK_BACK_BYTES: Final = 256
_MARK: Final = b"\xef\xbb\xbf"


def pieces(
    file: BinaryIO, path: tuple[str, ...], *, several: bool = False
) -> Iterator[Element | Frame]:
    """Elements of the array at `path` below the root, and the text around them.

    `("value",)` is the array under the root's key `value`; `("value", EACH, "Media")` is that
    under `Media` in each element of `value`. Commas and space between elements are in no piece.
    `several`: the file may hold more than one document, one behind the other. Reads from the
    file's start. Raises BrokenOff, at the end or where brackets no longer pair up.
    """
    return _Cutter(path, several=several).pieces(file)


def start_of_array(start: bytes, path: tuple[str, ...]) -> bytes | None:
    """What stands before the array at `path`, from a document's first bytes; None: it is not
    among them."""
    cutter = _Cutter(path, several=False)
    before = b""
    try:
        for piece in cutter.block(start.removeprefix(_MARK)):
            before += piece.raw
            if cutter.met:
                return before
    except BrokenOff:
        pass
    return None


class _Cutter:
    def __init__(self, path: tuple[str, ...], *, several: bool) -> None:
        self._keys = [
            None if key == EACH else re.compile(rb'(?<!\\)"%s"\s*:\s*\Z' % re.escape(key).encode())
            for key in path
        ]
        self._depth_of_elements = len(path) + 1
        self._several = several
        self._strings = _Strings()
        self._depth = 0
        self._stack: list[tuple[int, bool]] = []  # what closes it, and whether it is on the path
        self._base = 0  # where the block begins in the file
        self._held = bytearray()  # text of no piece yet, up to the block
        self._behind = b""  # the last bytes before the block
        self._last = b""  # the last byte before it that is no space
        self._inside = self._any_here = self._too_long = False
        self._roots = self._number = 0
        self.met = False

    def pieces(self, file: BinaryIO) -> Iterator[Element | Frame]:
        file.seek(0)
        first = True
        while block := file.read(BLOCK_BYTES):
            if first and block.startswith(_MARK):
                yield Frame(_MARK)
                self._base, block = len(_MARK), block[len(_MARK) :]
            first = False
            yield from self.block(block)
        yield from self._end()

    def block(self, block: bytes) -> Iterator[Element | Frame]:
        """What one more block brings to its end."""
        done = 0  # up to where the block's text has gone into pieces
        for place, byte, outer in self._events(block):
            if byte == _COMMA:
                if self._inside:
                    yield self._element(block, done, place)
                    done = place + 1
            elif byte in _CLOSES:
                if self._opens(byte, outer, self._before(block, place)):
                    yield self._frame(block, done, place + 1)
                    done = place + 1
            elif self._closes(byte):
                if self._any_here or self._pending(block, done, place):
                    yield self._element(block, done, place)
                self._held.clear()
                self._too_long = self._inside = False
                done = place
        self._keep(block, done)
        if not self._inside and self._held:
            yield Frame(bytes(self._held))
            self._held.clear()
        self._base += len(block)
        self._behind = (self._behind + block)[-_LOOK_BACK_BYTES:]
        self._last = block.rstrip()[-1:] or self._last

    def _events(self, block: bytes) -> list[tuple[int, int, int]]:
        """Place, byte and outer depth of all brackets above elements and commas between them."""
        text = np.frombuffer(block, np.uint8)
        places = self._strings.outside(text, np.flatnonzero(_TELLS[text]))
        bytes_there = text[places]
        steps = _STEP[bytes_there]
        depths = self._depth + np.cumsum(steps, dtype=np.int64)
        outer = depths - (steps > 0)
        if len(depths):
            self._depth = int(depths[-1])
        at = self._depth_of_elements
        ours = ((outer < at) & (steps != 0)) | ((outer == at) & (bytes_there == _COMMA))
        found = np.flatnonzero(ours)
        return list(
            zip(
                places[found].tolist(),
                bytes_there[found].tolist(),
                outer[found].tolist(),
                strict=True,
            )
        )

    def _opens(self, byte: int, outer: int, before: bytes) -> bool:
        """Note an opened bracket; whether elements begin behind it."""
        if outer == 0:
            if self._roots and not self._several:
                raise BrokenOff("there is more text behind the end of the document")
            self._roots += 1
        on_path = self._on_path(byte, outer, before)
        self._stack.append((_CLOSES[byte], on_path))
        self.met |= on_path and outer == 1
        if not on_path or outer + 1 != self._depth_of_elements:
            return False
        self._inside, self._any_here = True, False
        return True

    def _on_path(self, byte: int, outer: int, before: bytes) -> bool:
        if outer == 0:
            return byte == ord("{")
        if not self._stack[-1][1]:
            return False
        # Below the root the path goes key, each, key: an array under a key, an object in it.
        key = self._keys[outer - 1]
        if key is None:
            return byte == ord("{")
        return byte == ord("[") and key.search(before) is not None

    def _closes(self, byte: int) -> bool:
        """Note a closed bracket; whether it ends our elements."""
        if not self._stack or self._stack[-1][0] != byte:
            raise BrokenOff(f"its brackets do not pair up behind record {self._number:,}")
        self._stack.pop()
        return self._inside

    def _element(self, block: bytes, start: int, stop: int) -> Element:
        self._number += 1
        self._any_here = True
        end = self._base + stop + 1
        if not self._held and not self._too_long and stop - start <= LONGEST_BYTES:
            return Element(self._number, end, block[start:stop].strip())
        self._keep(block, start, stop)
        raw = b"" if self._too_long else bytes(self._held).strip()
        refused = TOO_LONG if self._too_long else ""
        self._held.clear()
        self._too_long = False
        return Element(self._number, end, raw, refused)

    def _frame(self, block: bytes, start: int, stop: int) -> Frame:
        raw = bytes(self._held) + block[start:stop]
        self._held.clear()
        return Frame(raw)

    def _pending(self, block: bytes, start: int, stop: int) -> bool:
        return self._too_long or bool(self._held.strip()) or bool(block[start:stop].strip())

    def _keep(self, block: bytes, start: int, stop: int | None = None) -> None:
        """Hold text for later, unless it is of an element that is too long already."""
        more = block[start:stop]
        if self._inside and len(self._held) + len(more) > LONGEST_BYTES:
            self._too_long = True
            self._held.clear()
        elif not self._too_long:
            self._held += more

    def _before(self, block: bytes, place: int) -> bytes:
        if place >= _LOOK_BACK_BYTES:
            return block[place - _LOOK_BACK_BYTES : place]
        return self._behind + block[:place]

    def _end(self) -> Iterator[Element | Frame]:
        behind = f"behind record {self._number:,}" if self._number else "before its first record"
        if self._depth or self._stack or self._strings.open or not self._roots:
            raise BrokenOff(f"it breaks off {behind}")
        if self._last not in {b"}", b"]"}:
            raise BrokenOff("there is more text behind the end of the document")
        if not self.met:
            raise BrokenOff("it does not hold the array that its format has")
        return iter(())


class _Strings:
    """Which places stand outside strings, from block to block."""

    def __init__(self) -> None:
        self.open = False
        self._escaped = False  # the next byte is

    def outside(self, text: Bytes, places: Places) -> Places:
        """Those of the places in this block (rising) that stand in no string."""
        quotes = np.flatnonzero(text == _QUOTE)
        escaped = self._escaped_places(text)
        if len(escaped):
            quotes = quotes[~np.isin(quotes, escaped, assume_unique=True)]
        before = np.searchsorted(quotes, places)
        out: Places = places[(before & 1) == int(self.open)]
        self.open ^= bool(len(quotes) & 1)
        return out

    def _escaped_places(self, text: Bytes) -> Places:
        """Places of bytes behind an odd number of backslashes."""
        slashes = np.flatnonzero(text == _BACKSLASH)
        first_is = self._escaped
        self._escaped = False
        if first_is and len(slashes) and slashes[0] == 0:
            slashes = slashes[1:]
        first = [0] if first_is else []
        if not len(slashes):
            return np.array(first, np.int64)
        new = np.ones(len(slashes), np.bool_)
        new[1:] = slashes[1:] != slashes[:-1] + 1
        starts = np.flatnonzero(new)
        lengths = np.diff(np.append(starts, len(slashes)))
        behind = slashes[starts] + lengths
        odd = behind[lengths % 2 == 1]
        if len(odd) and odd[-1] == len(text):
            self._escaped, odd = True, odd[:-1]
        return np.concatenate([np.array(first, np.int64), odd])

"""A form (`multipart/form-data`, RFC 7578) in pieces, read strictly.

Strictly, because the application's parser reads the same bytes once more: what two parsers could
read in two ways could carry a file past the check. So a body with a boundary in an odd place, a
folded or doubled header, text before or after the parts is refused, though some parsers take it.
No browser and no usual library writes any of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import Enum
from typing import Final, Protocol

MOST_HEAD_BYTES: Final = 8_192
MOST_PARTS: Final = 1_000
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_HEADER: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00\r\n]*?)[ \t]*")
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})
_ONCE: Final = frozenset({"content-disposition", "content-type", "content-transfer-encoding"})


class Malformed(Exception):
    """The body cannot be read in one way only; the text says why."""


class WrongKind(Exception):
    """The body is of a kind whose files cannot be checked; the text says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a part says of itself. `is_file`: it names a file, be it an empty name."""

    name: str
    filename: str | None
    content_type: str
    is_file: bool


@dataclass(frozen=True, slots=True)
class Passing:
    """Bytes that are no content of a file."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Begins:
    """A file begins."""

    head: Head


@dataclass(frozen=True, slots=True)
class Content:
    """The next bytes of that file."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ends:
    """That file is whole."""


Event = Passing | Begins | Content | Ends


class Reader(Protocol):
    """Tells files from the rest of a body. Every byte comes out once, in order."""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Take the next piece. Raises Malformed."""

    def end(self) -> Iterator[Event]:
        """The body is over. Raises Malformed where it broke off."""


class _At(Enum):
    START = 1
    AFTER_BOUNDARY = 2
    HEAD = 3
    FIELD = 4
    FILE = 5
    AFTER_END = 6


class FormReader:
    """Reads one form with this boundary."""

    def __init__(self, boundary: str) -> None:
        self._token = b"--" + boundary.encode("ascii")
        self._buffer = bytearray()
        self._at = _At.START
        self._parts = 0
        self._after_end = b""

    def feed(self, piece: bytes) -> Iterator[Event]:
        self._buffer += piece
        while True:
            before = self._at, len(self._buffer)
            yield from self._step()
            if before == (self._at, len(self._buffer)):
                return

    def end(self) -> Iterator[Event]:
        if self._at is not _At.AFTER_END:
            raise Malformed("the form broke off")
        yield from ()

    def _step(self) -> Iterator[Event]:
        if self._at is _At.START:
            yield from self._start()
        elif self._at is _At.AFTER_BOUNDARY:
            yield from self._after_boundary()
        elif self._at is _At.HEAD:
            yield from self._head()
        elif self._at is _At.AFTER_END:
            self._after_end += self._buffer
            if self._after_end not in {b"", b"\r", b"\r\n"}:
                raise Malformed("something follows the end of the form")
            yield from self._pass(len(self._buffer))
        else:
            yield from self._content()

    def _start(self) -> Iterator[Event]:
        if len(self._buffer) >= len(self._token):
            if not self._buffer.startswith(self._token):
                raise Malformed("the form does not begin with its boundary")
            self._at = _At.AFTER_BOUNDARY
            yield from self._pass(len(self._token))

    def _after_boundary(self) -> Iterator[Event]:
        if len(self._buffer) >= 2:
            following = bytes(self._buffer[:2])
            if following not in {b"\r\n", b"--"}:
                raise Malformed("a boundary stands in an odd place")
            self._at = _At.HEAD if following == b"\r\n" else _At.AFTER_END
            yield from self._pass(2)

    def _head(self) -> Iterator[Event]:
        end = self._buffer.find(b"\r\n\r\n", 0, MOST_HEAD_BYTES)
        if end < 0:
            if len(self._buffer) >= MOST_HEAD_BYTES:
                raise Malformed("the head of a part has no end")
            return
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Malformed("the form has too many parts")
        head = read_head(bytes(self._buffer[:end]))
        self._at = _At.FILE if head.is_file else _At.FIELD
        yield from self._pass(end + 4)
        if head.is_file:
            yield Begins(head)

    def _content(self) -> Iterator[Event]:
        found = self._buffer.find(self._token)
        # What may be the beginning of a boundary, or of the line end before it, stays back.
        whole = max(0, len(self._buffer) - len(self._token) - 1) if found < 0 else found - 2
        if found >= 0 and (found < 2 or self._buffer[found - 2 : found] != b"\r\n"):
            raise Malformed("a boundary stands in an odd place")
        if whole:
            data = self._cut(whole)
            yield Content(data) if self._at is _At.FILE else Passing(data)
        if found >= 0:
            if self._at is _At.FILE:
                yield Ends()
            self._at = _At.AFTER_BOUNDARY
            yield from self._pass(2 + len(self._token))

    def _cut(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data

    def _pass(self, length: int) -> Iterator[Event]:
        if length:
            yield Passing(self._cut(length))


class RawReader:
    """A body that is one file and nothing else."""

    def __init__(self, content_type: str) -> None:
        self._head: Head | None = Head("", None, content_type, is_file=True)

    def feed(self, piece: bytes) -> Iterator[Event]:
        if self._head is not None and piece:
            yield Begins(self._head)
            self._head = None
        if piece:
            yield Content(piece)

    def end(self) -> Iterator[Event]:
        if self._head is None:
            yield Ends()


def boundary_of(content_type: str) -> str:
    """The boundary of a form. Raises Malformed, and WrongKind for another `multipart` than that."""
    media_type, *rest = content_type.split(";")
    if media_type.strip().lower() != "multipart/form-data":
        raise WrongKind("of the kinds of multipart, only forms can be checked")
    if sum("boundary" in one.lower() for one in rest) != 1:
        raise Malformed("a form has one boundary")
    found = _message(b"content-type: " + content_type.encode("latin-1")).get_param("boundary")
    if not (isinstance(found, str) and _BOUNDARY.fullmatch(found)):
        raise Malformed("this is no boundary")
    return found


def read_head(raw: bytes) -> Head:
    """The head of a part. Raises Malformed, and WrongKind for one whose content is written as
    text (RFC 7578, 4.7, deprecates that; some parsers still decode it)."""
    fields: dict[str, str] = {}
    for line in raw.split(b"\r\n"):
        match = _HEADER.fullmatch(line)
        if match is None:
            raise Malformed("a header of a part is none")
        name = match[1].decode("ascii").lower()
        if name in fields and name in _ONCE:
            raise Malformed("a header of a part stands there twice")
        fields[name] = match[2].decode("utf-8", "replace")
    if fields.get("content-transfer-encoding", "").lower() not in _PLAIN:
        raise WrongKind("a file is sent as it is, not written as text")
    content_type = fields.get("content-type", "")
    if content_type.lower().startswith("multipart/"):
        raise WrongKind("a part that holds parts cannot be checked")
    return _head_of(fields.get("content-disposition", ""), content_type)


def _head_of(disposition: str, content_type: str) -> Head:
    # What only looks like a file name is one: the application's parser may take it so.
    is_file = "filename" in disposition.lower()
    message = _message(b"content-disposition: " + disposition.encode("utf-8", "replace"))
    name = message.get_param("name", header="content-disposition")
    return Head(
        name=name if isinstance(name, str) else "",
        filename=message.get_filename("") if is_file else None,
        content_type=content_type,
        is_file=is_file,
    )


def _message(header: bytes) -> Message:
    message = Message()
    name, _, value = header.decode("utf-8", "replace").partition(": ")
    message[name] = value
    return message

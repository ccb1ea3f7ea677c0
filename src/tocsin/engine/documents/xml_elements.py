"""Cuts an XML document of any size into its records, with nothing in it that expands.

A document type (and with it every entity of the document's own), an encoding other than UTF-8,
and a tag longer than a record may be are refused; what is nested too deep or carries too many
attributes costs the record it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO, Final
from xml.parsers import expat

from tocsin.engine.documents.types import (
    LONGEST_BYTES,
    TOO_LONG,
    BrokenOff,
    Element,
    Frame,
)

_BLOCK_BYTES: Final = 1 << 16
_DEPTH_OF_ELEMENTS: Final = 2
_DEEPEST: Final = 16
_MOST_ATTRIBUTES: Final = 16
_LONGEST_TAG_BYTES: Final = LONGEST_BYTES
_QUOTED: Final = re.compile(rb""" "[^"]*" | '[^']*' """, re.VERBOSE)
_MARK: Final = b"\xef\xbb\xbf"
TOO_DEEP: Final = f"it is nested more than {_DEEPEST} deep"
TOO_MANY: Final = f"an element in it has more than {_MOST_ATTRIBUTES} attributes"


class UnsafeDocument(Exception):
    """The document asks for something that none of ours has; the text says what."""


def parser_without_surprises() -> expat.XMLParserType:
    """A parser that reads UTF-8 only and refuses document types; raises UnsafeDocument in use."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.ExternalEntityRefHandler = _refuse_doctype
    parser.XmlDeclHandler = _check_encoding
    return parser


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def root_of(start: bytes) -> tuple[str, Mapping[str, str]] | None:
    """Name and attributes of the root from a document's first bytes; None: it is not there.

    Raises UnsafeDocument.
    """
    found: list[tuple[str, Mapping[str, str]]] = []
    parser = parser_without_surprises()
    parser.StartElementHandler = lambda name, attributes: found.append((name, attributes))
    with suppress(expat.ExpatError):
        parser.Parse(start.removeprefix(_MARK), False)
    return found[0] if found else None


def pieces(file: BinaryIO, *, within: frozenset[str]) -> Iterator[Element | Frame]:
    """The children of those children of the root that have one of these names (without prefix),
    and the text between them.

    Reads from the file's start. Raises BrokenOff where the document breaks off, is not
    well-formed, or asks for what none of ours has.
    """
    return _Cutter(within).pieces(file)


class _Cutter:
    def __init__(self, within: frozenset[str]) -> None:
        self._within = within
        self._depth = self._number = 0
        self._held = bytearray()
        self._base = 0  # where what is held begins in the file
        self._start: int | None = None  # of the element we are in
        self._refused = ""
        self._ours = False  # we are in one of those children
        self._bare = False  # no element has begun in it
        self._ready: list[Element | Frame] = []
        self._parser = parser_without_surprises()
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed

    def pieces(self, file: BinaryIO) -> Iterator[Element | Frame]:
        file.seek(0)
        fed = 0
        while block := file.read(_BLOCK_BYTES):
            self._held += block
            fed += len(block)
            yield from self._feed(block, last=False)
            if fed - self._parser.CurrentByteIndex > _LONGEST_TAG_BYTES + _BLOCK_BYTES:
                raise BrokenOff(f"a tag {self._where()} is longer than a record may be")
            self._forget(fed)
        yield from self._feed(b"", last=True)
        if self._held:
            yield Frame(bytes(self._held))

    def _feed(self, block: bytes, *, last: bool) -> Iterator[Element | Frame]:
        broken = None
        try:
            self._parser.Parse(block, last)
        except expat.ExpatError as error:
            words = expat.errors.messages.get(error.code, "")
            broken = f"it breaks off or is not well-formed {self._where()} ({words})"
        except UnsafeDocument as why:
            broken = str(why)
        yield from self._ready
        self._ready.clear()
        if broken:
            raise BrokenOff(broken)

    def _opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._depth == 1:
            self._ours = local(name) in self._within
        if self._depth == _DEPTH_OF_ELEMENTS and self._ours:
            start = self._parser.CurrentByteIndex
            self._take(start, as_frame=True)
            self._start, self._refused, self._bare = start, "", True
        else:
            self._bare = False
        self._depth += 1
        if self._depth - _DEPTH_OF_ELEMENTS > _DEEPEST:
            self._refused = self._refused or TOO_DEEP
        if len(attributes) > _MOST_ATTRIBUTES:
            self._refused = self._refused or TOO_MANY

    def _closed(self, _: str) -> None:
        self._depth -= 1
        if self._depth != _DEPTH_OF_ELEMENTS or self._start is None:
            return
        end = self._behind_tag()
        self._number += 1
        if end - self._start > LONGEST_BYTES:
            self._refused = TOO_LONG
        raw = self._take(end, as_frame=False)
        self._ready.append(Element(self._number, end, b"" if self._refused else raw, self._refused))
        self._start = None

    def _behind_tag(self) -> int:
        """The byte behind the tag that ends our element: the parser tells where that tag begins,
        but of one like `<e/>` where it has ended."""
        tag = self._parser.CurrentByteIndex - self._base
        if self._bare and self._held[max(tag - 2, 0) : tag] == b"/>":
            # Text may end like that too; then there is the end of a tag before it.
            tags_end = _QUOTED.sub(b"", bytes(self._held[:tag])).count(b">")
            if tags_end == 1:
                return self._base + tag
        # A tag that has closed is in what is held, or the parser would not have told of it.
        return self._base + self._held.index(b">", max(tag, 0)) + 1

    def _take(self, stop: int, *, as_frame: bool) -> bytes:
        """What is held up to byte `stop` of the file."""
        raw = bytes(self._held[: stop - self._base])
        del self._held[: stop - self._base]
        self._base = stop
        if as_frame and raw:
            self._ready.append(Frame(raw))
        return raw

    def _forget(self, fed: int) -> None:
        """Let go of the text of an element that is too long anyway, but for the last of it."""
        if self._start is not None and fed - self._start > LONGEST_BYTES + _BLOCK_BYTES:
            seen = self._parser.CurrentByteIndex - self._base
            del self._held[: max(seen, 0)]
            self._base += max(seen, 0)

    def _where(self) -> str:
        return f"behind record {self._number:,}" if self._number else "before its first record"


def _refuse_doctype(*_: object) -> int:
    raise UnsafeDocument("it has a document type or entities of its own, which no list needs")


def _check_encoding(_: str, encoding: str | None, __: int) -> None:
    if (encoding or "utf-8").lower() not in {"utf-8", "us-ascii", "ascii"}:
        raise UnsafeDocument("it is not in UTF-8")

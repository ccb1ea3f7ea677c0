"""Pictures written as text in a document: `data:` URIs (RFC 2397) in HTML, SVG, CSS, JSON.

The document itself is never rendered. It is searched as bytes, so that it need not be well formed:
first all that a browser would undo before it reads an address is undone everywhere, then every
`data:` is looked at, whatever stands before it and whatever type it names, since browsers go by the
first bytes of a picture. Source: WHATWG, "Fetch", `data:` URLs, and "URL", basic parser.
"""

import base64
import binascii
import html
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from tocsin.engine.media.headers import kind_of

_DEEPEST: Final = 2
"""A picture in an SVG that is itself written as text in a page."""
_MOST_READ_AGAIN: Final = 4
"""Texts without an end of their own may lie in one another; together they are read so many times
the document's length."""
_AT_LEAST_READ: Final = 1 << 20
_FIRST_LETTERS: Final = 64
_LETTERS_OF_BRANDS: Final = 2048  # of an AVIF or HEIC file, where its first box lists them
_MOST_SPACES: Final = 8

_SCHEME: Final = b"data:"
_SAYS_BASE64: Final = re.compile(rb";\s*base64\s*(?:;|$)", re.IGNORECASE)
_BASE64_RUN: Final = re.compile(rb"[A-Za-z0-9+/=_%\s-]*")
_END_OF_QUOTE: Final = {b'"': b'"', b"'": b"'", b"`": b"`", b"(": b")"}
_UNQUOTED_END: Final = re.compile(rb"[\s\"'`<>)]")

_NO_LETTER: Final = re.compile(rb"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
# A letter by its number in JSON and JavaScript, or in CSS; of the latter also what ends a line.
_NUMBERED: Final = re.compile(
    rb"\\{1,8}(?:u00([0-9a-fA-F]{2})|u\{0{0,6}([0-9a-fA-F]{2})\}|x([0-9a-fA-F]{2})"
    rb"|0{0,5}([2-7][0-9a-fA-F]|[9aAdD])(?![0-9a-fA-F])[ \t\r\n\f]?)"
)
_WRITTEN_LINE_ENDS: Final = (rb"\n", rb"\r", rb"\t")
# Browsers take ends of lines and tabs out of every address; noughts are what UTF-16 adds.
_LEFT_OUT: Final = b"\0\t\n\r\\"
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NO_BASE64: Final = bytes(sorted(set(range(256)) - set(_ALPHABET)))
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def pictures_in(document: bytes, most: int) -> tuple[list[bytes], bool]:
    """The different files written in a document, in order, and whether those are all.

    At most `most` are taken; texts that are no picture we know of are searched in turn.
    """
    search = _Search(most, _AT_LEAST_READ + _MOST_READ_AGAIN * len(document))
    search.through(document)
    return list(search.found), search.all_there


@dataclass(slots=True)
class _Search:
    """What was found in a document so far, and how much may still be read."""

    most: int
    left_bytes: int
    # In order, as dictionaries are.
    found: dict[bytes, None] = field(default_factory=dict)
    pending: deque[tuple[bytes, int]] = field(default_factory=deque)
    all_there: bool = True

    def through(self, document: bytes) -> None:
        self.pending.append((document, 1))
        while self.pending:
            text, depth = self.pending.popleft()
            for file in self._written_in(_plain(text), depth):
                if kind_of(file) is None:
                    self.pending.append((file, depth + 1))
                elif file not in self.found:
                    if len(self.found) == self.most:
                        self.all_there = False
                        return
                    self.found[file] = None

    def _written_in(self, text: bytes, depth: int) -> Iterator[bytes]:
        """The files of a text, and at the upper depths what else is written there.

        Goes on right behind each comma, unless a body in base64 followed it, since what looked like
        a beginning may be none; every letter is passed over once.
        """
        lower = text.lower()
        at = 0
        while (first := lower.find(_SCHEME, at)) >= 0 and (comma := text.find(b",", first)) >= 0:
            # Of several before one comma the last is what all of them come to.
            start = lower.rfind(_SCHEME, first, comma)
            at = comma + 1
            if _SAYS_BASE64.search(text[start:comma]):
                body = text[at : _end_of_base64(text, at)]
                file = _from_base64(body)
                # Its last letters may be the next one's beginning.
                at = max(at, at + len(body) - len(_SCHEME) + 1)
            else:
                file = self._from_percent(text, start, at, depth)
            if file and (depth < _DEEPEST or kind_of(file)):
                yield file

    def _from_percent(self, text: bytes, start: int, begin: int, depth: int) -> bytes:
        """What is written there with percent signs, where it is a picture or hides a text."""
        if not _begins_a_picture(text, begin) and (depth >= _DEEPEST or b"%" not in text):
            return b""  # in plain letters: what is written in it is found as the search goes on
        limit = min(len(text), begin + self.left_bytes)
        end = _end_of_quoted(text, start, begin, limit)
        self.left_bytes -= end - begin
        if end == limit < len(text):
            self.all_there = False
            return b""
        return unquote_to_bytes(text[begin:end])


def _plain(document: bytes) -> bytes:
    """The document with every letter as itself: entities, escapes and encodings undone, and
    without what browsers leave out of addresses."""
    text = _as_bytes(document)
    if b"&" in text:
        # Python reads no number of thousands of digits, and no letter has one.
        text = _NO_LETTER.sub(b"?", text)
        text = html.unescape(text.decode("latin-1")).encode("latin-1", "replace")
    if b"\\" in text:
        text = _NUMBERED.sub(_letter, text)
        for line_end in _WRITTEN_LINE_ENDS:
            text = text.replace(line_end, b"")
    return text.translate(None, _LEFT_OUT)


def _as_bytes(document: bytes) -> bytes:
    """UTF-16 becomes one byte a letter, as far as a data URI has letters."""
    if document[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return document.decode("utf-16", "replace").encode("ascii", "replace")
    return document


def _letter(escaped: re.Match[bytes]) -> bytes:
    return bytes([int(next(filter(None, escaped.groups())), 16)])


def _end_of_base64(text: bytes, begin: int) -> int:
    run = _BASE64_RUN.match(text, begin)
    return run.end() if run else begin


def _end_of_quoted(text: bytes, start: int, begin: int, limit: int) -> int:
    """Where a body ends that began with the quote before `start`, or with none."""
    before = text[max(0, start - _MOST_SPACES) : start].rstrip()[-1:]
    if quote := _END_OF_QUOTE.get(before):
        at = text.find(quote, begin, limit)
    else:
        end = _UNQUOTED_END.search(text, begin, limit)
        at = end.start() if end else -1
    return limit if at < 0 else at


def _begins_a_picture(text: bytes, begin: int) -> bool:
    first = unquote_to_bytes(text[begin : begin + _FIRST_LETTERS])
    if first[4:8] == b"ftyp":
        first = unquote_to_bytes(text[begin : begin + _LETTERS_OF_BRANDS])
    return kind_of(first) is not None


def _from_base64(body: bytes) -> bytes:
    """What the letters say, with or without padding, in either alphabet; the rest is skipped."""
    if b"%" in body:
        body = unquote_to_bytes(body)
    letters = body.translate(_URL_SAFE).translate(None, _NO_BASE64).partition(b"=")[0]
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""

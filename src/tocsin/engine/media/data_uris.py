"""Pictures written as text in a document: `data:image/...` (RFC 2397) in HTML, SVG, CSS, JSON.

The document itself is never rendered. It is searched as bytes, so that it need not be well formed.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from tocsin.engine.media.headers import kind_of

_DEEPEST: Final = 2
"""A picture in an SVG that is itself written as text in a page."""

_HEAD: Final = re.compile(
    rb"""(?P<quote>\\?["'`(]|&quot;|&\#39;)?data:image\\?/[a-z0-9.+-]{1,40}"""
    rb"""(?:;[a-z0-9.+=_"-]{1,80}){0,4}?(?P<base64>;\s{0,4}base64)?\s{0,4},""",
    re.IGNORECASE,
)
_ENDS: Final = {
    b'"': re.compile(rb'"'),
    b"'": re.compile(rb"'"),
    b"`": re.compile(rb"`"),
    b"(": re.compile(rb"\)"),
    b'\\"': re.compile(rb'\\"'),
    b"\\'": re.compile(rb"\\'"),
    b"&quot;": re.compile(rb"&quot;"),
    b"&#39;": re.compile(rb"&#39;"),
}
_UNQUOTED_END: Final = re.compile(rb"[\s\"'`<>)]")
# What JavaScript and JSON write for a character: a slash, a line break, or its number.
_ESCAPED: Final = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|x([0-9a-fA-F]{2})|[nrt]|(.))", re.DOTALL)
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NO_BASE64: Final = bytes(sorted(set(range(256)) - set(_ALPHABET)))
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def pictures_in(document: bytes, most: int) -> tuple[list[bytes], bool]:
    """The files written in a document, in order, and whether those are all.

    At most `most` are taken; those that are no picture we know of are left out, and SVG pictures
    among them are searched in turn.
    """
    found: list[bytes] = []
    looked_at = 0
    pending = [(_as_bytes(document), 1)]
    while pending:
        text, depth = pending.pop(0)
        for file in _files_in(text):
            if looked_at == most:
                return found, False
            looked_at += 1
            if kind_of(file):
                found.append(file)
            elif depth < _DEEPEST:
                pending.append((file, depth + 1))
    return found, True


def _as_bytes(document: bytes) -> bytes:
    """UTF-16 becomes one byte a letter, as far as a data URI has letters."""
    if document[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return document.decode("utf-16", "replace").encode("ascii", "replace")
    return document


_NO_LETTER: Final = re.compile(rb"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")


def _files_in(text: bytes) -> Iterator[bytes]:
    at = 0
    while head := _HEAD.search(text, at):
        end = _ENDS.get(head["quote"] or b"", _UNQUOTED_END).search(text, head.end())
        at = end.start() if end else len(text)
        body = _unescaped(text[head.end() : at])
        yield _from_base64(body) if head["base64"] else unquote_to_bytes(body)


def _unescaped(body: bytes) -> bytes:
    if b"\\" in body:
        body = _ESCAPED.sub(_character, body)
    if b"&" in body:
        # Python reads no number of thousands of digits, and no letter has one.
        body = _NO_LETTER.sub(b"?", body)
        body = html.unescape(body.decode("latin-1")).encode("latin-1", "replace")
    return body


def _character(escaped: re.Match[bytes]) -> bytes:
    number = escaped[1] or escaped[2]
    return bytes([int(number, 16)]) if number else escaped[3] or b"\n"


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

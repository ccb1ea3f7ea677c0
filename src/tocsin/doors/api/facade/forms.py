"""One file out of a form (`multipart/form-data`, RFC 7578), in memory only.

Not the standard library's reader: it decodes the body as text and so changes the file's bytes.
"""

from __future__ import annotations

import re
from email.message import Message
from typing import Final

from tocsin.doors.api.http import Refused

MOST_PARTS: Final = 20
_MOST_HEADER_BYTES: Final = 16_384
_BOUNDARY: Final = re.compile(r"\A[0-9a-zA-Z'()+_,./:=? -]{0,69}[0-9a-zA-Z'()+_,./:=?-]\Z")


def the_one_file(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The name of the field and the bytes of the only file; raises Refused 400."""
    files = [part for part in _parts(body, _boundary(content_type)) if part is not None]
    if len(files) != 1:
        raise _wrong("Send exactly one file in the form.")
    return files[0]


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        raise _wrong("Send a form (multipart/form-data) with one file.")
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not _BOUNDARY.match(boundary):
        raise _wrong("The form has no boundary.")
    return boundary.encode("ascii")


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bytes] | None]:
    """Each part: a file's field and bytes, or None for a field that is no file."""
    # What stands before the first boundary is ignored; the first may begin the body.
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) > MOST_PARTS + 2:
        raise _wrong(f"A form may have at most {MOST_PARTS} parts.")
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        # Cut short: the last file may be half of one, and half a file is on no list.
        raise _wrong("The form is cut short.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, bytes] | None:
    after_boundary, line_end, rest = piece.partition(b"\r\n")
    head, gap, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if after_boundary.strip(b" \t") or not line_end or not gap or len(head) > _MOST_HEADER_BYTES:
        raise _wrong("A part of the form has no readable head.")
    header = Message()
    header["content-disposition"] = _disposition(head)
    name = header.get_param("name", header="content-disposition")
    if header.get_filename() is None:
        return None
    return (name if isinstance(name, str) else ""), content


def _disposition(head: bytes) -> str:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return value.strip().decode("utf-8", "replace")
    return ""


def _wrong(words: str) -> Refused:
    return Refused(400, "wrong_form", words)

"""Forms with drawn pictures in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.doors.api.test_media import landscape

LISTED = landscape(seed=1)
NEAR = landscape(seed=2)
FREE = landscape(seed=3)
BOUNDARY = "----WebKitFormBoundaryx7"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; a file when it has a file name."""

    name: str
    content: bytes
    filename: str | None = None
    more: str = ""


def form(*parts: Part, boundary: str = BOUNDARY) -> bytes:
    """The body, as browsers write it."""
    written = b""
    for part in parts:
        named = "" if part.filename is None else f'; filename="{part.filename}"'
        head = f'Content-Disposition: form-data; name="{part.name}"{named}\r\n{part.more}'
        if part.filename is not None and "Content-Type" not in part.more:
            head += "Content-Type: image/png\r\n"
        written += f"--{boundary}\r\n{head}\r\n".encode() + part.content + b"\r\n"
    return written + f"--{boundary}--\r\n".encode()


def photo(content: bytes, name: str = "photo") -> Part:
    return Part(name, content, "IMG_1.png")


def cut(body: bytes, size: int) -> Sequence[bytes]:
    """The same in pieces."""
    return [body[start : start + size] for start in range(0, len(body), size)]

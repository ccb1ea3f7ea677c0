"""What files a message carries: its body, unpacked, or each file in the form that it is."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Final

from tocsin.doors.gates.icap.messages import HttpHead
from tocsin.doors.gates.rules import Unreadable, is_words
from tocsin.engine.fingerprints import Status

MOST_PARTS: Final = 500
_STEP: Final = 1 << 18
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_MOST_PART_HEAD: Final = 1 << 14
_PIECE_TYPES: Final = frozenset({"application/offset+octet-stream", "application/partial-upload"})


@dataclass(frozen=True, slots=True)
class Content:
    """How to read a body. `boundary` is that of a form; `is_whole` is False for a piece of a
    file; `packing` is how it was packed on its way."""

    packing: str
    boundary: bytes | None
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One file in a form: where its bytes lie, whether they are written as base64, and whether it
    says of itself that it is a file: what does not may be cut otherwise by who reads it next."""

    start: int
    end: int
    is_base64: bool
    is_declared: bool


def content_of(head: HttpHead) -> Content:
    """What the head of a message says of its body; raises Unreadable.

    Where it says two things at once, whoever reads the message after us may believe the other.
    """
    packing = _only(head, "content-encoding").lower()
    if packing not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise Unreadable(Status.UNSUPPORTED)
    kind, boundary = _type_and_boundary(_only(head, "content-type"))
    is_piece = head.status == 206 or bool(head.all_of("content-range")) or kind in _PIECE_TYPES
    if not kind.startswith("multipart/"):
        return Content(packing, None, is_whole=not is_piece)
    if is_piece:
        raise Unreadable(Status.PARTIAL)
    if not (0 < len(boundary) <= 200 and boundary.isascii() and boundary.isprintable()):
        raise Unreadable(Status.CORRUPT)
    return Content(packing, boundary.encode("ascii"), is_whole=True)


def _type_and_boundary(value: str) -> tuple[str, str]:
    if value.lower().count("boundary") > 1:
        raise Unreadable(Status.CORRUPT)  # which of them counts, readers do not agree on
    told = Message()
    try:
        told["content-type"] = value
        return told.get_content_type(), told.get_boundary() or ""
    except (ValueError, LookupError, TypeError):
        raise Unreadable(Status.CORRUPT) from None


def unpacked(packed: bytes) -> Iterator[bytes]:
    """The body as it was before it was packed, piece by piece; raises Unreadable."""
    rest = packed
    while rest:
        unpacker = _unpacker(rest)
        try:
            piece = unpacker.decompress(rest, _STEP)
            while piece or unpacker.unconsumed_tail:
                yield piece
                piece = unpacker.decompress(unpacker.unconsumed_tail, _STEP)
        except zlib.error:
            raise Unreadable(Status.CORRUPT) from None
        if not unpacker.eof:
            raise Unreadable(Status.CORRUPT)
        # A gzip file may be several, one behind the other.
        rest = unpacker.unused_data


def _unpacker(packed: bytes) -> zlib._Decompress:
    # `deflate` is zlib's form by the standard, and bare in practice with some servers.
    bare = packed[:1] not in {b"\x1f"} and (packed[0] & 0x0F != 8 or _check_of(packed) % 31)
    return zlib.decompressobj(-zlib.MAX_WBITS if bare else _GZIP_OR_ZLIB)


def _check_of(packed: bytes) -> int:
    return int.from_bytes(packed[:2].ljust(2, b"\0"), "big")


def parts_of(body: bytes, boundary: bytes) -> list[Part]:
    """Every file in a form (RFC 7578): not its empty ones, and no plain words that were typed in.

    Raises Unreadable for a form that another reader may cut otherwise.
    """
    parts = []
    for start, end in _cut(body, b"--" + boundary):
        head_end = 0 if body.startswith(b"\r\n", start) else body.find(b"\r\n\r\n", start, end)
        if head_end < 0 or head_end - start > _MOST_PART_HEAD:
            raise Unreadable(Status.CORRUPT)
        head = _part_head(body[start:head_end]) if head_end else {}
        begins = head_end + 4 if head_end else start + 2
        if begins >= end:
            continue
        is_declared = _says_it_is_a_file(head)
        if is_declared or not is_words(body[begins:end]):
            parts.append(Part(begins, end, _is_base64(head), is_declared))
    return parts


def _cut(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Where each part begins and ends, heads and all."""
    start, at, count = None, body.find(delimiter), 0
    if at < 0:
        raise Unreadable(Status.CORRUPT)
    while at >= 0:
        if at and body[at - 2 : at] != b"\r\n":
            raise Unreadable(Status.CORRUPT)
        count += 1
        if start is not None:
            if at - 2 < start:
                raise Unreadable(Status.CORRUPT)
            yield start, at - 2
        behind = at + len(delimiter)
        if body.startswith(b"--", behind):
            if body.find(delimiter, behind) >= 0:
                break
            return
        line_end = body.find(b"\r\n", behind, behind + 80)
        if line_end < 0 or body[behind:line_end].strip(b" \t") or count > MOST_PARTS:
            break
        start = line_end + 2
        at = body.find(delimiter, line_end)
    raise Unreadable(Status.CORRUPT)


def _part_head(block: bytes) -> dict[str, str]:
    head: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() in head:
            raise Unreadable(Status.CORRUPT)
        head[name.strip().lower()] = value.strip()
    return head


def _says_it_is_a_file(head: dict[str, str]) -> bool:
    kind = head.get("content-type", "text/plain").lower()
    if kind.startswith("multipart/"):
        raise Unreadable(Status.CORRUPT)
    return "filename" in head.get("content-disposition", "").lower() or kind[:5] != "text/"


def _is_base64(head: dict[str, str]) -> bool:
    encoding = head.get("content-transfer-encoding", "binary").lower()
    if encoding in {"binary", "7bit", "8bit"}:
        return False
    if encoding != "base64":
        raise Unreadable(Status.UNSUPPORTED)
    return True


def from_base64(data: bytes) -> bytes:
    """Raises Unreadable for anything else: some servers take such a part as it stands."""
    try:
        return binascii.a2b_base64(b"".join(data.split()), strict_mode=True)
    except binascii.Error:
        raise Unreadable(Status.CORRUPT) from None


def _only(head: HttpHead, name: str) -> str:
    values = set(head.all_of(name))
    if len(values) > 1:
        raise Unreadable(Status.CORRUPT)
    return values.pop() if values else ""

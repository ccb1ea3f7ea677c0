"""Reading a body without letting it fill the memory."""

import zlib
from collections.abc import Iterable

from tocsin.base.egress.refusals import TooLarge, UnreadableAnswer

_PLAIN = frozenset({"", "identity"})
_ZLIB = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_ZLIB_HEADER = 32 + zlib.MAX_WBITS


def read_body(chunks: Iterable[bytes], *, encoding: str, max_bytes: int) -> bytes:
    """Put the ``chunks`` together, unpacked where ``encoding`` (Content-Encoding) says so.

    We ask for plain bytes, but some servers pack without being asked; gzip and deflate are undone.
    The limit holds for what is sent and for what it unpacks to, and is looked at before memory is
    taken. Raises ``TooLarge`` or ``UnreadableAnswer``.
    """
    packing = encoding.strip().lower()
    if packing in _PLAIN:
        return _joined(chunks, max_bytes)
    if packing in _ZLIB:
        return _unpacked(_joined(chunks, max_bytes), max_bytes)
    raise UnreadableAnswer("encoding")


def _joined(chunks: Iterable[bytes], max_bytes: int) -> bytes:
    kept: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge("as_sent")
        kept.append(chunk)
    return b"".join(kept)


def _unpacked(packed: bytes, max_bytes: int) -> bytes:
    if not packed:  # the answer to HEAD, or 304
        return b""
    unpacker = zlib.decompressobj(_ANY_ZLIB_HEADER)
    try:
        plain = unpacker.decompress(packed, max_bytes + 1)
    except zlib.error:
        raise UnreadableAnswer("broken") from None
    if len(plain) > max_bytes:
        raise TooLarge("unpacked")
    # A part of a picture has another fingerprint than the picture: rather nothing than that.
    if not unpacker.eof or unpacker.unused_data:
        raise UnreadableAnswer("incomplete")
    return plain

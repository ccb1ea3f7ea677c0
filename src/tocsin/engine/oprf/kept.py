"""What goes into the function for a digest of a file, and how much of what comes out is kept."""

from __future__ import annotations

from typing import Final

PROTOCOL: Final = b"tocsin/delta/1"
KEPT_BYTES: Final = 12
"""Of 64. See `false_matches`; a false one costs one question, never a wrong answer."""

_WIDTHS: Final = {"md5": 16, "sha1": 20, "sha256": 32}


def digest_input(kind: str, digest: bytes) -> bytes:
    """The input for a digest: an MD5 never meets a SHA. Raises ValueError for another kind or
    length."""
    if _WIDTHS.get(kind) != len(digest):
        raise ValueError("an md5 has 16 bytes, a sha1 20, a sha256 32; others are not compared")
    return PROTOCOL + b":" + kind.encode("ascii") + b":" + digest


def kept_output(output: bytes) -> bytes:
    """The first `KEPT_BYTES` of an output."""
    return output[:KEPT_BYTES]


def false_matches(digests: int, listed: int) -> float:
    """How many of so many digests are expected to meet so many others by chance.

    For 3 million digests (a million files) and 30 million entries: 1e14 / 2**96, about 1e-15.
    """
    return digests * listed / 2.0 ** (8 * KEPT_BYTES)

"""Digests of a file's bytes."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Digests:
    """MD5 (16 bytes), SHA-1 (20) and SHA-256 (32) of the same bytes."""

    md5: bytes
    sha1: bytes
    sha256: bytes


def digests_of(data: bytes) -> Digests:
    """All three digests of `data`; releases the interpreter lock while it works.

    MD5 and SHA-1 are what lists exchange; nothing here relies on them being hard to forge.
    """
    return Digests(
        md5=hashlib.md5(data, usedforsecurity=False).digest(),
        sha1=hashlib.sha1(data, usedforsecurity=False).digest(),
        sha256=hashlib.sha256(data).digest(),
    )

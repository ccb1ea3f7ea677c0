"""From a file to its fingerprints; its bytes stay in memory."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import replace

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.media import DEFAULT_OPTIONS, MediaOptions
from tocsin.site.checking.types import File, Looked, Trouble

_PIECE_BYTES = 1 << 20
# A name may have become a pipe or a link since it was met: neither wait for one nor follow it.
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY

Fingerprint = Callable[[bytes, MediaOptions], Fingerprints]


def look_at(
    file: File, fingerprint: Fingerprint | None, options: MediaOptions = DEFAULT_OPTIONS
) -> Looked | Trouble:
    """Read a file and take its fingerprints with `fingerprint` (that of a `DecoderPool`), or
    its digests alone without it.

    One larger than `options` let anything be is never held in memory: it gets its digests, piece by
    piece, and the status `too_large`.
    """
    try:
        descriptor = os.open(file.path, _OPEN)
    except OSError as error:
        return Trouble(file.path, file.root, _words(error))
    with os.fdopen(descriptor, "rb", buffering=0) as opened:
        try:
            told = os.fstat(descriptor)
            if not stat.S_ISREG(told.st_mode):
                return Trouble(file.path, file.root, "is no longer a file")
            data = None if fingerprint is None else _read(descriptor, _most_bytes(options))
            if fingerprint is not None and data is not None:
                found = fingerprint(data, options)
            else:
                status = Status.OK if fingerprint is None else Status.TOO_LARGE
                found = _digests(opened.fileno(), status)
        except OSError as error:
            return Trouble(file.path, file.root, _words(error))
    return Looked(replace(file, size_bytes=told.st_size, modified_ns=told.st_mtime_ns), found)


def _most_bytes(options: MediaOptions) -> int:
    """A film may be larger than a picture."""
    films = options.max_video_bytes if options.video is not None else 0
    return max(options.max_bytes, films)


def _read(descriptor: int, most: int) -> bytes | None:
    """The whole file, or None when it is larger than `most` bytes."""
    got = bytearray()
    while piece := os.read(descriptor, _PIECE_BYTES):
        got += piece
        if len(got) > most:
            return None
    return bytes(got)


def _digests(descriptor: int, status: Status) -> Fingerprints:
    os.lseek(descriptor, 0, os.SEEK_SET)
    md5 = hashlib.md5(usedforsecurity=False)
    sha1 = hashlib.sha1(usedforsecurity=False)
    sha256 = hashlib.sha256()
    size = 0
    while piece := os.read(descriptor, _PIECE_BYTES):
        size += len(piece)
        for digest in (md5, sha1, sha256):
            digest.update(piece)
    return Fingerprints(
        status=status,
        size_bytes=size,
        md5=md5.digest(),
        sha1=sha1.digest(),
        sha256=sha256.digest(),
    )


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()

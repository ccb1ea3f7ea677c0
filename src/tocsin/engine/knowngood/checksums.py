"""Checksums as wordpress.org publishes them: of a release (MD5), and of a plugin (MD5 and SHA-256).

A release: `{"checksums": {"wp-admin/images/logo.png": "…"}}`, or the same below its version. A
plugin: `{"files": {"images/logo.png": {"md5": "…", "sha256": "…"}}}`, where a file that came in two
forms has a list of either. Themes of others have none; those that come with a release are in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Row = tuple[bytes | None, bytes | None]
"""An MD5 and a SHA-256 of one file, as far as they are given."""

MOST_BYTES: Final = 16 << 20
_MD5_BYTES, _SHA256_BYTES = 16, 32


class NotChecksums(Exception):
    """The document is none of these; the text says why, and quotes nothing of it."""


def rows_of(document: bytes) -> tuple[list[Row], int]:
    """Its files, and how many lines could not be read. Raises NotChecksums."""
    if len(document) > MOST_BYTES:
        raise NotChecksums(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        told = msgspec.json.decode(document)
    except (msgspec.DecodeError, RecursionError):
        raise NotChecksums("it is no JSON, or stops before its end") from None
    if not isinstance(told, dict):
        raise NotChecksums("it holds no checksums")
    if isinstance(files := told.get("files"), dict):
        return _counted(_of_plugin(files))
    if isinstance(files := told.get("checksums"), dict):
        nested = [one for one in files.values() if isinstance(one, dict)]
        return _counted(_of_release(nested or [files]))
    # What is answered for a release that they do not know: {"checksums": false}.
    raise NotChecksums("it holds no checksums")


def read(path: Path) -> tuple[list[Row], int]:
    """The same of a file. Raises NotChecksums and OSError."""
    with path.open("rb") as file:
        return rows_of(file.read(MOST_BYTES + 1))


def arrays(rows: list[Row]) -> Iterator[tuple[Bytes | None, Bytes | None]]:
    """As columns, those with both apart from those with one: MD5 uint8[N, 16], SHA-256
    uint8[N, 32]."""
    for has_md5, has_sha256 in ((True, True), (True, False), (False, True)):
        some = [(m, s) for m, s in rows if (m is not None, s is not None) == (has_md5, has_sha256)]
        if some:
            yield (
                _column([row[0] for row in some], _MD5_BYTES) if has_md5 else None,
                _column([row[1] for row in some], _SHA256_BYTES) if has_sha256 else None,
            )


def _of_release(parts: list[dict[str, Any]]) -> Iterator[Row | None]:
    for part in parts:
        for value in part.values():
            md5 = _digest(value, _MD5_BYTES)
            yield None if md5 is None else (md5, None)


def _of_plugin(files: Mapping[str, Any]) -> Iterator[Row | None]:
    for told in files.values():
        if not isinstance(told, dict):
            yield None
            continue
        md5s, sha256s = _several(told.get("md5")), _several(told.get("sha256"))
        for n in range(max(len(md5s), len(sha256s), 1)):
            md5 = _digest(md5s[n], _MD5_BYTES) if n < len(md5s) else None
            sha256 = _digest(sha256s[n], _SHA256_BYTES) if n < len(sha256s) else None
            yield None if md5 is None and sha256 is None else (md5, sha256)


def _several(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _digest(value: object, width: int) -> bytes | None:
    if not isinstance(value, str) or len(value) != 2 * width:
        return None
    try:
        # fromhex passes over spaces; then the length is another.
        raw = bytes.fromhex(value)
    except ValueError:
        return None
    return raw if len(raw) == width else None


def _counted(found: Iterator[Row | None]) -> tuple[list[Row], int]:
    every = list(found)
    rows = [row for row in every if row is not None]
    return list(dict.fromkeys(rows)), len(every) - len(rows)


def _column(values: list[bytes | None], width: int) -> Bytes:
    return np.frombuffer(b"".join(value or b"" for value in values), np.uint8).reshape(-1, width)

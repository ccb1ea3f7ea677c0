"""The pages of an open window on disk, sealed, until the window is exhausted and taken in."""

from __future__ import annotations

import os
import shutil
import zlib
from pathlib import Path
from typing import Final

from django.conf import settings

from tocsin.base.secrets import NotOurs, seal, unseal

_RING: Final = "exchanges"


class PageLost(Exception):
    """A page of the window is not there, or does not open with our key: the window begins again."""


def put(exchange_id: int, window_no: int, number: int, page: bytes) -> None:
    """Keep a page; it is on the disk when this returns. A page of that number is replaced."""
    path = _path(exchange_id, window_no, number)
    _seal(path, page, _context(exchange_id, window_no, number))


def get(exchange_id: int, window_no: int, number: int) -> bytes:
    """The page; raises PageLost."""
    path = _path(exchange_id, window_no, number)
    return _open(path, _context(exchange_id, window_no, number))


def put_refused(exchange_id: int, window_no: int, texts: bytes) -> None:
    """Keep the texts of records that are no entries, where no import has an archive for them."""
    _seal(_refused(exchange_id, window_no), texts, f"refused:{exchange_id}:{window_no}")


def get_refused(exchange_id: int, window_no: int) -> bytes:
    """Those texts; raises PageLost."""
    return _open(_refused(exchange_id, window_no), f"refused:{exchange_id}:{window_no}")


def clear_refused(exchange_id: int, *, before: int) -> None:
    """Let go of those of windows with a number below `before`."""
    for path in _folder(exchange_id).glob("refused-*.sealed"):
        number = path.stem.removeprefix("refused-")
        if number.isdigit() and int(number) < before:
            path.unlink(missing_ok=True)


def clear(exchange_id: int, *, before: int) -> None:
    """Let go of all pages of windows with a number below `before`."""
    for folder in _folder(exchange_id).glob("window-*"):
        number = folder.name.removeprefix("window-")
        if number.isdigit() and int(number) < before:
            shutil.rmtree(folder, ignore_errors=True)


def _seal(path: Path, raw: bytes, context: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = seal(settings.TOCSIN_KEYS.ring(_RING), zlib.compress(raw, 1), context=context)
    unfinished = path.with_suffix(f".unfinished-{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _open(path: Path, context: str) -> bytes:
    try:
        text = path.read_text("ascii")
        return zlib.decompress(unseal(settings.TOCSIN_KEYS.ring(_RING), text, context=context))
    except (OSError, NotOurs, ValueError, zlib.error):
        raise PageLost(f"{path.parent.name}/{path.name} does not open.") from None


def _folder(exchange_id: int) -> Path:
    data: Path = settings.TOCSIN_DATA
    return data / "exchanges" / str(exchange_id)


def _path(exchange_id: int, window_no: int, number: int) -> Path:
    return _folder(exchange_id) / f"window-{window_no}" / f"page-{number}.sealed"


def _refused(exchange_id: int, window_no: int) -> Path:
    return _folder(exchange_id) / f"refused-{window_no}.sealed"


def _context(exchange_id: int, window_no: int, number: int) -> str:
    return f"exchange:{exchange_id}:{window_no}:{number}"

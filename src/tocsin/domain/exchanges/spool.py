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
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    context = _context(exchange_id, window_no, number)
    text = seal(settings.TOCSIN_KEYS.ring(_RING), zlib.compress(page, 1), context=context)
    unfinished = path.with_suffix(f".unfinished-{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def get(exchange_id: int, window_no: int, number: int) -> bytes:
    """The page; raises PageLost."""
    context = _context(exchange_id, window_no, number)
    try:
        text = _path(exchange_id, window_no, number).read_text("ascii")
        return zlib.decompress(unseal(settings.TOCSIN_KEYS.ring(_RING), text, context=context))
    except (OSError, NotOurs, ValueError, zlib.error):
        raise PageLost(f"Page {number} of window {window_no} does not open.") from None


def clear(exchange_id: int, *, before: int) -> None:
    """Let go of all pages of windows with a number below `before`."""
    for folder in _folder(exchange_id).glob("window-*"):
        number = folder.name.removeprefix("window-")
        if number.isdigit() and int(number) < before:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(exchange_id: int) -> Path:
    data: Path = settings.TOCSIN_DATA
    return data / "exchanges" / str(exchange_id)


def _path(exchange_id: int, window_no: int, number: int) -> Path:
    return _folder(exchange_id) / f"window-{window_no}" / f"page-{number}.sealed"


def _context(exchange_id: int, window_no: int, number: int) -> str:
    return f"exchange:{exchange_id}:{window_no}:{number}"

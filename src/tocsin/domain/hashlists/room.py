"""A full disk, told as what it is: by the kernel, by SQLite and by PostgreSQL."""

from __future__ import annotations

import errno
from typing import Final

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_SAYS: Final = "database or disk is full"
_POSTGRES_SAYS: Final = "53100"  # disk_full, in PostgreSQL's table of error codes


class DiskFull(Exception):
    """There is no room for what is to be written."""

    def __init__(self) -> None:
        super().__init__(
            "The disk of the database or of the data folder is full. Make room, then run the same "
            "command again; an import goes on where it stopped."
        )


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that a disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        if getattr(error, "sqlstate", None) == _POSTGRES_SAYS or _SQLITE_SAYS in str(error):
            return True
        error = error.__cause__
    return False

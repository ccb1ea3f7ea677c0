"""A request that needs the database, which may be away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, close_old_connections, connection

from tocsin.doors.api.http import Refused
from tocsin.doors.api.limits import Allowance


@contextmanager
def database(allowance: Allowance | None = None) -> Iterator[None]:
    """Around what reads or writes tables: raises Refused 503 when they cannot be reached."""
    _let_go_of_lost_connections()
    try:
        yield
    except DatabaseError as error:
        headers = () if allowance is None else allowance.headers()
        raise Refused(
            503,
            "unavailable",
            "The database cannot be reached; send this again, it does no harm twice.",
            headers=(("Retry-After", "5"), *headers),
        ) from error
    finally:
        _let_go_of_lost_connections()


def _let_go_of_lost_connections() -> None:
    """What Django does around its own requests."""
    if not connection.in_atomic_block:
        close_old_connections()

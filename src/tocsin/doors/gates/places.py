"""Where a gate listens: read from words, and whether only this machine can reach it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from tocsin.doors.gates.types import Place
from tocsin.doors.gates.wire import PIECE_BYTES

Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_FOR_OWNER_AND_GROUP: Final = 0o660


class WrongPlace(ValueError):
    """This names no place; the text says what does."""


class Taken(Exception):
    """Somebody listens there already; the text says where."""


def read_place(text: str) -> Place:
    """`127.0.0.1:3310`, `[::1]:1344`, or the whole path of a socket; raises WrongPlace."""
    if text.startswith("/"):
        return Place(path=Path(text))
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
    if not (host and colon and 1 <= number <= 65_535):
        raise WrongPlace("takes a host and port, as 127.0.0.1:3310, or the whole path of a socket")
    return Place(host=host, port=number)


def is_this_machine(place: Place) -> bool:
    """Whether only programs of this machine can reach it."""
    if place.path is not None or place.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(place.host).is_loopback
    except ValueError:
        return False


async def listen(place: Place, serve: Serve) -> asyncio.Server:
    """Serve each connection to `place`; raises Taken, OSError."""
    if place.path is None:
        try:
            return await asyncio.start_server(
                serve, place.host, place.port, limit=PIECE_BYTES, backlog=128
            )
        except OSError as error:
            raise Taken(f"nothing can listen at {place}: {error.strerror}") from None
    _clear(place.path)
    try:
        server = await asyncio.start_unix_server(serve, place.path, limit=PIECE_BYTES, backlog=128)
    except OSError as error:
        raise Taken(f"nothing can listen at {place}: {error.strerror}") from None
    # Mail servers and shares run under accounts of their own, and share a group with us.
    place.path.chmod(_FOR_OWNER_AND_GROUP)
    return server


def _clear(path: Path) -> None:
    """Take away a socket that nobody listens at any more; raises Taken."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Taken(f"{path} is there already and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise Taken(f"somebody listens at {path} already")

"""The words of the gates: what a file is ruled to be, and what bounds a gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final

MIB: Final = 1 << 20


class Ruling(IntEnum):
    """What becomes of a file. Of several, the highest counts for them all."""

    CLEAN = 0
    """Looked up in full, and nothing stands against it."""
    UNCHECKED = 1
    """Looked at, and not to be judged by what was seen: damaged, too large, of no known kind."""
    UNAVAILABLE = 2
    """Not looked at: no lists, no key, no room, no time."""
    FOUND = 3


@dataclass(frozen=True, slots=True)
class Told:
    """The answer for one file.

    `name` is what a scanner would call the find, empty for none; `words` say why there is no
    answer. `check_id` stands in our journal and log as well; `reference` names the entry to us.
    """

    ruling: Ruling
    check_id: str
    name: str = ""
    words: str = ""
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class GateKey:
    """The key that a gate asks with."""

    key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Habits:
    """What the operator chose where the protocols leave no room for the key's own words.

    `lets_review_pass`: a match for people to look at is let through (it is journalled all the
    same). `lets_other_files_pass`: so is a file that starts like no picture and no film and whose
    digests are on no list.
    """

    lets_review_pass: bool = False
    lets_other_files_pass: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gate spends. A file is in memory from its first byte until it is answered for."""

    most_bytes: int = 100 * MIB
    memory_bytes: int = 512 * MIB
    files_at_once: int = 8
    connections: int = 64
    """Of each gate."""
    answer_seconds: float = 30.0
    """From the last byte of a file to its answer."""
    arrive_seconds: float = 120.0
    """From the first byte of a file to its last."""
    idle_seconds: float = 30.0
    """Without a byte in or out."""
    room_seconds: float = 10.0
    """How long a file that comes in waits for memory."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gate listens, or a scanner is asked: a host and port, or the path of a socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

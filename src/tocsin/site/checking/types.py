"""What passes from the walk to the answer: files, what was made of them, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.domain.matching.types import AnswerStatus
from tocsin.engine.fingerprints import Fingerprints

UNREADABLE = "unreadable"
"""The status of what could not be opened or read; every other one is an `AnswerStatus`."""
UNAVAILABLE = AnswerStatus.UNAVAILABLE.value

FOUND = frozenset({AnswerStatus.LISTED.value, AnswerStatus.NEAR.value, AnswerStatus.HELD.value})
STATUSES = (*(status.value for status in AnswerStatus), UNREADABLE)


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to be checked. `root`: the number of the argument it was reached by.

    Paths are text with surrogate escapes, as Python reads names that are not UTF-8.
    """

    path: str
    root: int
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be looked at, and why."""

    path: str
    root: int
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A file and its fingerprints; size and time are those it had when it was read."""

    file: File
    fingerprints: Fingerprints


@dataclass(frozen=True, slots=True)
class Known:
    """What the lists say of one file: never which entry, never a hash. `list_version`: of the lists
    as they were asked; None where that is not known. `film_share`: which part of a film (0 to 1)
    was found in a listed one."""

    status: str
    action: str
    kind: str | None = None
    category: str | None = None
    sources: int | None = None
    reference: str | None = None
    list_version: int | None = None
    film_share: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one file. `known` is None when it could not be read; then `reason` says why, else
    what else is to be known of it."""

    path: str
    root: int
    size_bytes: int
    known: Known | None
    reason: str | None = None

    @property
    def status(self) -> str:
        return UNREADABLE if self.known is None else self.known.status


class CannotAsk(Exception):
    """The lists could not be asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class News:
    """What lists said of files when asked only about what is new on them: None where nothing was;
    and up to which list version."""

    known: tuple[Known | None, ...]
    version: int


class Lists(Protocol):
    """The lists that are asked: those of this machine, or a server's."""

    @property
    def identity(self) -> str:
        """Which lists, and as they stood when: what was answered by others does not count."""

    @property
    def name(self) -> str:
        """Which lists, whatever stands on them: whose list versions may be compared."""

    @property
    def described(self) -> str:
        """The same for people, one line."""

    @property
    def most_at_once(self) -> int:
        """How many files are asked for together."""

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        """What is known of each, in order. Raises CannotAsk."""

    def ask_since(self, looked: Sequence[Looked], version: int) -> News | None:
        """What is new of each since a list version; None when they must be asked in full.

        Raises CannotAsk.
        """

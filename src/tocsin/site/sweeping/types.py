"""What passes from the listing through the plan to the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tocsin.engine.fingerprints import Fingerprints
from tocsin.site.checking.types import UNREADABLE, Known, Lists

NOT_COMPARED = "not_compared"
"""The MD5 is on no list, and the picture was not looked at, as was asked: no all-clear."""

BY_ETAG = "etag"
BY_CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as it was listed. `etag` is without its quotes, "" in a folder; `modified` is the
    time in UTC as ISO 8601 text."""

    key: str
    size_bytes: int
    etag: str
    modified: str


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was made of an object where it was fetched: fingerprints, or why there are none."""

    fingerprints: Fingerprints | None = None
    reason: str | None = None
    etag_is_md5: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The end of one object. `known` is None when it could not be read; then `reason` says why."""

    stored: Stored
    known: Known | None
    checked_by: str | None
    list_version: int | None
    reason: str | None = None
    fingerprints: Fingerprints | None = None

    @property
    def status(self) -> str:
        return UNREADABLE if self.known is None else self.known.status


class CannotList(Exception):
    """The place cannot be listed any further; the text says why."""


class CannotRun(Exception):
    """The runner of the plan cannot be had, or broke; the text says what to do."""


class SweptLists(Lists, Protocol):
    """Lists that can be asked for MD5 hashes alone."""

    @property
    def version(self) -> int | None:
        """The list version of the last answer, or None where it was not told."""

    def ask_md5(self, md5s: Sequence[bytes]) -> list[Known]:
        """What is known of each, in order. Raises CannotAsk."""


class Place(Protocol):
    """Where objects are stored. Travels in the plan: it holds no secret."""

    @property
    def text(self) -> str:
        """As it was said on the command line."""

    def pages(self) -> Iterator[list[Stored]]:
        """All objects, some at a time, in a fixed order. Raises CannotList."""

    def named(self, key: str) -> str:
        """An object as people are told of it."""

    def take(self, stored: Stored, fingerprint: Fingerprinting) -> Taken:
        """Fetch an object and take its fingerprints; its bytes go no further."""

    def confirm(self, stored: Stored) -> Taken:
        """Whether its ETag is the MD5 of its bytes, without fetching it."""


class Fingerprinting(Protocol):
    """Fingerprints from bytes, within a limit of size."""

    @property
    def max_bytes(self) -> int: ...

    def __call__(self, data: bytes) -> Fingerprints: ...

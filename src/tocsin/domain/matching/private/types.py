"""What passes between the door and the desk of private deltas."""

from __future__ import annotations

from dataclasses import dataclass

MOST_PAGES = 1 << 16
PAGE_VALUES = 50_000
"""About so many are on a page."""


class DeltaNotReady(Exception):
    """There are no evaluations yet, or the lists are away; ask again."""


class DeltaTooOld(Exception):
    """Nothing was evaluated so long ago: ask in full, by `/v2/checks`."""


class WrongDelta(ValueError):
    """A page that cannot be; the text says what is needed."""


@dataclass(frozen=True, slots=True)
class DeltaAsked:
    """What came after list version `since`. `through` and `pages` are those of the first page."""

    since: int
    through: int | None = None
    pages: int | None = None
    page: int = 0

    def __post_init__(self) -> None:
        if self.since < 0 or self.page < 0:
            raise WrongDelta("since and page are numbers from 0")
        if (self.through is None) != (self.pages is None):
            raise WrongDelta("through and pages are given together, as the first page told them")
        pages = self.pages or 1
        if not 1 <= pages <= MOST_PAGES or pages & (pages - 1):
            raise WrongDelta(f"pages is a power of two up to {MOST_PAGES:,}")
        if self.page >= pages:
            raise WrongDelta("there is no such page")
        if self.through is not None and self.through < self.since:
            raise WrongDelta("through is not before since")


@dataclass(frozen=True, slots=True, repr=False)
class Delta:
    """One page: sorted values of `KEPT_BYTES` each, in one piece. With all pages, what came until
    `list_version`."""

    epoch: str
    list_version: int
    page: int
    pages: int
    values: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Evaluated:
    """Elements under the key of the epoch, in the order asked, and the proof that it was that."""

    epoch: str
    public: bytes
    elements: list[bytes]
    proof: bytes

"""What each table knows of people: which fields, why, and how long they are kept.

Every model carries a `PersonalData` note; a test fails for one that does not.
Owns no table. Must never decide on its own what to delete: the note does, and `retention` keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Then(StrEnum):
    """What becomes of a row when its time is over."""

    DELETE = "delete"
    EMPTY = "empty"
    """The row stays, for numbers and for what points at it; its fields are emptied."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A model's note. `fields` empty means: nothing in this table is about a person.

    Raises ValueError for a period that nothing counts from.
    """

    fields: tuple[str, ...]
    why: str
    kept: timedelta | None = None
    """How long after the row's last use the fields are kept; None: as long as the row."""
    since: tuple[str, ...] = ()
    """The columns that tell of a use: the period counts from the latest of them. `keys__revoked_at`
    is the column of the rows that point here, of which each must be over."""
    only: Mapping[str, object] = field(default_factory=dict)
    """What else must be so of a row before it is out of use, as Django's filters name it."""
    then: Then = Then.DELETE

    def __post_init__(self) -> None:
        if self.kept and not self.since:
            raise ValueError("a period needs the columns that it counts from")
        if self.then is Then.EMPTY and not self.fields:
            raise ValueError("there is no field to empty")


NOTHING_PERSONAL = PersonalData(fields=(), why="Knows nothing of people.")

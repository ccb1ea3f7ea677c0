"""What each table knows of people: which fields, why, and how long they are kept.

Every model carries a `PersonalData` note; a test fails for one that does not.
Owns no table. Must never decide on its own what to delete: the note does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A model's note. `fields` empty means: nothing in this table is about a person."""

    fields: tuple[str, ...]
    why: str
    kept: timedelta | None = None
    """How long after the row's last use the fields are kept; None: as long as the row."""


NOTHING_PERSONAL = PersonalData(fields=(), why="Knows nothing of people.")

"""How the index on this machine stands, as words of matching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index on this machine: what is in service and what the lists have grown since.

    `problem` is None when it can be opened. `waiting_changes` is capped at 4,001.
    """

    generation: int | None
    change_no: int | None
    last_change_no: int
    waiting_changes: int
    built_at: datetime | None
    fingerprints: Mapping[str, int]
    problem: str | None


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build put into service: counts by kind, and how long it took."""

    generation: int
    change_no: int
    entries: int
    fingerprints: Mapping[str, int]
    seconds: float

"""Telling the steps of a rehearsal as they are played."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Failed(Exception):
    """Something did not come out as it must; the text says what."""


@dataclass(slots=True)
class Step:
    """One step while it is played; `notes` are told at its end."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)


class Play:
    """Says each step with a mark and the time it took."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.steps = 0
        self._say = say
        self._started = time.monotonic()

    def scene(self, title: str) -> None:
        """A heading: one part of the chain."""
        self._say(f"\n{title}")

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """Play one step; it fails by raising Failed."""
        started = time.monotonic()
        step = Step()
        try:
            yield step
        except BaseException:
            self._say(f"  ✗ {text}")
            raise
        self.steps += 1
        notes = f": {'; '.join(step.notes)}" if step.notes else ""
        self._say(f"  ✓ {text}{notes} ({_seconds(time.monotonic() - started)})")

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started


def must(true: bool, otherwise: str) -> None:
    """Raise Failed with these words unless `true`."""
    if not true:
        raise Failed(otherwise)


def in_time(took: float | None, limit_seconds: float, what: str) -> str:
    """The time as words. Raises Failed when it took longer than it may, or for ever (None)."""
    if took is None or took > limit_seconds:
        how = "did not happen" if took is None else f"took {_seconds(took)}"
        raise Failed(f"{what} {how}; {limit_seconds:g} s is the limit.")
    return f"{what} after {_seconds(took)}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"

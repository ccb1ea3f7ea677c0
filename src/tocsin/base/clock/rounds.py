"""Registers of what a worker does: handlers for due things, and small jobs on every round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

Handler = Callable[[str, datetime], None]
Job = Callable[[datetime], None]

_handlers: dict[str, Handler] = {}
_jobs: dict[str, RegularJob] = {}


class NoHandler(Exception):
    """A due thing of a kind that no room has registered a handler for."""


@dataclass(frozen=True, slots=True)
class RegularJob:
    """Runs in every worker each `interval`; must be cheap and safe when two run at once."""

    name: str
    interval: timedelta
    run: Job


def handle(kind: str, handler: Handler) -> None:
    """Register what happens when a due thing of `kind` fires: `handler(subject, at)`."""
    _handlers[kind] = handler


def every(interval_name: str, interval: timedelta, job: Job) -> None:
    """Register a job that every worker runs about each `interval`."""
    _jobs[interval_name] = RegularJob(interval_name, interval, job)


def handler_for(kind: str) -> Handler:
    """The registered handler; raises NoHandler."""
    try:
        return _handlers[kind]
    except KeyError:
        raise NoHandler(f"no handler for due things of kind {kind!r}") from None


def kinds() -> list[str]:
    """All registered kinds of due things."""
    return sorted(_handlers)


def jobs() -> list[RegularJob]:
    """All regular jobs."""
    return list(_jobs.values())

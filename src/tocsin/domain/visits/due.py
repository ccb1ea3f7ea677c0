"""What visits do by themselves: the visits that other rooms asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.clock import rounds
from tocsin.domain.visits import actions, errands, queries

LOOK_EACH = timedelta(seconds=1)


def register() -> None:
    """Visit what is asked for."""
    runner = errands.Runner(_visited)

    def look(at: datetime) -> None:
        # While fetching is off no thread is begun for what then has to wait.
        if queries.may_fetch(at=at):
            runner.look(at)

    rounds.every("visits.errands", LOOK_EACH, look)


def _visited(url: str, at: datetime) -> int | None:
    return actions.visit(url=url, at=at).id

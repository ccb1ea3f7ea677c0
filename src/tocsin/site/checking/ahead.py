"""Working on a few things ahead of the one that is handed out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

One = TypeVar("One")
Done = TypeVar("Done")


def in_order(
    ones: Iterable[One], start: Callable[[One], Future[Done]], *, most_waiting: int
) -> Iterator[Done]:
    """The result of each in its order, while at most `most_waiting` further ones are worked on."""
    waiting: deque[Future[Done]] = deque()
    for one in ones:
        waiting.append(start(one))
        if len(waiting) > most_waiting:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def done(result: Done) -> Future[Done]:
    """A future that was never waited for: its result is there."""
    future: Future[Done] = Future()
    future.set_result(result)
    return future

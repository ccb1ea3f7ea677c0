"""What a serving process has beside its requests: threads that do one thing again and again, and
things of which it has one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog
from django.db import close_old_connections, connection

log = structlog.get_logger()

Made = TypeVar("Made")


class Repeating:
    """Threads that each do one thing every so many seconds until `stop`.

    A failure is logged once, until it has worked again, and ends no thread: a dead one would be
    missed by nobody. They are daemons, since the web server's workers run no exit handlers.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()

    def start(self, name: str, work: Callable[[], None], each_seconds: float) -> None:
        """Start a thread of this name."""
        arguments = (name, work, each_seconds)
        threading.Thread(target=self._repeat, args=arguments, name=name, daemon=True).start()

    def stop(self) -> None:
        """Let the threads end at their next turn."""
        self._stop.set()

    def _repeat(self, name: str, work: Callable[[], None], each_seconds: float) -> None:
        failing = False
        while not self._stop.is_set():
            try:
                work()
                failing = False
            except Exception as error:  # noqa: BLE001 - tried again at the next turn
                if not failing:
                    log.error("thread_behind", thread=name, error=type(error).__name__)
                failing = True
                connection.close()
            close_old_connections()
            self._stop.wait(each_seconds)
        connection.close()


class OnePerProcess(Generic[Made]):
    """Calls `make` at the first call in a process, and answers with what was made ever after.

    Threads do not survive a fork, so a child makes its own.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: Made | None = None
        self._making = threading.Lock()
        os.register_at_fork(after_in_child=self.forget)

    def __call__(self) -> Made:
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._make()
        return self._made

    def forget(self) -> None:
        """Have another one made at the next call."""
        self._made, self._making = None, threading.Lock()

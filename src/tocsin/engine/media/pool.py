"""Fingerprints from strangers' bytes, with every decoder in a process that may be killed."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from tocsin.engine.fingerprints.digests import Digests, digests_of
from tocsin.engine.fingerprints.types import Fingerprints, Sight, Status
from tocsin.engine.media.examination import combine
from tocsin.engine.media.gates import refuse_by_length
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.media.process import (
    DecoderUnavailable,
    WorkerDied,
    WorkerProcess,
    WorkerTooSlow,
)
from tocsin.engine.media.refusals import Refused

# -P: the folder we happen to stand in is no place to import from.
WORKER_COMMAND: Final = (sys.executable, "-P", "-m", "tocsin.engine.media.worker")
_TRIES: Final = 2


class PoolClosed(Exception):
    """The pool was closed, or belongs to the process that this one was forked from."""


class DecoderPool:
    """Up to `workers` decoder processes, started when first needed; safe for any number of threads.

    Each is replaced after `files_per_worker` files, and killed when it has not answered within
    `deadline_seconds` of being given a file. Bytes go through a pipe and never touch a disk.
    Use it as `with DecoderPool(2) as pool: pool.fingerprint(data)`.
    """

    def __init__(
        self, workers: int, deadline_seconds: float = 10.0, *, files_per_worker: int = 1000
    ) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self._deadline_seconds = deadline_seconds
        self._files_per_worker = files_per_worker
        self._changed = threading.Condition()
        self._workers = workers
        self._idle: list[WorkerProcess | None] = [None] * workers
        self._busy: set[WorkerProcess] = set()
        self._closed = False
        self._owner_pid = os.getpid()
        # A worker dies with the *thread* that started it (that is what PR_SET_PDEATHSIG watches),
        # so one thread of our own, which lives as long as the pool, starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="decoder-starter")

    def fingerprint(self, data: bytes, options: MediaOptions = DEFAULT_OPTIONS) -> Fingerprints:
        """The same as `tocsin.engine.fingerprint`, decoded in a worker; waits for a free one.

        A file that is not answered for in time is `too_large`: it asks more than we spend on one.
        One whose worker dies is tried once more in a fresh worker, as the fault may have been the
        worker's; when that dies as well, the file is `corrupt`. Raises DecoderUnavailable when no
        worker can be started and PoolClosed.
        """
        try:
            refuse_by_length(data, options)
        except Refused as refused:
            return combine(data, digests_of(data), refused.sight)
        slot = self._take()
        try:
            for _ in range(_TRIES):
                worker, slot = slot or self._started(), None
                try:
                    digests, sight = self._ask(worker, data, options)
                except WorkerDied:
                    self._end(worker)
                except WorkerTooSlow:
                    self._end(worker)
                    return combine(data, digests_of(data), Sight(Status.TOO_LARGE))
                except BaseException:
                    # Its answer may still be on the way: nobody else must get it.
                    self._end(worker)
                    raise
                else:
                    slot = worker
                    return combine(data, digests, sight)
            return combine(data, digests_of(data), Sight(Status.CORRUPT))
        finally:
            self._give_back(slot)

    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are running now, busy ones first."""
        with self._changed:
            return tuple(w.pid for w in (*self._busy, *self._idle) if w is not None)

    def close(self) -> None:
        """Lets the files in hand be answered, then ends all workers. May be called again."""
        if os.getpid() != self._owner_pid:
            return
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._idle) == self._workers)
            for worker in self._idle:
                if worker is not None:
                    worker.kill()
            self._idle = [None] * self._workers
        self._starter.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self, worker: WorkerProcess, data: bytes, options: MediaOptions
    ) -> tuple[Digests, Sight]:
        deadline = time.monotonic() + self._deadline_seconds
        worker.send(data, options, deadline)
        # While the worker decodes; hashing does not hold the interpreter lock.
        digests = digests_of(data)
        return digests, worker.receive(deadline)

    def _take(self) -> WorkerProcess | None:
        if os.getpid() != self._owner_pid:
            # Two processes on one pipe would get each other's answers.
            raise PoolClosed("this pool belongs to the process that made it")
        with self._changed:
            while not self._idle and not self._closed:
                self._changed.wait()
            if self._closed:
                raise PoolClosed("this pool was closed")
            slot = self._idle.pop()
            if slot is not None:
                self._busy.add(slot)
            return slot

    def _started(self) -> WorkerProcess:
        worker = self._starter.submit(WorkerProcess, WORKER_COMMAND).result()
        with self._changed:
            self._busy.add(worker)
        return worker

    def _end(self, worker: WorkerProcess) -> None:
        with self._changed:
            self._busy.discard(worker)
        worker.kill()

    def _give_back(self, slot: WorkerProcess | None) -> None:
        if slot is not None and slot.asked >= self._files_per_worker:
            self._end(slot)
            slot = None
        with self._changed:
            if slot is not None:
                self._busy.discard(slot)
            self._idle.append(slot)
            self._changed.notify_all()


__all__ = ["DecoderPool", "DecoderUnavailable", "PoolClosed"]

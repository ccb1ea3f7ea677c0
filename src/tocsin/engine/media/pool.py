"""Fingerprints from strangers' bytes, with every decoder in a process that may be killed."""

import os
import signal
import threading
import time
import warnings
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar

from tocsin.engine.fingerprints.digests import Digests, digests_of
from tocsin.engine.fingerprints.types import Fingerprints, Sight, Status
from tocsin.engine.media.containment import Containment, ContainmentWarning
from tocsin.engine.media.examination import combine
from tocsin.engine.media.gates import refuse_by_length
from tocsin.engine.media.nursery import ZYGOTE_COMMAND, DecoderUnavailable, Nursery, ZygoteDied
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.media.pages import AsPage, PageRead
from tocsin.engine.media.process import WorkerDied, WorkerProcess, WorkerTooSlow
from tocsin.engine.media.refusals import Refused
from tocsin.engine.media.veils import Derivative, Wanted

MOST_DEADLINE_SECONDS: Final = 86_400.0
T = TypeVar("T")
_TRIES: Final = 2
_AT_DEADLINE: Final = "deadline"


class PoolClosed(Exception):
    """The pool was closed, or belongs to the process that this one was forked from."""


class PoolState(NamedTuple):
    """How many workers there may be, how many have a file, how many wait for one (the rest are not
    started), and how many files wait for a worker."""

    workers: int
    busy: int
    idle: int
    files_waiting: int


class DecoderPool:
    """Up to `workers` decoder processes, forked when first needed; safe for any number of threads.

    Each is replaced after `files_per_worker` files and when its memory ran out, and killed when it
    has not answered within `deadline_seconds` of being given a file. Bytes go through a socket and
    never touch a disk. Use it as `with DecoderPool(2) as pool: pool.fingerprint(data)`.

    Where the system cannot hold the workers in as it should, the pool works all the same and says
    so by a ContainmentWarning, once; to refuse such a system, turn that warning into an error.
    """

    def __init__(
        self, workers: int, deadline_seconds: float = 10.0, *, files_per_worker: int = 1000
    ) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        if not 0 < deadline_seconds <= MOST_DEADLINE_SECONDS:
            raise ValueError(
                f"a deadline is above 0 and at most {MOST_DEADLINE_SECONDS:.0f} seconds"
            )
        self._deadline_seconds = deadline_seconds
        self._files_per_worker = files_per_worker
        self._changed = threading.Condition()
        self._workers = workers
        self._idle: list[WorkerProcess | None] = [None] * workers
        self._busy: set[WorkerProcess] = set()
        self._waiting = 0
        self._deaths: Counter[str] = Counter()
        self._closed = False
        self._owner_pid = os.getpid()
        self._warned = False
        self._starting = threading.Lock()
        self._nursery: Nursery | None = None
        # The zygote dies with the *thread* that started it (that is what PR_SET_PDEATHSIG watches),
        # so one thread of our own, which lives as long as the pool, starts it.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="decoder-starter")
        _POOLS.add(self)

    def fingerprint(
        self,
        data: bytes,
        options: MediaOptions = DEFAULT_OPTIONS,
        digests: Digests | None = None,
    ) -> Fingerprints:
        """The same as `tocsin.engine.fingerprint`, decoded in a worker; waits for a free one.

        `digests` are those of `data`, from a caller who took them while it arrived.
        A file that is not answered for in time is `too_large`: it asks more than we spend on one.
        One whose worker dies is tried once more in a fresh worker, as the fault may have been the
        worker's; when that dies as well, the file is `corrupt`. Raises DecoderUnavailable when no
        worker can be started and PoolClosed.
        """
        try:
            refuse_by_length(data, options)
        except Refused as refused:
            return combine(data, digests or digests_of(data), refused.sight)
        try:
            digests, sight = self._answered(lambda w: self._ask(w, data, options, digests))
        except WorkerTooSlow:
            sight = Sight(Status.TOO_LARGE)
        except WorkerDied:
            sight = Sight(Status.CORRUPT)
        return combine(data, digests or digests_of(data), sight)

    def derive(
        self, data: bytes, wanted: Wanted, options: MediaOptions = DEFAULT_OPTIONS
    ) -> Derivative:
        """A small picture made of a file's, behind a veil; for showing once, from memory.

        Its status tells where there is none: as `fingerprint` gives it. Raises the same.
        """
        try:
            refuse_by_length(data, options)
            return self._answered(lambda w: self._derived(w, data, wanted, options))
        except Refused as refused:
            return Derivative(refused.sight.status)
        except WorkerTooSlow:
            return Derivative(Status.TOO_LARGE)
        except WorkerDied:
            return Derivative(Status.CORRUPT)

    def read_page(self, data: bytes, page: AsPage) -> PageRead:
        """What an HTML document names and says; an empty one where it could not be read.

        Raises as `fingerprint` does.
        """
        try:
            return self._answered(lambda w: self._page(w, data, page))
        except (WorkerTooSlow, WorkerDied):
            return PageRead()

    @property
    def containment(self) -> Containment:
        """What holds the workers in; waits for a free one, and starts it where none runs.

        Raises DecoderUnavailable and PoolClosed.
        """
        slot = self._take()
        try:
            slot = slot or self._started()
            return slot.containment
        finally:
            self._give_back(slot)

    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are running now, busy ones first."""
        with self._changed:
            return tuple(w.pid for w in (*self._busy, *self._idle) if w is not None)

    def state(self) -> PoolState:
        """What the pool is doing at this moment."""
        with self._changed:
            idle = sum(worker is not None for worker in self._idle)
            return PoolState(self._workers, self._workers - len(self._idle), idle, self._waiting)

    def deaths(self) -> dict[str, int]:
        """How many workers ended that nobody bade end, by how: `deadline`, the name of a signal
        (`SIGSYS`: it made a call that decoding does not need), or `exit N`."""
        with self._changed:
            return dict(self._deaths)

    def close(self) -> None:
        """Lets the files in hand be answered, then ends all workers. May be called again."""
        if os.getpid() != self._owner_pid:
            return
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._idle) == self._workers)
            idle, self._idle = self._idle, [None] * self._workers
        for worker in idle:
            if worker is not None:
                worker.kill()
        with self._starting:
            nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()
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

    def _answered(self, ask: Callable[[WorkerProcess], T]) -> T:
        """What a worker answers; raises WorkerTooSlow, or WorkerDied when two of them did."""
        slot = self._take()
        try:
            for _ in range(_TRIES):
                worker, slot = slot or self._started(), None
                try:
                    answer = ask(worker)
                except WorkerDied:
                    self._bury(worker)
                except WorkerTooSlow:
                    self._end(worker)
                    self._count(_AT_DEADLINE)
                    raise
                except BaseException:
                    # Its answer may still be on the way: nobody else must get it.
                    self._end(worker)
                    raise
                else:
                    slot = worker
                    return answer
            raise WorkerDied("two workers died over this file")
        finally:
            self._give_back(slot)

    def _derived(
        self, worker: WorkerProcess, data: bytes, wanted: Wanted, options: MediaOptions
    ) -> Derivative:
        deadline = time.monotonic() + self._deadline_seconds
        worker.send(data, options, deadline, wanted=wanted)
        return worker.receive_derivative(deadline)

    def _page(self, worker: WorkerProcess, data: bytes, page: AsPage) -> PageRead:
        deadline = time.monotonic() + self._deadline_seconds
        worker.send(data, DEFAULT_OPTIONS, deadline, page=page)
        return worker.receive_page(deadline)

    def _ask(
        self, worker: WorkerProcess, data: bytes, options: MediaOptions, known: Digests | None
    ) -> tuple[Digests, Sight]:
        deadline = time.monotonic() + self._deadline_seconds
        worker.send(data, options, deadline)
        # While the worker decodes; hashing does not hold the interpreter lock.
        digests = known or digests_of(data)
        return digests, worker.receive(deadline)

    def _take(self) -> WorkerProcess | None:
        if os.getpid() != self._owner_pid:
            # Two processes on one socket would get each other's answers.
            raise PoolClosed("this pool belongs to the process that made it")
        with self._changed:
            self._waiting += 1
            try:
                while not self._idle and not self._closed:
                    self._changed.wait()
            finally:
                self._waiting -= 1
            if self._closed:
                raise PoolClosed("this pool was closed")
            slot = self._idle.pop()
            if slot is not None:
                self._busy.add(slot)
            return slot

    def _started(self) -> WorkerProcess:
        worker = self._forked()
        try:
            worker.await_ready()
            self._warn_of(worker.containment)
        except (WorkerDied, WorkerTooSlow):
            ended = _words(worker.kill())
            raise DecoderUnavailable(f"a decoder worker could not start ({ended})") from None
        except BaseException:
            worker.kill()
            raise
        with self._changed:
            self._busy.add(worker)
        return worker

    def _forked(self) -> WorkerProcess:
        for _ in range(_TRIES):
            nursery = self._opened()
            try:
                return nursery.fork()
            except ZygoteDied:
                with self._starting:
                    if self._nursery is nursery:
                        self._nursery = None
        raise DecoderUnavailable("the process that forks decoder workers died, twice")

    def _opened(self) -> Nursery:
        with self._starting:
            if self._nursery is None:
                self._nursery = self._starter.submit(Nursery, ZYGOTE_COMMAND).result()
            return self._nursery

    def _warn_of(self, containment: Containment) -> None:
        if not (containment.whole or self._warned):
            warnings.warn(
                "decoders of strangers' files run here without all that should hold them in: "
                f"{containment.lacking}. See docs/engine/containment.md.",
                ContainmentWarning,
                stacklevel=5,
            )
            self._warned = True

    def _bury(self, worker: WorkerProcess) -> None:
        self._count(_words(self._end(worker)))

    def _end(self, worker: WorkerProcess) -> int | None:
        with self._changed:
            self._busy.discard(worker)
        return worker.kill()

    def _count(self, how: str) -> None:
        with self._changed:
            self._deaths[how] += 1

    def _give_back(self, slot: WorkerProcess | None) -> None:
        if slot is not None and (slot.spent or slot.asked >= self._files_per_worker):
            self._end(slot)
            slot = None
        with self._changed:
            if slot is not None:
                self._busy.discard(slot)
            self._idle.append(slot)
            self._changed.notify_all()

    def _let_go(self) -> None:
        """In a process forked from ours: closes its copies of our sockets, so that the workers
        still see when we hang up. No locks: whoever held them is not in this process."""
        for worker in (*self._busy, *self._idle):
            if worker is not None:
                worker.let_go()
        if self._nursery is not None:
            self._nursery.let_go()


_POOLS: Final[weakref.WeakSet[DecoderPool]] = weakref.WeakSet()


def _let_go_of_all() -> None:
    for pool in list(_POOLS):
        pool._let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_of_all)


def _words(status: int | None) -> str:
    """How a process ended, from its exit status or less the number of its signal."""
    if status is None:
        return "with its zygote"
    if status >= 0:
        return f"exit {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


__all__ = ["DecoderPool", "DecoderUnavailable", "PoolClosed", "PoolState"]

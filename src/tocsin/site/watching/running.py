"""The watch: what waits, who is asked, and when a file is done with."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from tocsin.engine.media import DecoderPool
from tocsin.site.checking.archives import inside, is_archive, outer
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.reading import look_at
from tocsin.site.checking.types import (
    UNAVAILABLE,
    CannotAsk,
    File,
    Known,
    Lists,
    Looked,
    Result,
    Trouble,
)
from tocsin.site.watching.folders import Folders, Lost

DECODER_SECONDS = 30.0
AT_ONCE = 64
LONGEST_WAIT_SECONDS = 60.0
LISTEN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file, and everything in it, with what the lists say of it."""

    file: File
    pairs: list[tuple[Looked, Known]]
    troubles: list[Trouble]


class Watch:
    """Checks what is there and what comes, until it is told to stop.

    A file is done with when it stands in the journal with an answer, and it is written down there
    only after `act` was called: one that was killed in between is checked, and acted on, again.
    While the lists cannot be asked everything waits; `say` is told so, and when it goes on.
    """

    def __init__(
        self,
        *,
        lists: Lists,
        journal: Journal,
        folders: Folders,
        act: Callable[[Result], None],
        say: Callable[[str], None],
        workers: int = 1,
    ) -> None:
        self._lists, self._journal, self._folders = lists, journal, folders
        self._act, self._say = act, say
        self._workers = workers
        self._waiting: dict[str, File] = {}
        self._not_before = 0.0
        self._pause = 0.0

    def run(self, stop: threading.Event) -> None:
        """Raises DecoderUnavailable, CannotWatch and StoreUnusable."""
        with DecoderPool(self._workers, DECODER_SECONDS) as pool:
            self.take(self._folders.everything())
            while not stop.is_set():
                idle = not self._waiting or time.monotonic() < self._not_before
                self.take(self._folders.news(LISTEN_SECONDS if idle else 0.0))
                if self._waiting and time.monotonic() >= self._not_before:
                    self.check_some(pool)

    @property
    def waiting(self) -> int:
        """How many files are not done with."""
        return len(self._waiting)

    def take(self, told: Iterable[File | Trouble | Lost]) -> None:
        """Let wait what is not done with."""
        lost = False
        for one in told:
            if isinstance(one, Lost):
                lost = True
            elif isinstance(one, Trouble):
                self._act(Result(one.path, one.root, 0, None, one.reason))
            elif not self._is_done(one):
                self._waiting[one.path] = one
        if lost:
            self._say("the kernel lost track; walking through everything.")
            self.take(self._folders.everything())

    def check_some(self, pool: DecoderPool) -> None:
        """Check the files that wait longest."""
        some = list(islice(self._waiting.values(), AT_ONCE))
        try:
            for asked in self._asked(some, pool):
                self._finish(asked)
        except CannotAsk as error:
            if not self._pause:
                self._say(f"{len(self._waiting)} files wait: {error}")
            self._pause = min(max(1.0, self._pause * 2), LONGEST_WAIT_SECONDS)
            self._not_before = time.monotonic() + self._pause
            return
        if self._pause:
            self._pause = 0.0
            self._say("the lists answer again.")

    def _is_done(self, file: File) -> bool:
        kept = self._journal.unchanged(file)
        return kept is not None and kept.status is not None

    def _asked(self, files: list[File], pool: DecoderPool) -> Iterable[_Asked]:
        for file in files:
            looked, troubles = _looked(file, pool)
            pairs: list[tuple[Looked, Known]] = []
            for first in range(0, len(looked), self._lists.most_at_once):
                some = looked[first : first + self._lists.most_at_once]
                known = self._lists.ask(some)
                if any(one.status == UNAVAILABLE for one in known):
                    raise CannotAsk("the lists are not available.")
                pairs += zip(some, known, strict=True)
            yield _Asked(file, pairs, troubles)

    def _finish(self, asked: _Asked) -> None:
        for trouble in asked.troubles:
            self._act(Result(trouble.path, trouble.root, 0, None, trouble.reason))
        for looked, known in asked.pairs:
            file = looked.file
            self._act(Result(file.path, file.root, file.size_bytes, known))
        # The archive itself is the first: it is done with only together with what lies in it.
        self._journal.keep(asked.pairs)
        self._waiting.pop(asked.file.path, None)


def _looked(file: File, pool: DecoderPool) -> tuple[list[Looked], list[Trouble]]:
    ends = [look_at(file, pool.fingerprint)]
    if is_archive(file):
        ends += inside(file, pool.fingerprint)
    # One that is gone again was taken away by whoever wrote it: there is nothing to tell.
    troubles = [
        one for one in ends if isinstance(one, Trouble) and os.path.lexists(outer(one.path))
    ]
    return [one for one in ends if isinstance(one, Looked)], troubles

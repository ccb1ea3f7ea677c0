"""The run: files are read and fingerprinted side by side, and asked for in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

from tocsin.domain.matching.types import Action
from tocsin.engine.fingerprints import Fingerprints, Status, digests_of
from tocsin.engine.media import DecoderPool, MediaOptions
from tocsin.site.checking.ahead import done, in_order
from tocsin.site.checking.archives import inside, is_archive
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.looks import USUAL, Looks
from tocsin.site.checking.mails import parts
from tocsin.site.checking.notes import Notes
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

DECODER_SECONDS = 30.0
# So many are read ahead for each worker; each holds at most one file's bytes at a time.
AHEAD = 4
_UNAVAILABLE = Known(UNAVAILABLE, Action.HOLD.value)

_End: TypeAlias = Looked | Trouble | Result


class Run:
    """One check over many files. Iterating gives a `Result` for each, in the order of the walk.

    When the lists cannot be asked, the files in hand come out as `unavailable` (never as not
    listed), nothing further is looked at, and `broken_off` says why. With a `journal`, fingerprints
    are kept in it before an answer comes out.
    """

    def __init__(
        self,
        *,
        lists: Lists,
        notes: Notes,
        workers: int,
        journal: Journal | None = None,
        looks: Looks = USUAL,
    ) -> None:
        self._lists = lists
        self._notes = notes
        self._workers = workers
        self._journal = journal
        self._looks = looks
        self.broken_off: str | None = None

    def results(self, found: Iterable[File | Trouble]) -> Iterator[Result]:
        """Look at everything found. Raises DecoderUnavailable when no decoder can be started."""
        batch: list[Looked | Result] = []
        asked = 0
        for one in self._looked_at(found):
            batch.append(one)
            asked += isinstance(one, Looked)
            if asked >= self._lists.most_at_once:
                yield from self._answered(batch)
                batch, asked = [], 0
            if self.broken_off:
                return
        yield from self._answered(batch)

    def _looked_at(self, found: Iterable[File | Trouble]) -> Iterator[Looked | Result]:
        with (
            DecoderPool(self._workers, DECODER_SECONDS) as pool,
            ThreadPoolExecutor(self._workers, thread_name_prefix="check") as threads,
        ):
            start = partial(self._known_or_started, pool=pool, threads=threads)
            try:
                for ends in in_order(found, start, most_waiting=self._workers * AHEAD):
                    for one in ends:
                        yield _failed(one) if isinstance(one, Trouble) else one
            finally:
                threads.shutdown(cancel_futures=True)

    def _known_or_started(
        self, one: File | Trouble, pool: DecoderPool, threads: ThreadPoolExecutor
    ) -> Future[list[_End]]:
        if isinstance(one, Trouble):
            return done([one])
        if is_archive(one) or self._looks.is_mail(one.path):
            # Its own answer says nothing of what lies in it: it is always read again.
            return threads.submit(_look_inside, one, pool, self._looks)
        known = self._notes.answer_for(one)
        if known is not None and (self._journal is None or self._journal.unchanged(one)):
            return done([Result(one.path, one.root, one.size_bytes, known)])
        return threads.submit(_look, one, pool, self._looks)

    def _answered(self, batch: list[Looked | Result]) -> Iterator[Result]:
        looked = [one for one in batch if isinstance(one, Looked)]
        answers = iter(self._ask(looked))
        for one in batch:
            yield _result(one, next(answers)) if isinstance(one, Looked) else one

    def _ask(self, looked: list[Looked]) -> list[Known]:
        if not looked:
            return []
        try:
            known = self._lists.ask(looked)
        except CannotAsk as error:
            self.broken_off = str(error)
            known = [_UNAVAILABLE] * len(looked)
        pairs = list(zip(looked, known, strict=True))
        if self._journal is not None:
            self._journal.keep(pairs)
        self._notes.keep(pair for pair in pairs if pair[1].status != UNAVAILABLE)
        return known


def _look(file: File, pool: DecoderPool, looks: Looks) -> list[_End]:
    fingerprint = pool.fingerprint if looks.decodes else None
    return [look_at(file, fingerprint, looks.options_for(file.path))]


def _look_inside(file: File, pool: DecoderPool, looks: Looks) -> list[_End]:
    fingerprint = pool.fingerprint if looks.decodes else _digests_alone
    if looks.is_mail(file.path):
        return [*_look(file, pool, looks), *parts(file, fingerprint, looks)]
    return [*_look(file, pool, looks), *inside(file, fingerprint, looks)]


def _digests_alone(data: bytes, _: MediaOptions) -> Fingerprints:
    told = digests_of(data)
    return Fingerprints(Status.OK, len(data), told.md5, told.sha1, told.sha256)


def _failed(trouble: Trouble) -> Result:
    return Result(trouble.path, trouble.root, 0, None, trouble.reason)


def _result(looked: Looked, known: Known) -> Result:
    file = looked.file
    return Result(file.path, file.root, file.size_bytes, known)

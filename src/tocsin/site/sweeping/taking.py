"""The one function in which objects are fetched and fingerprinted; only text comes out of it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import DecoderPool, DecoderUnavailable, MediaOptions
from tocsin.site import dumps
from tocsin.site.sweeping.types import Place, Stored, Taken

DECODER_SECONDS: Final = 30.0
# A fetch waits for the network most of the time, so there are more of them than decoders.
FETCHES_PER_WORKER: Final = 4
MOST_BYTES_AT_ONCE: Final = 512 << 20
DEFAULT_MAX_BYTES: Final = 100 << 20


@dataclass(frozen=True, slots=True)
class Taking:
    """How objects are taken: by how many decoders in a process, and how large they may be.

    With `exact_only` nothing is fetched: it is only asked whether the ETag is an MD5.
    """

    workers: int
    max_bytes: int = DEFAULT_MAX_BYTES
    exact_only: bool = False


def take_all(place: Place, taking: Taking, stored: Sequence[Stored]) -> list[str]:
    """A `Taken` as JSON for each, in order. Bytes of objects live in here and nowhere else."""
    hands = _hands(taking)
    one = functools.partial(_confirm if taking.exact_only else _take, place, hands)
    return [msgspec.json.encode(taken).decode() for taken in hands.threads.map(one, stored)]


def taken_of(text: str) -> Taken:
    """Read what `take_all` gave."""
    return msgspec.json.decode(text, type=Taken)


class Memory:
    """Lets so many bytes be held at once; one object larger than that goes alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._changed = threading.Condition()

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """Waits until there is room."""
        size = min(size, self._most)
        with self._changed:
            self._changed.wait_for(lambda: self._held + size <= self._most)
            self._held += size
        try:
            yield
        finally:
            with self._changed:
                self._held -= size
                self._changed.notify_all()


class _Hands:
    """What a process works with: threads that fetch, and decoders, for as long as it lives."""

    def __init__(self, taking: Taking) -> None:
        dumps.leave_none()
        self.max_bytes = taking.max_bytes
        self.memory = Memory(max(MOST_BYTES_AT_ONCE, taking.max_bytes))
        self.threads = ThreadPoolExecutor(
            taking.workers * FETCHES_PER_WORKER, thread_name_prefix="sweep"
        )
        self._options = MediaOptions(max_bytes=taking.max_bytes)
        self._pool = DecoderPool(taking.workers, DECODER_SECONDS)

    def __call__(self, data: bytes) -> Fingerprints:
        return self._pool.fingerprint(data, self._options)


# One for each process: the plan calls from several threads, and again for each wave.
@functools.cache
def _hands(taking: Taking) -> _Hands:
    return _Hands(taking)


def _take(place: Place, hands: _Hands, stored: Stored) -> Taken:
    with hands.memory.held(min(stored.size_bytes, hands.max_bytes)):
        try:
            return place.take(stored, hands)
        except DecoderUnavailable as error:
            return Taken(reason=str(error))


def _confirm(place: Place, _hands: _Hands, stored: Stored) -> Taken:
    return place.confirm(stored)

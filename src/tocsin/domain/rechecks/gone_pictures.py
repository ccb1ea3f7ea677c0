"""Pictures that were removed within ninety days, in memory: is a new one near to one of them?

A copy that comes up elsewhere is seldom the same file. Each process keeps the PDQs of what is
watched, 32 bytes each, and adds what is new to it each minute.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from tocsin.base.clock.threads import OnePerProcess
from tocsin.base.secrets import seal, unseal
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.rechecks import rules
from tocsin.domain.rechecks.likeness import telling
from tocsin.domain.rechecks.models import Trace

NEAR_WITHIN_BITS: Final = 31
"""As in every look-up among many in this house."""
FRESH_FOR: Final = timedelta(minutes=1)
AT_ONCE: Final = 5_000


class GonePictures:
    """PDQs by the follow that they are of; may be used from any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: dict[int, tuple[int, bytes]] = {}
        self._read_at: datetime | None = None
        self._follows: NDArray[np.int64] = np.empty(0, np.int64)
        self._values: NDArray[np.uint64] = np.empty((0, 4), np.uint64)

    def near(self, values: Sequence[FingerprintValue], at: datetime) -> frozenset[int]:
        """The follows with a picture within 31 bits; which of them still count is for the caller.

        Not to be called in a transaction that writes: the first time it reads all there are.
        """
        asked = telling(values)
        if not asked:
            return frozenset()
        with self._lock:
            if self._read_at is None or not self._read_at <= at < self._read_at + FRESH_FOR:
                self._read(at)
            follows, known = self._follows, self._values
        found: set[int] = set()
        for value in asked:
            apart = np.bitwise_count(known ^ np.frombuffer(value.value, np.uint64)).sum(axis=1)
            found.update(follows[apart <= NEAR_WITHIN_BITS].tolist())
        return frozenset(found)

    def _read(self, at: datetime) -> None:
        watched = Trace.objects.filter(follow__removed_at__gte=at - rules.WATCH_FOR)
        wanted = set(watched.exclude(sealed="").values_list("pk", flat=True))
        kept = {pk: told for pk, told in self._traces.items() if pk in wanted}
        missing = sorted(wanted - kept.keys())
        for first in range(0, len(missing), AT_ONCE):
            rows = Trace.objects.filter(pk__in=missing[first : first + AT_ONCE])
            for pk, follow, digest, text in rows.values_list("pk", "follow", "digest", "sealed"):
                kept[pk] = (follow, opened(text, digest))
        self._traces, self._read_at = kept, at
        self._follows = np.array([follow for follow, _ in kept.values()], np.int64)
        joined = b"".join(value for _, value in kept.values())
        self._values = np.frombuffer(joined, np.uint64).reshape(-1, 4)


def closed(value: bytes, digest: str) -> str:
    """Seal a PDQ to the trace that has its digest."""
    return seal(settings.TOCSIN_KEYS.ring("seal"), value, context=f"trace:{digest}")


def opened(text: str, digest: str) -> bytes:
    """What `closed` sealed."""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), text, context=f"trace:{digest}")


gone_pictures = OnePerProcess(GonePictures)

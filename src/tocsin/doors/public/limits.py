"""How often one visitor may come, counted in memory only and by nothing that names them.

What is counted by is an HMAC of the address with a salt that is thrown away each hour: nobody,
this process included, can say afterwards who came. Over the limit nobody is refused a report:
it goes into the slow queue, and they are told so.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest

_HOUR = 3600.0
_MOST_KEPT = 100_000

FORMS_AN_HOUR = 5
DRAFTS_AN_HOUR = 300
LOOKS_A_MINUTE = 60
LOOKS_WITHOUT_WORK_A_MINUTE = 10


class HourlyCount:
    """Counts per visitor in the running hour. Forgets everything, its salt too, with the hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begin()

    def add(self, name: str, visitor: str) -> int:
        """Count one more of `name` by this visitor; how many that makes."""
        with self._lock:
            if self._clock() - self._began >= _HOUR or len(self._counts) >= _MOST_KEPT:
                self._begin()
            key = hmac.digest(self._salt, f"{name}:{visitor}".encode(), "sha256")[:12]
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key]

    def forget(self) -> None:
        """Begin a new hour."""
        with self._lock:
            self._begin()

    def _begin(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._counts: dict[bytes, int] = {}
        self._began = self._clock()


class MinuteCount:
    """At most so many a minute, of everybody together."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._lock = threading.Lock()
        self._left, self._at = float(most), clock()

    def take(self) -> bool:
        """Take one; False when none is left now."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def forget(self) -> None:
        """Have all of them again."""
        with self._lock:
            self._left = float(self._most)


visitors = HourlyCount()
looks = MinuteCount(LOOKS_A_MINUTE)
looks_without_work = MinuteCount(LOOKS_WITHOUT_WORK_A_MINUTE)


def is_onion(request: HttpRequest) -> bool:
    """Whether somebody came through the onion service, where all have the same address."""
    return request.get_host().partition(":")[0].endswith(".onion")


def comes_often(request: HttpRequest, name: str, most: int) -> bool:
    """Count a visit; whether that is more than `most` in the running hour.

    Never through the onion service: there one visitor could use up what all others have.
    """
    if is_onion(request):
        return False
    return visitors.add(name, _address(request)) > most


def _address(request: HttpRequest) -> str:
    """Where a visitor comes from: behind the proxy that TLS asks for, the last one it names."""
    named = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-1].strip()
    direct = str(request.META.get("REMOTE_ADDR", ""))
    return named if settings.ALLAUTH_TRUSTED_PROXY_COUNT and named else direct

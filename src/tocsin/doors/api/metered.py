"""What a key has left, remembered for the answer: every answer to a key says it."""

from __future__ import annotations

from tocsin.domain.matching.types import CheckKey
from tocsin.doors.api.http import Flow, Headers, Refused, Reply
from tocsin.doors.api.limits import Allowance, RateLimit


class Metered(RateLimit):
    """The limit as one request meets it; it costs the same and remembers what it answered."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._headers: Headers = ()

    def take(self, key: CheckKey, cost: int = 1, *, paid: int = 0) -> Allowance:
        """As the limit itself; raises Refused 429."""
        try:
            allowance = self._limit.take(key, cost, paid=paid)
        except Refused as refused:
            self._headers = tuple(h for h in refused.headers if h[0].startswith("RateLimit"))
            raise
        self._headers = allowance.headers()
        return allowance

    def told_in(self, reply: Reply | Flow) -> Reply | Flow:
        """The reply with the `RateLimit` fields, where a key was let in at all."""
        return reply.with_headers(self._headers)

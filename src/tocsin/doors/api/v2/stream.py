"""`POST /v2/checks` with `application/x-ndjson`: items in, answers out, for as long as they come.

Each line is answered by one, in order, while the rest is still being sent. A wrong line gets an
answer of its own and stops nothing. The last line says `{"end": n}`: without it the stream was cut
and whoever asked has not been told of all. A key that may not go on ends it with `{"stopped": n}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import msgspec
import structlog

from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, Door, Query
from tocsin.domain.receipts.queries import Issuer
from tocsin.doors.api.entering import by_bearer, let_ask
from tocsin.doors.api.http import (
    NDJSON,
    Environ,
    Flow,
    Refused,
    Reply,
    body_pieces,
    media_type,
    require_method,
)
from tocsin.doors.api.limits import RateLimit, cost_of
from tocsin.doors.api.v2 import checks, repeats, told
from tocsin.doors.api.v2.levels import at_level, level_in, weight_of
from tocsin.doors.api.v2.lines import item_of, lines_in
from tocsin.doors.api.v2.wire import CheckItem, Error, StreamEnd, StreamStopped, WrongItem
from tocsin.engine.search import Level

log = structlog.get_logger()

PIECE_BYTES: Final = 4_096
"""Small: the server hands a piece over only when it is whole, and answers wait for that."""

MOST_BYTES: Final = 2_000_000_000
WITHIN_SECONDS: Final = 3_600.0

_encoder = msgspec.json.Encoder()


def check(
    environ: Environ,
    checker: Checker,
    limit: RateLimit,
    at: datetime,
    *,
    issuer: Callable[[], Issuer],
) -> Reply | Flow:
    """Answer a batch or a stream, whichever was sent; raises Refused. Streams get no receipt."""
    if media_type(environ) != NDJSON:
        return checks.check(environ, checker, limit, at, issuer)
    require_method(environ, "POST")
    key = by_bearer(environ, checker, at)
    let_ask(key, at)
    limit.take(key)
    stream = _Stream(environ, checker, limit, at, repeats.key_in(environ), level_in(environ))
    return Flow(stream.answers())


@dataclass(slots=True)
class _Stream:
    environ: Environ
    checker: Checker
    limit: RateLimit
    at: datetime
    again: str | None
    level: Level | None
    answered: int = 0
    weight: int = 0
    paid: int = 1
    started: float = field(default_factory=monotonic)

    def answers(self) -> Iterator[bytes]:
        """The lines of the answer, those of a piece together."""
        pieces = body_pieces(
            self.environ,
            most_bytes=MOST_BYTES,
            piece_bytes=PIECE_BYTES,
            within_seconds=WITHIN_SECONDS,
        )
        try:
            for lines in lines_in(pieces):
                if lines:
                    yield self._answered(lines)
            yield _encoder.encode_lines([StreamEnd(self.answered)])
        except Refused as refused:
            error = Error(refused.code, refused.message)
            yield _encoder.encode_lines([StreamStopped(self.answered, error, _wait(refused))])
        except Exception as error:  # noqa: BLE001 - the status has left; a missing end says it
            log.error("stream_broke_off", error=type(error).__name__)

    def _answered(self, lines: Sequence[bytes | None]) -> bytes:
        now = self.at + timedelta(seconds=monotonic() - self.started)
        items = [item_of(self.answered + n, line, self.level) for n, line in enumerate(lines)]
        refused = {n: item for n, item in enumerate(items) if isinstance(item, WrongItem)}
        queries = {n: self._query(i) for n, i in enumerate(items) if not isinstance(i, WrongItem)}
        key = self._let_go_on(weight_of([*queries.values()]) + len(refused), now)
        named = [self._named(query, key, lines[n] or b"", n) for n, query in queries.items()]
        answer = self.checker.check(key, named, door=Door.CHECKS, at=now)
        self.answered += len(lines)
        results = told.told(answer.outcomes, key.tier)
        return _encoder.encode_lines(told.with_refused(results, refused, key.tier))

    def _query(self, item: CheckItem) -> Query:
        query = checks.query_of(item)
        return query if self.level is None else at_level(query, self.level)

    def _let_go_on(self, weight: int, now: datetime) -> CheckKey:
        """The key as it is now: it may have been revoked, or stopped, since the last line."""
        key = by_bearer(self.environ, self.checker, now)
        let_ask(key, now)
        cost = cost_of(self.weight + weight) - self.paid
        if cost > 0:
            self.limit.take(key, cost)
            self.paid += cost
        self.weight += weight
        return key

    def _named(self, query: Query, key: CheckKey, line: bytes, place: int) -> Query:
        if self.again is None:
            return query
        (named,) = repeats.with_hit_ids([query], key, self.again, line, self.answered + place)
        return named


def _wait(refused: Refused) -> int | None:
    return next((int(value) for name, value in refused.headers if name == "Retry-After"), None)

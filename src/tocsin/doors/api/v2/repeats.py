"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): asked twice, done once.

A check touches no database row, so nothing of it is kept: asked again it is answered again, from
the lists as they are then, and the hits of both are the same hits. What writes is kept for a day,
with its answer (see `once`), by which all processes know it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Final
from uuid import UUID

from tocsin.domain.jobs import actions as jobs
from tocsin.domain.jobs.types import Answered, OtherRequest, StillAnswering
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, Query
from tocsin.doors.api.entering import by_bearer
from tocsin.doors.api.http import Environ, Refused, Reply, read_body
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2.database import database

Handler = Callable[[Environ, Checker, RateLimit, datetime], Reply]

MOST_KEY: Final = 200
PATTERN: Final = rf'^("[ !#-\[\]-~]{{1,{MOST_KEY}}}"|[!#-\[\]-~]{{1,{MOST_KEY}}})$'
_KEY: Final = re.compile(PATTERN.replace("$", r"\Z"))


def key_in(environ: Environ) -> str | None:
    """The key of the request, None where there is none; raises Refused 400.

    A string of structured fields (RFC 9651, 3.3.3), and bare as most clients send it.
    """
    text = environ.get("HTTP_IDEMPOTENCY_KEY")
    if text is None:
        return None
    match = _KEY.match(str(text).strip(" \t"))
    if match is None:
        words = f'Idempotency-Key takes a string of 1 to {MOST_KEY} ASCII characters, in "quotes".'
        raise Refused(400, "wrong_idempotency_key", words)
    return match[1].strip('"')


def with_hit_ids(
    queries: Sequence[Query], key: CheckKey, again: str, content: bytes, first: int = 0
) -> list[Query]:
    """The same queries, their hits named after the key of the request, what was sent and the place
    (from `first` on): sent again they give the same hits, which are written down once."""
    seed = hmac.new(key.secret_digest.encode(), again.encode() + b"\0" + content, "sha256").digest()
    return [
        replace(query, hit_id=_hit_id(seed, place)) for place, query in enumerate(queries, first)
    ]


def once(handler: Handler, *, most_bytes: int) -> Handler:
    """The same, answering again what it has answered to the same request of the same key.

    A request with a key of its own costs one token more.
    """

    def answer(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
        again = key_in(environ)
        if again is None:
            return handler(environ, checker, limit, at)
        key = by_bearer(environ, checker, at)
        limit.take(key)
        body = read_body(environ, most_bytes=most_bytes).getvalue()
        whole = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        whole.pop("HTTP_TRANSFER_ENCODING", None)
        request = jobs.Request(key.key_id, str(environ["PATH_INFO"]), again, body)
        return answered(request, lambda: handler(whole, checker, limit, at), at=at)

    return answer


def answered(request: jobs.Request | None, do: Callable[[], Reply], *, at: datetime) -> Reply:
    """What `do` answers, or answered before to the same request; raises Refused."""
    if request is None:
        return do()
    with database():
        earlier = _earlier(request, at)
    if earlier is not None:
        return Reply(earlier.status, earlier.body)
    try:
        reply = do()
    except BaseException:
        with database():
            jobs.broken_off(request)
        raise
    with database():
        jobs.finish(request, Answered(reply.status, reply.body), at=at)
    return reply


def _earlier(request: jobs.Request, at: datetime) -> Answered | None:
    try:
        return jobs.begin(request, at=at)
    except OtherRequest as error:
        raise Refused(422, "other_request", str(error)) from None
    except StillAnswering as error:
        again = (("Retry-After", "2"),)
        raise Refused(409, "still_answering", str(error), headers=again) from None


def _hit_id(seed: bytes, place: int) -> UUID:
    digest = hmac.new(seed, place.to_bytes(8, "big"), "sha256").digest()
    return UUID(bytes=digest[:16], version=4)

"""`/v2/jobs`: up to a million items in one body, worked off by the worker, fetched page by page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from tocsin.base.audit.types import Actor
from tocsin.domain.jobs import actions, queries
from tocsin.domain.jobs.types import (
    Asked,
    Given,
    JobState,
    JobView,
    NoSuchJob,
    Refusal,
    ResultsLost,
    TooManyItems,
    TooManyJobs,
)
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey
from tocsin.doors.api.entering import by_bearer, let_ask
from tocsin.doors.api.http import (
    NDJSON,
    Environ,
    Refused,
    Reply,
    body_pieces,
    media_type,
    require_method,
)
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2 import repeats, told
from tocsin.doors.api.v2.checks import query_of
from tocsin.doors.api.v2.database import database
from tocsin.doors.api.v2.levels import at_level, level_in
from tocsin.doors.api.v2.lines import item_of, lines_in
from tocsin.doors.api.v2.wire import Result, WrongItem
from tocsin.doors.api.v2.wire_jobs import MOST_RESULTS, JobPageEnd
from tocsin.engine.search import Level

PLACE: Final = "/v2/jobs"
ONE: Final = "/v2/jobs/"
_RESULTS: Final = "/results"
MOST_BYTES: Final = 200_000_000
WITHIN_SECONDS: Final = 1_800.0
MOST_OFFSET: Final = 10**9

_encoder = msgspec.json.Encoder()


def make(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """Take a job in; raises Refused."""
    require_method(environ, "POST")
    key = by_bearer(environ, checker, at)
    let_ask(key, at)
    limit.take(key)
    if media_type(environ) != NDJSON:
        raise Refused(415, "not_lines", f"Send {NDJSON}: items, one a line.")
    again, level = repeats.key_in(environ), level_in(environ)
    with database():
        intake = _intake(key)
    made: list[UUID] = []

    def close() -> Reply:
        with database():
            made.append(intake.close(actor=Actor("key", key.key_id), at=at))
            return _told(queries.job(party_id=key.party_id, job_id=intake.id), 202)

    try:
        digest = _take_in(environ, intake, level)
        request = None if again is None else actions.Request(key.key_id, PLACE, again, digest)
        return repeats.answered(request, close, at=at)
    except OSError as error:
        words = "The job could not be kept; send it again."
        raise Refused(503, "unavailable", words, headers=(("Retry-After", "60"),)) from error
    finally:
        if not made:
            intake.give_up()


def one(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """How a job stands, its results, its deletion; raises Refused."""
    rest = str(environ["PATH_INFO"]).removeprefix(ONE)
    results = rest.endswith(_RESULTS)
    method = str(environ["REQUEST_METHOD"])
    allowed = ("GET",) if results else ("GET", "DELETE")
    if method not in allowed:
        words = ", ".join(allowed)
        raise Refused(405, "wrong_method", f"Use {words} here.", headers=(("Allow", words),))
    key = by_bearer(environ, checker, at)
    limit.take(key)
    job_id = _id(rest.removesuffix(_RESULTS))
    with database():
        if method == "DELETE":
            return _deleted(key, job_id, at)
        found = _found(lambda: queries.job(party_id=key.party_id, job_id=job_id))
    return _results(environ, key, found) if results else _told(found, 200)


def _intake(key: CheckKey) -> actions.Intake:
    try:
        return actions.Intake(party_id=key.party_id, key_id=key.key_id)
    except TooManyJobs as error:
        again = (("Retry-After", "60"),)
        raise Refused(429, "too_many_jobs", str(error), headers=again) from None


def _take_in(environ: Environ, intake: actions.Intake, level: Level | None) -> bytes:
    """Every line of the body into the job; the digest of what was asked."""
    # At another level it is another request, whatever its body says.
    digest = hashlib.sha256(b"" if level is None else f"{level}\n".encode())

    def pieces() -> Iterator[bytes]:
        for piece in body_pieces(environ, most_bytes=MOST_BYTES, within_seconds=WITHIN_SECONDS):
            digest.update(piece)
            yield piece

    for lines in lines_in(pieces()):
        for line in lines:
            try:
                intake.add(_asked(intake.items, line, level))
            except TooManyItems as error:
                raise Refused(413, "too_large", str(error)) from None
    if not intake.items:
        raise Refused(422, "wrong_size", "A job has at least one item.")
    return digest.digest()


def _asked(index: int, line: bytes | None, level: Level | None) -> Asked:
    item = item_of(index, line, level)
    if isinstance(item, WrongItem):
        return Asked(refusal=Refusal(item.id, item.field, item.message))
    query = query_of(item)
    return Asked(query=query if level is None else at_level(query, level))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _no_such_job() from None


def _found(read: Callable[[], JobView]) -> JobView:
    try:
        return read()
    except NoSuchJob:
        raise _no_such_job() from None


def _deleted(key: CheckKey, job_id: UUID, at: datetime) -> Reply:
    actor = Actor("key", key.key_id)
    try:
        actions.delete(party_id=key.party_id, job_id=job_id, actor=actor, at=at)
    except NoSuchJob:
        raise _no_such_job() from None
    return Reply(204, b"")


def _results(environ: Environ, key: CheckKey, found: JobView) -> Reply:
    offset, limit = _page(environ)
    try:
        given = queries.results(found, offset=offset, limit=limit)
    except ResultsLost:
        words = "The results of this job are lost; delete it and send it again."
        raise Refused(410, "results_lost", words) from None
    reached = offset + len(given)
    ended = found.state in {JobState.DONE, JobState.FAILED} and reached >= found.done
    lines = [_result(one, place, key) for place, one in enumerate(given, offset)]
    end = JobPageEnd(len(lines), None if ended else reached)
    return Reply(200, _encoder.encode_lines([*lines, end]), NDJSON)


def _result(given: Given, place: int, key: CheckKey) -> Result:
    if given.outcome is not None:
        return told.told([given.outcome], key.tier)[0]
    refusal = given.refusal or Refusal(None, None, "")
    wrong = WrongItem(place, refusal.client_id, refusal.field, refusal.message)
    return told.with_refused([], {0: wrong}, key.tier)[0]


def _page(environ: Environ) -> tuple[int, int]:
    query = str(environ.get("QUERY_STRING") or "")
    try:
        asked = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=10))
    except ValueError:
        asked = {"offset": ""}
    offset = _number(asked.get("offset", "0"), 0, MOST_OFFSET, "offset")
    return offset, _number(asked.get("limit", str(MOST_RESULTS)), 1, MOST_RESULTS, "limit")


def _number(text: str, least: int, most: int, name: str) -> int:
    if len(text) <= 10 and text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    words = f"`{name}` is a whole number from {least} to {most:,}."
    raise Refused(422, f"wrong_{name}", words, more={"field": name})


def _told(found: JobView, status: int) -> Reply:
    return Reply(status, _encoder.encode(found))


def _no_such_job() -> Refused:
    return Refused(404, "no_such_job", "There is no such job, or not any more.")

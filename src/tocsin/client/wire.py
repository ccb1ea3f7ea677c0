"""What goes over the wire to `/v2` and comes back. Whatever is not as described is no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from tocsin.client.deciding import Told
from tocsin.client.failures import Failure
from tocsin.client.types import Match, Question, Why
from tocsin.engine.search.further import Frame
from tocsin.engine.search.matches import Level

# What a server takes is 8,000,000; the rest is for the braces around the items.
MOST_BODY_BYTES: Final = 7_900_000
_DIGESTS: Final = ("md5", "sha1", "sha256")
_HASHES: Final = (*_DIGESTS, "pdq", "pdq_512", "pdq_oriented")

T = TypeVar("T")


def item_of(question: Question, level: Level = Level.THOROUGH) -> dict[str, object]:
    """One item of `POST /v2/checks`: what of the question is asked at this level."""
    item: dict[str, object] = {"id": question.id}
    for name in _DIGESTS if level is Level.EXACT else _HASHES:
        value: bytes | None = getattr(question, name)
        if value is not None:
            item[name] = value.hex()
    if question.pdq_512 == question.pdq:
        item.pop("pdq_512", None)
    if question.pdq_quality is not None and level is not Level.EXACT:
        item["pdq_quality"] = question.pdq_quality
    if question.pdq_variants and level is Level.THOROUGH:
        item["pdq_variants"] = [value.hex() for value in question.pdq_variants]
    if question.frames and level is not Level.EXACT:
        item["frames"] = [_frame(frame) for frame in question.frames]
    if question.media_status is not None:
        item["media_status"] = question.media_status.value
    if question.url is not None:
        item["url"] = question.url
    if question.uploaded_at is not None:
        item["uploaded_at"] = question.uploaded_at.isoformat()
    return item


def weight_of(questions: Sequence[Question], level: Level) -> int:
    """How many items a server counts these as: three further hashes cost as one."""
    if level is Level.EXACT:
        return len(questions)
    varied = level is Level.THOROUGH
    further = sum(len(q.frames) + (len(q.pdq_variants) if varied else 0) for q in questions)
    return len(questions) + -(-further // 3)


def batches(
    questions: Sequence[Question],
    *,
    most_items: int,
    most_bytes: int = MOST_BODY_BYTES,
    level: Level = Level.THOROUGH,
    since: int | None = None,
) -> Iterator[tuple[list[Question], bytes]]:
    """Questions in order, cut into bodies that a server takes."""
    batch: list[Question] = []
    parts: list[bytes] = []
    size = 0
    for question in questions:
        part = json.dumps(item_of(question, level), separators=(",", ":")).encode()
        if batch and (len(batch) >= most_items or size + len(part) > most_bytes):
            yield batch, _body(parts, since)
            batch, parts, size = [], [], 0
        batch.append(question)
        parts.append(part)
        size += len(part) + 1
    if batch:
        yield batch, _body(parts, since)


def _frame(frame: Frame) -> dict[str, object]:
    told: dict[str, object] = {"pdq": frame.pdq.hex(), "quality": frame.quality}
    if frame.seconds is not None:
        told["offset_s"] = frame.seconds
    return told


def _body(parts: Sequence[bytes], since: int | None) -> bytes:
    asked = b"" if since is None else b'"since_version":%d,' % since
    return b"{" + asked + b'"items":[' + b",".join(parts) + b"]}"


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Failure."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Failure(Why.UNREADABLE, "what came is no JSON") from None
    if not isinstance(told, dict):
        raise Failure(Why.UNREADABLE, "what came is no JSON object")
    return told


def taken(told: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A field that must be there and of its kind. Raises Failure."""
    value = told.get(name)
    # True is an int to Python, and a list version of True is no answer.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Failure(Why.UNREADABLE, f"{name} is not what it should be")
    return value


def maybe(told: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """A field that may be null or missing. Raises Failure when it is of another kind."""
    return None if told.get(name) is None else taken(told, name, kind)


def moment(told: Mapping[str, Any], name: str) -> datetime:
    """A time with its offset. Raises Failure."""
    try:
        at = datetime.fromisoformat(taken(told, name, str))
    except ValueError:
        raise Failure(Why.UNREADABLE, f"{name} is no time") from None
    if at.tzinfo is None:
        raise Failure(Why.UNREADABLE, f"{name} has no offset from UTC")
    return at


def objects(told: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects. Raises Failure."""
    found = taken(told, name, list)
    if not all(isinstance(one, dict) for one in found):
        raise Failure(Why.UNREADABLE, f"{name} holds something else than objects")
    return found


def results_of(body: bytes, ids: Sequence[str | None]) -> list[Told]:
    """The results of an answer, one for each id and in their order. Raises Failure.

    Ids that were sent must come back, each in its place: fewer, more, doubled or swapped results
    are no answer, since nobody could say which upload each is about.
    """
    answer = read_json(body)
    results = objects(answer, "results")
    if [maybe(result, "id", str) for result in results] != list(ids):
        raise Failure(Why.INCOMPLETE, f"{len(results)} results for {len(ids)} uploads, or others")
    version = taken(answer, "list_version", int)
    stale = taken(answer, "stale", bool)
    return [_told(result, version, stale=stale) for result in results]


def _told(result: Mapping[str, Any], version: int, *, stale: bool) -> Told:
    return Told(
        id=maybe(result, "id", str) or "",
        status=taken(result, "status", str),
        action=maybe(result, "action", str),
        match=_match(maybe(result, "match", dict)),
        reference=maybe(result, "reference", str),
        shadow_action=maybe(result, "shadow_action", str),
        list_version=version,
        stale=stale,
    )


def _match(told: Mapping[str, Any] | None) -> Match | None:
    if told is None:
        return None
    return Match(
        kind=taken(told, "kind", str),
        category=maybe(told, "category", str),
        sources=taken(told, "sources", int),
        distance_bits=taken(told, "distance_bits", int),
        film_share=_share(maybe(told, "film", dict)),
    )


def _share(film: Mapping[str, Any] | None) -> float | None:
    if film is None:
        return None
    share = film.get("share_of_query")
    if not isinstance(share, int | float) or isinstance(share, bool):
        raise Failure(Why.UNREADABLE, "share_of_query is not what it should be")
    return float(share)


def refusal_in(body: bytes) -> tuple[str, str, list[int]]:
    """The code of a refusal, its sentence, and the places of the items it is about."""
    try:
        error = taken(read_json(body), "error", dict)
        items = [one for one in error.get("items") or [] if isinstance(one, dict)]
    except Failure:
        return "", "", []
    places = [place for one in items if isinstance(place := one.get("index"), int)]
    return _text(error.get("code")), _text(error.get("message")), places


def _text(told: object) -> str:
    """Of another machine, and perhaps shown on a terminal."""
    return "".join(c for c in told[:300] if c.isprintable()) if isinstance(told, str) else ""

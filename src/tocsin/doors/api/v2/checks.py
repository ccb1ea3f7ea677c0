"""`POST /v2/checks`: up to 10,000 pictures by their fingerprints, answered one for one.

A body of `application/x-ndjson` is another matter: `stream` answers it line for line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import (
    MOST_FRAMES,
    MOST_VARIANTS,
    Door,
    Frame,
    Query,
    VersionTooOld,
    WrongVersion,
)
from tocsin.domain.receipts.queries import Issuer
from tocsin.domain.receipts.types import Request
from tocsin.doors.api.entering import by_bearer, let_ask
from tocsin.doors.api.http import JSON, Environ, Refused, Reply, media_type, read_body
from tocsin.doors.api.http import require_method as only
from tocsin.doors.api.limits import Allowance, RateLimit, cost_of
from tocsin.doors.api.v2 import repeats, told
from tocsin.doors.api.v2.database import database
from tocsin.doors.api.v2.levels import at_level, not_in_header, weight_of
from tocsin.doors.api.v2.receipts import giving
from tocsin.doors.api.v2.wire import (
    MOST_ERRORS_NAMED,
    MOST_ITEMS,
    CheckFrame,
    CheckItem,
    ChecksRequest,
    OnError,
    RawBatch,
    WrongItem,
)
from tocsin.engine.search import Level

MOST_BYTES = 8_000_000

_batch = msgspec.json.Decoder(ChecksRequest)
_raw_batch = msgspec.json.Decoder(RawBatch)
_item = msgspec.json.Decoder(CheckItem)
_anything = msgspec.json.Decoder()
# Where it is wrong, also inside a list; what is missing or unknown has no place of its own.
_PLACE = re.compile(r"`\$\.(\w+)")
_NAMED = re.compile(r"field `(\w+)`")

# Nesting without end is no JSON for us either.
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

NEEDS = {
    "id": "A text of 1 to 200 printable characters is needed.",
    "md5": "32 hexadecimal digits are needed.",
    "sha1": "40 hexadecimal digits are needed.",
    "sha256": "64 hexadecimal digits are needed.",
    "pdq": "64 hexadecimal digits are needed.",
    "pdq_512": "64 hexadecimal digits are needed.",
    "pdq_oriented": "64 hexadecimal digits are needed.",
    "pdq_variants": f"Up to {MOST_VARIANTS} times 64 hexadecimal digits are needed.",
    "frames": f"Up to {MOST_FRAMES:,} objects with pdq, quality and offset_s are needed.",
    "pdq_quality": "A number from 0 to 100 is needed.",
    "media_status": "A status of fingerprinting is needed, such as ok or flat.",
    "url": "A text of 1 to 8,192 characters is needed.",
    "uploaded_at": "A time such as 2026-03-03T10:00:00Z is needed.",
}


def check(
    environ: Environ,
    checker: Checker,
    limit: RateLimit,
    at: datetime,
    issuer: Callable[[], Issuer],
) -> Reply:
    """Answer a batch; raises Refused."""
    only(environ, "POST")
    key = by_bearer(environ, checker, at)
    let_ask(key, at)
    # The first token before the body is read, so that a key without any cannot keep us busy.
    allowance = limit.take(key)
    require_json(environ)
    not_in_header(environ)
    again = repeats.key_in(environ)
    body = read_body(environ, most_bytes=MOST_BYTES).getvalue()
    asked = _asked(body)
    queries = [query_of(item) for item in asked.items]
    if asked.level is not None:
        queries = [at_level(query, asked.level) for query in queries]
    if (cost := cost_of(weight_of(queries) + len(asked.refused))) > 1:
        allowance = limit.take(key, cost, paid=1)
    if again is not None:
        queries = repeats.with_hit_ids(queries, key, again, body)
    among = None if asked.since is None else _changed_since(checker, asked.since, allowance)
    answer = checker.check(key, queries, door=Door.CHECKS, at=at, among=among)
    give = giving(issuer(), Request(key, Door.CHECKS, at, queries)) if asked.wants_receipt else None
    return told.reply(answer, key, allowance, told.Beside(asked.refused, give, asked.since))


def _changed_since(checker: Checker, version: int, allowance: Allowance) -> frozenset[int]:
    """Raises Refused."""
    try:
        with database(allowance):
            return checker.changed_since(version)
    except WrongVersion as error:
        raise Refused(422, "no_such_version", str(error)) from None
    except VersionTooOld as error:
        raise Refused(410, "too_old", str(error)) from None


def require_json(environ: Environ) -> None:
    """Raises Refused 415 for a body that says it is something else."""
    if media_type(environ) not in {JSON, ""}:
        raise Refused(415, "not_json", f"Send {JSON}.")


class _Asked(NamedTuple):
    """The right items in order, the wrong ones by their place; and whether a receipt is wanted."""

    items: Sequence[CheckItem]
    refused: Mapping[int, WrongItem]
    receipt: bool
    level: Level | None
    since: int | None

    @property
    def wants_receipt(self) -> bool:
        """There is none for nothing."""
        return self.receipt and bool(self.items)


def _asked(body: bytes) -> _Asked:
    """Raises Refused."""
    try:
        request = _batch.decode(body)
    except msgspec.ValidationError:
        return _apart(_raw(body))
    except NOT_JSON:
        raise not_json() from None
    _refuse_receipt_of_news(request)
    level, since = request.level, request.since_version
    wrong = [
        found for index, item in enumerate(request.items) for found in wrong_in(index, item, level)
    ]
    if not wrong:
        return _Asked(request.items, {}, request.receipt, level, since)
    if request.on_error is OnError.BATCH:
        raise _wrong_items(wrong, len(request.items))
    refused = {found.index: found for found in reversed(wrong)}
    right = [item for index, item in enumerate(request.items) if index not in refused]
    return _Asked(right, refused, request.receipt, level, since)


def _apart(batch: RawBatch) -> _Asked:
    right: list[CheckItem] = []
    refused: dict[int, WrongItem] = {}
    for index, raw in enumerate(batch.items):
        item = item_in(index, raw, batch.level)
        if isinstance(item, WrongItem):
            refused[index] = item
        else:
            right.append(item)
    return _Asked(right, refused, batch.receipt, batch.level, batch.since_version)


def _refuse_receipt_of_news(asked: ChecksRequest | RawBatch) -> None:
    """A receipt proves that all of the lists was asked."""
    if asked.receipt and asked.since_version is not None:
        raise Refused(422, "no_receipt", "There is no receipt where since_version is given.")


def not_json() -> Refused:
    """The refusal of a body that no JSON reader would take."""
    return Refused(400, "not_json", "The body is not JSON.")


def query_of(item: CheckItem) -> Query:
    """What is asked about an item that has nothing wrong in it."""
    moment = item.uploaded_at
    return Query(
        client_id=item.id,
        md5=bytes.fromhex(item.md5) if item.md5 else None,
        sha1=bytes.fromhex(item.sha1) if item.sha1 else None,
        sha256=bytes.fromhex(item.sha256) if item.sha256 else None,
        pdq=bytes.fromhex(item.pdq) if item.pdq else None,
        pdq_quality=None if item.pdq_quality is None else int(item.pdq_quality),
        pdq_512=bytes.fromhex(item.pdq_512) if item.pdq_512 else None,
        pdq_oriented=bytes.fromhex(item.pdq_oriented) if item.pdq_oriented else None,
        url=item.url,
        uploaded_at=moment.astimezone(UTC) if moment else None,
        media_status=item.media_status,
        pdq_variants=tuple(map(bytes.fromhex, item.pdq_variants)) if item.pdq_variants else (),
        frames=tuple(map(_frame, item.frames)) if item.frames else (),
    )


def _frame(told: CheckFrame) -> Frame:
    return Frame(bytes.fromhex(told.pdq), int(told.quality), told.offset_s)


def wrong_in(index: int, item: CheckItem, level: Level | None = None) -> Iterator[WrongItem]:
    """What no single field shows: which fields belong together."""
    if level is Level.EXACT and not (item.md5 or item.sha1 or item.sha256):
        yield WrongItem(index, item.id, None, "The level exact needs md5, sha1 or sha256.")
    if not (item.md5 or item.sha1 or item.sha256 or item.pdq or item.frames):
        yield WrongItem(index, item.id, None, "At least one fingerprint is needed.")
    if (item.pdq is None) != (item.pdq_quality is None):
        field = "pdq_quality" if item.pdq else "pdq"
        yield WrongItem(index, item.id, field, "pdq and pdq_quality are needed together.")
    for name in ("pdq_512", "pdq_oriented", "pdq_variants") if item.pdq is None else ():
        if getattr(item, name) is not None:
            yield WrongItem(index, item.id, "pdq", f"{name} needs pdq beside it.")
    if item.uploaded_at is not None and not has_utc(item.uploaded_at):
        yield WrongItem(index, item.id, "uploaded_at", NEEDS["uploaded_at"])


def has_utc(moment: datetime) -> bool:
    """Whether the time still exists in UTC; the first and last day of all time may not."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return False
    return True


def item_in(
    index: int, raw: bytes | msgspec.Raw, level: Level | None = None
) -> CheckItem | WrongItem:
    """One item by itself, or the first thing that is wrong with it."""
    try:
        wrong = next(_wrong_in_raw(index, raw, level), None)
        return _item.decode(raw) if wrong is None else wrong
    except NOT_JSON:
        return WrongItem(index, None, None, "This is not JSON.")


def _raw(body: bytes) -> RawBatch:
    """A batch of which some are wrong, where these shall not refuse the others.

    Raises Refused otherwise, every wrong item named.
    """
    try:
        _anything.decode(body)
        batch = _raw_batch.decode(body)
    except msgspec.ValidationError:
        words = (
            'Send {"items": [...]}, "on_error", "receipt", "level" and "since_version" if you '
            "like, and nothing beside."
        )
        raise Refused(422, "wrong_batch", words) from None
    except NOT_JSON:
        # The first fault was found before the end, and what follows is no JSON at all.
        raise not_json() from None
    _refuse_receipt_of_news(batch)
    raws = batch.items
    if not 1 <= len(raws) <= MOST_ITEMS:
        raise Refused(422, "wrong_size", f"Send 1 to {MOST_ITEMS:,} items.")
    if batch.on_error is OnError.ITEM:
        return batch
    wrong = [
        found for index, raw in enumerate(raws) for found in _wrong_in_raw(index, raw, batch.level)
    ]
    raise _wrong_items(wrong, len(raws))


def _wrong_in_raw(index: int, raw: bytes | msgspec.Raw, level: Level | None) -> Iterator[WrongItem]:
    try:
        item = _item.decode(raw)
    except msgspec.ValidationError as error:
        # Only the field's name is taken from the error: its text may repeat what was sent.
        match = _PLACE.search(str(error)) or _NAMED.search(str(error))
        field = match[1] if match else None
        known = field in NEEDS
        sentence = NEEDS.get(field or "", "An object with known fields is needed.")
        yield WrongItem(index, _id_in(raw), field if known else None, sentence)
    else:
        yield from wrong_in(index, item, level)


def _id_in(raw: bytes | msgspec.Raw) -> str | None:
    told_id = item.get("id") if isinstance(item := _anything.decode(raw), dict) else None
    return told_id if isinstance(told_id, str) and len(told_id) <= 200 else None


def _wrong_items(wrong: list[WrongItem], items: int) -> Refused:
    count = len({found.index for found in wrong})
    return Refused(
        422,
        "wrong_items",
        f"{count} of {items} items are wrong, so nothing was checked.",
        more={"wrong_items": count, "items": wrong[:MOST_ERRORS_NAMED]},
    )

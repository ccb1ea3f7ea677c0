"""`POST /v2/feedback`: a provider says that an entry is right or wrong, and may appeal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from tocsin.domain.corrections.actions import Speaker, give_feedback
from tocsin.domain.corrections.types import STOPNCII, Verdict, Word
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, ListsSeen
from tocsin.doors.api.entering import by_bearer
from tocsin.doors.api.http import Environ, Refused, Reply, read_body
from tocsin.doors.api.http import require_method as only
from tocsin.doors.api.limits import RateLimit, cost_of
from tocsin.doors.api.v2.checks import NOT_JSON, not_json, require_json
from tocsin.doors.api.v2.database import database
from tocsin.doors.api.v2.wire import MOST_ERRORS_NAMED, WrongItem
from tocsin.doors.api.v2.wire_corrections import (
    FeedbackAnswered,
    FeedbackItem,
    FeedbackRequest,
    FeedbackResult,
)

MOST_BYTES = 2_000_000

_request = msgspec.json.Decoder(FeedbackRequest)
_PLACE = re.compile(r"`\$\.items\[(\d+|\.\.\.)\](?:\.(\w+))?`")
_KNOWN = set(FeedbackItem.__struct_fields__)


def say(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """Keep a batch of words; raises Refused."""
    only(environ, "POST")
    key = by_bearer(environ, checker, at)
    allowance = limit.take(key)
    require_json(environ)
    items = _decoded(read_body(environ, most_bytes=MOST_BYTES).getvalue())
    if (cost := cost_of(len(items))) > 1:
        allowance = limit.take(key, cost, paid=1)
    words = _words(items)
    with database(allowance):
        heard = give_feedback(words=words, speaker=_speaker(key), at=at)
    results = [FeedbackResult(h.reference, h.kept, h.now, h.appeal) for h in heard]
    body = msgspec.json.encode(FeedbackAnswered(results))
    return Reply(200, body, headers=allowance.headers())


def _speaker(key: CheckKey) -> Speaker:
    return Speaker(key.party_id, key.key_id, key.terms.lists is ListsSeen.TEST)


def _decoded(body: bytes) -> list[FeedbackItem]:
    try:
        return _request.decode(body).items
    except msgspec.ValidationError as error:
        # Only place and field: the error's text may repeat what was sent.
        match = _PLACE.search(str(error))
        field = match[2] if match and match[2] in _KNOWN else None
        message = "This is missing or has another form than described."
        raise Refused(422, "wrong_items", message, more={"field": field} if field else {}) from None
    except NOT_JSON:
        raise not_json() from None


def _words(items: Sequence[FeedbackItem]) -> list[Word]:
    wrong = list(_wrong(items))
    if wrong:
        raise Refused(
            422,
            "wrong_items",
            f"{len(wrong)} of {len(items)} items are wrong, so nothing was kept.",
            more={"wrong_items": len(wrong), "items": wrong[:MOST_ERRORS_NAMED]},
        )
    return [_word(item) for item in items]


def _wrong(items: Sequence[FeedbackItem]) -> Iterator[WrongItem]:
    for index, item in enumerate(items):
        own = item.verdict is not None and item.reason is not None
        theirs = item.feedback_value is not None
        halves = item.verdict is not None or item.reason is not None
        if own == theirs or (theirs and halves):
            sentence = "Give verdict and reason, or feedback_value in their place."
            yield WrongItem(index, None, "verdict", sentence)
        elif item.dispute and _said(item)[0] is not Verdict.DOWN:
            yield WrongItem(index, None, "dispute", "Only `down` can be disputed.")


def _word(item: FeedbackItem) -> Word:
    verdict, reason = _said(item)
    return Word(
        reference=item.reference,
        verdict=verdict,
        reason=reason,
        scope=item.fingerprint,
        dispute=item.dispute,
        for_person=item.for_person,
        words=item.words,
    )


def _said(item: FeedbackItem) -> tuple[Verdict, str]:
    if item.feedback_value is not None:
        return STOPNCII[item.feedback_value.value]
    return item.verdict or Verdict.SEEN, item.reason or ""

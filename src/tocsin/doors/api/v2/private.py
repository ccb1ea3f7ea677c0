"""`/v2/private`: comparing digests with what is new on the lists, without showing them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

import msgspec

from tocsin.domain.matching.queries import (
    Checker,
    DeltaAsked,
    DeltaNotReady,
    DeltaTooOld,
    PrivateDesk,
    WrongDelta,
)
from tocsin.domain.matching.types import CheckKey
from tocsin.doors.api.entering import by_bearer, let_ask
from tocsin.doors.api.http import Environ, Refused, Reply, read_body, require_method
from tocsin.doors.api.limits import RateLimit, cost_of
from tocsin.doors.api.v2.checks import NOT_JSON, not_json, require_json
from tocsin.doors.api.v2.wire_private import (
    MOST_ELEMENTS,
    EvaluateRequest,
    Evaluation,
    PrivateDelta,
    PrivateKey,
)
from tocsin.engine.index import IndexUnusable
from tocsin.engine.oprf import KEPT_BYTES, PROTOCOL, NotAnElement

MOST_BYTES = 200_000
SUITE = "ristretto255-SHA512, mode VOPRF (RFC 9497)"
# The policy of every row is looked at.
PAGE_COST = 10
MOST_NUMBER = 1 << 53

_request = msgspec.json.Decoder(EvaluateRequest)
_PARAMETERS = ("since", "through", "pages", "page")


class PrivateDoor:
    """The three addresses, over one desk."""

    def __init__(self, desk: PrivateDesk | None = None) -> None:
        self._desk = desk or PrivateDesk()

    def key(self, environ: Environ) -> Reply:
        """`GET /v2/private/key`, open to everybody; raises Refused."""
        require_method(environ, "GET")
        epoch, public = self._desk.public_key()
        told = PrivateKey(PROTOCOL.decode("ascii"), SUITE, epoch, _text(public))
        return Reply(200, msgspec.json.encode(told))

    def evaluate(self, environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
        """`POST /v2/private/evaluate`; raises Refused."""
        require_method(environ, "POST")
        key = _let_in(environ, checker, at)
        limit.take(key)
        require_json(environ)
        elements = _elements(read_body(environ, most_bytes=MOST_BYTES).getvalue())
        if (cost := cost_of(len(elements))) > 1:
            limit.take(key, cost, paid=1)
        try:
            told = self._desk.evaluate(checker, key, elements, at=at)
        except NotAnElement:
            raise _wrong(
                "Send elements of ristretto255, as Blind of RFC 9497 makes them."
            ) from None
        evaluated = [_text(one) for one in told.elements]
        answer = Evaluation(told.epoch, _text(told.public), evaluated, _text(told.proof))
        return Reply(200, msgspec.json.encode(answer))

    def delta(self, environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
        """`GET /v2/private/delta?since=V`; raises Refused."""
        require_method(environ, "GET")
        key = _let_in(environ, checker, at)
        limit.take(key, PAGE_COST)
        try:
            asked = DeltaAsked(**_numbers(environ))
            told = self._desk.delta(checker, key, asked, at=at)
        except WrongDelta as error:
            raise _wrong(f"{error}.".capitalize()) from None
        except DeltaTooOld as error:
            raise Refused(410, "too_old", str(error)) from None
        except (DeltaNotReady, IndexUnusable) as error:
            raise Refused(
                503, "unavailable", str(error), headers=(("Retry-After", "30"),)
            ) from error
        answer = PrivateDelta(
            told.epoch, told.list_version, told.page, told.pages, KEPT_BYTES, _text(told.values)
        )
        return Reply(200, msgspec.json.encode(answer))


def _let_in(environ: Environ, checker: Checker, at: datetime) -> CheckKey:
    key = by_bearer(environ, checker, at)
    if not key.may_compare_unseen:
        raise Refused(
            403,
            "not_agreed",
            "This key may not compare in private. Ask the organisation that issued it.",
        )
    let_ask(key, at)
    return key


def _elements(body: bytes) -> list[bytes]:
    try:
        told = _request.decode(body).elements
        return [base64.b64decode(one, validate=True) for one in told]
    except (msgspec.ValidationError, binascii.Error):
        raise _wrong(
            f'Send {{"elements": [...]}}: 1 to {MOST_ELEMENTS:,}, each 32 bytes in base64.'
        ) from None
    except NOT_JSON:
        raise not_json() from None


def _numbers(environ: Environ) -> Mapping[str, int]:
    told = parse_qsl(str(environ.get("QUERY_STRING") or "")[:200], keep_blank_values=True)
    names = [name for name, _ in told]
    if len(set(names)) < len(names) or not set(names) <= set(_PARAMETERS) or "since" not in names:
        raise _wrong("Give since, and for further pages through, pages and page; each once.")
    return {name: _number(value) for name, value in told}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:20]) < MOST_NUMBER):
        raise _wrong("since, through, pages and page are whole numbers.")
    return int(text[:20])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _wrong(words: str) -> Refused:
    return Refused(422, "wrong_request", words)

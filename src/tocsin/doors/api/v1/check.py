"""`POST /v1/check/{md5|sha1|photodna}` and its twin `/v1/test/check/…` for the test lists.

The shape is the one that existing clients speak (no official description is public): HTTP Basic,
the body is one hash as text, the answer is exactly `true` or `false`.

`true` says: listed, by an exact match on a list this key may see, and the advice for this key is to
block. A client takes `true` for "delete it" and this wire has no third word, so what is for review
answers `false`: entries that are held (disputed, or stopped because they hit too many), lists of
other than illegal material, and what too few organisations or people stand behind. The hit is
written down all the same, for the people here: of what was answered `false` no correction tells.
What could not be checked is never `false`: it is 503.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, Door, ListsSeen, Query, says_true
from tocsin.doors.api.entering import by_basic, let_ask
from tocsin.doors.api.http import TEXT, Environ, Refused, Reply, read_body, require_method
from tocsin.doors.api.limits import RateLimit

LIVE = "/v1/check/"
TEST = "/v1/test/check/"
MOST_BYTES = 4_096
PHOTODNA_BYTES = 144
_HEX = re.compile(rb"\A[0-9a-fA-F]+\Z")


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of hash on this wire: how it becomes a query, and how to ask for it in words."""

    query: Callable[[bytes], Query]
    width_bytes: int
    wanted: str
    base64_too: bool = False


FORMATS = {
    "md5": Format(lambda value: Query("", md5=value), 16, "32 hexadecimal digits"),
    "sha1": Format(lambda value: Query("", sha1=value), 20, "40 hexadecimal digits"),
    "photodna": Format(
        lambda value: Query("", photodna=value),
        PHOTODNA_BYTES,
        "288 hexadecimal digits or 192 base64 characters",
        base64_too=True,
    ),
}


def check(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """Answer one check; raises Refused."""
    path = str(environ["PATH_INFO"])
    prefix, door, lists = (
        (TEST, Door.V1_TEST, ListsSeen.TEST)
        if path.startswith(TEST)
        else (LIVE, Door.V1, ListsSeen.LIVE)
    )
    wanted = FORMATS.get(path.removeprefix(prefix))
    if wanted is None:
        names = ", ".join(FORMATS)
        raise Refused(404, "unknown_format", f"The formats here are {names}.")
    require_method(environ, "POST")
    key = by_basic(environ, checker, at)
    let_ask(key, at)
    allowance = limit.take(key)
    body = read_body(environ, most_bytes=MOST_BYTES).getvalue()
    query = wanted.query(_value(body.strip(), wanted))
    answer = checker.check(_asking(key, lists), [query], door=door, at=at)
    if answer.problem is not None:
        raise Refused(
            503, "unavailable", answer.problem, headers=(("Retry-After", "5"), *allowance.headers())
        )
    said = b"true" if says_true(answer.outcomes[0]) else b"false"
    return Reply(200, said, TEXT, allowance.headers())


def _asking(key: CheckKey, lists: ListsSeen) -> CheckKey:
    """The key as it asks here: the test twin is open to every key, the live lists to live keys."""
    if key.terms.lists is lists:
        return key
    if lists is ListsSeen.LIVE:
        if key.terms.lists is ListsSeen.OPEN:
            return key
        raise Refused(
            403, "test_key", f"This key is for the test lists: use {TEST}md5 and its like."
        )
    return replace(key, terms=replace(key.terms, lists=lists))


def _value(text: bytes, wanted: Format) -> bytes:
    if len(text) == wanted.width_bytes * 2 and _HEX.match(text):
        return bytes.fromhex(text.decode("ascii"))
    if wanted.base64_too and len(text) == wanted.width_bytes * 4 // 3:
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            pass
    raise Refused(400, "wrong_hash", f"The body must be one hash: {wanted.wanted}.")

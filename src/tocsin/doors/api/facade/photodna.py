"""The wire of PhotoDNA Cloud (`v1.0/Match`, `v1.0/MatchHash`), as public clients speak it.

Sources: MediaModeration of MediaWiki (status codes), Rocket.Chat's and Parea's clients (shapes).
The key stands in `Ocp-Apim-Subscription-Key`. PhotoDNA itself is never computed here: a picture is
looked up by our own fingerprints, a hash that the asker has computed by equality of its bytes.

Many clients look at `IsMatch` and at nothing else. So whatever was not checked is answered with an
HTTP status that is no success, with a status code that is not 3000, and without `IsMatch`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from tocsin.domain.matching.queries import Checker, query_of
from tocsin.domain.matching.types import AnswerStatus, CheckKey, Door, ListsSeen, Query
from tocsin.doors.api.entering import by_header
from tocsin.doors.api.facade.desk import UNDER_REVIEW, Read, Reading, ask, let_in
from tocsin.doors.api.http import (
    JSON,
    Environ,
    Refused,
    Reply,
    media_type,
    read_body,
    require_method,
)
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v1.check import PHOTODNA_BYTES
from tocsin.doors.api.v2.checks import NOT_JSON
from tocsin.doors.api.v2.media import MediaDesk, one_file

KEY_HEADER: Final = "HTTP_OCP_APIM_SUBSCRIPTION_KEY"
MOST_HASHES: Final = 5
MOST_INLINE_BYTES: Final = 28_000_000
"""Twenty megabytes of picture in base64, and what stands around it."""
EDGE_BYTES: Final = 924

OK, WRONG_PARAMETER, UNKNOWN = 3000, 3002, 3004
NO_IMAGE, PIXELS, TOO_LARGE = 3206, 3208, 3209
_CODES: Final = {
    **dict.fromkeys((400, 401, 404, 405), WRONG_PARAMETER),
    413: TOO_LARGE,
    415: NO_IMAGE,
}
_CODE_OF: Final = {
    "wrong_request": WRONG_PARAMETER,
    "wrong_hash": WRONG_PARAMETER,
    "edge_hash": WRONG_PARAMETER,
    "not_fetched": WRONG_PARAMETER,
}
NOT_FETCHED: Final = (
    "DataRepresentation URL is not served: this service fetches no address for a check. Send the "
    "picture itself."
)
EDGE_HASH: Final = (
    "This is an edge hash: only Microsoft's own service can read it. Send the PhotoDNA hash of "
    f"{PHOTODNA_BYTES} bytes, or the picture to Match."
)
# Too few pixels, or too little in them: there, a flat picture has no hash either.
_TOO_LITTLE: Final = frozenset({AnswerStatus.TOO_SMALL, AnswerStatus.FLAT})


class Data(Struct, frozen=True):
    """`{"DataRepresentation": …, "Value": …}`; further fields are ignored, as they are there."""

    DataRepresentation: str
    Value: str


_data = msgspec.json.Decoder(Data)
_hashes = msgspec.json.Decoder(Annotated[list[Data], Meta(min_length=1, max_length=MOST_HASHES)])


class PhotoDna:
    """Answers as PhotoDNA Cloud does."""

    places = ("v1.0/Match", "v1.0/MatchHash", "v1.0/MatchEdgeHash")

    def answer(
        self,
        environ: Environ,
        place: str,
        media: MediaDesk,
        checker: Checker,
        limit: RateLimit,
        at: datetime,
    ) -> Reply:
        """Raises Refused."""
        require_method(environ, "POST")
        key = by_header(environ, KEY_HEADER, checker, at)
        let_in(key, limit, at)
        if place == "v1.0/MatchEdgeHash":
            raise Refused(501, "edge_hash", EDGE_HASH)
        if place == "v1.0/Match":
            return _match(environ, key, media, checker, at)
        return _match_hashes(environ, key, checker, at)

    def refusal(self, refused: Refused) -> Reply:
        """A `Status` that is not 3000, and no `IsMatch`."""
        code = _CODE_OF.get(refused.code, _CODES.get(refused.status, UNKNOWN))
        body = {"Status": _status(code, refused.message), "TrackingId": "", **refused.more}
        return Reply(refused.status, msgspec.json.encode(body), headers=refused.headers)


def _match(
    environ: Environ, key: CheckKey, media: MediaDesk, checker: Checker, at: datetime
) -> Reply:
    tracking_id = str(uuid4())
    found = media.fingerprints(key, _picture(environ))
    # The tracking id goes with the hit, so that it can be asked about.
    query = query_of(found, tracking_id)
    (read,) = ask(key, [query], checker=checker, door=Door.PHOTODNA, at=at)
    told = _told(read, tracking_id, key)
    return Reply(_http_status([read]), msgspec.json.encode(told))


def _match_hashes(environ: Environ, key: CheckKey, checker: Checker, at: datetime) -> Reply:
    tracking_id = str(uuid4())
    body = read_body(environ, most_bytes=64_000).getvalue()
    sent = _decoded(_hashes.decode, body, f"Send 1 to {MOST_HASHES} hashes.")
    queries = [
        Query(f"{tracking_id}-{place}", photodna=_photodna(one.Value))
        for place, one in enumerate(sent)
    ]
    reads = ask(key, queries, checker=checker, door=Door.PHOTODNA, at=at)
    results = [
        _told(read, query.client_id, key) for read, query in zip(reads, queries, strict=True)
    ]
    told = {"TrackingId": tracking_id, "MatchResults": results}
    return Reply(_http_status(reads), msgspec.json.encode(told))


def _picture(environ: Environ) -> Callable[[], bytes]:
    """What reads the picture from the body: the bytes themselves, or base64 within JSON."""
    if media_type(environ) != JSON:
        return lambda: one_file(environ)

    def inline() -> bytes:
        body = read_body(environ, most_bytes=MOST_INLINE_BYTES).getvalue()
        words = 'Send {"DataRepresentation": "inline", "Value": "<base64>"}.'
        data = _decoded(_data.decode, body, words)
        if data.DataRepresentation.lower() == "url":
            raise Refused(422, "not_fetched", NOT_FETCHED)
        if data.DataRepresentation.lower() != "inline":
            raise Refused(422, "wrong_request", words)
        return _from_base64(data.Value, words)

    return inline


def _photodna(text: str) -> bytes:
    words = f"A PhotoDNA hash of {PHOTODNA_BYTES} bytes in base64 is needed."
    value = _from_base64(text, words)
    if len(value) == EDGE_BYTES:
        raise Refused(422, "edge_hash", EDGE_HASH)
    if len(value) != PHOTODNA_BYTES:
        raise Refused(422, "wrong_hash", words)
    return value


def _from_base64(text: str, words: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(422, "wrong_request", words) from None


def _decoded(decode: Callable[[bytes], Any], body: bytes, words: str) -> Any:
    try:
        return decode(body)
    except NOT_JSON:  # a validation error is a decoding error
        raise Refused(400, "wrong_request", words) from None


def _told(read: Read, tracking_id: str, key: CheckKey) -> dict[str, Any]:
    result: dict[str, Any] = {"TrackingId": tracking_id, "ContentId": None}
    if read.reading is Reading.UNCHECKED:
        return {"Status": _status(_unchecked_code(read), read.why), **result}
    if read.reading is Reading.HELD:
        return {"Status": _status(UNKNOWN, UNDER_REVIEW), **result}
    matched = read.reading is not Reading.CLEAR
    return {
        "Status": _status(OK, "OK"),
        **result,
        "IsMatch": matched,
        "MatchDetails": {"AdvancedInfo": [], "MatchFlags": [_flag(read, key)] if matched else []},
        "EvaluateResponse": None,
    }


def _flag(read: Read, key: CheckKey) -> dict[str, Any]:
    category = read.match.category if read.match else None
    return {
        "AdvancedInfo": [{"Key": "MatchId", "Value": read.reference or ""}],
        "Source": "Test" if key.terms.lists is ListsSeen.TEST else "Tocsin",
        "Violations": [category] if category else [],
    }


def _unchecked_code(read: Read) -> int:
    if read.status is AnswerStatus.TOO_LARGE:
        return TOO_LARGE
    return PIXELS if read.status in _TOO_LITTLE else NO_IMAGE


def _http_status(reads: Sequence[Read]) -> int:
    found = {read.reading for read in reads}
    if Reading.UNCHECKED in found:
        return 422
    return 409 if Reading.HELD in found else 200


def _status(code: int, description: str) -> dict[str, Any]:
    return {"Code": code, "Description": description, "Exception": None}

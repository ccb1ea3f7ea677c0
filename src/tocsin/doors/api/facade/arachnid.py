"""The wire of Arachnid Shield (`/v1/media/`, `/v1/url/`, `/v1/pdq/`), as its public SDK speaks it.

Source: `arachnid-shield-sdk` 0.2.2 on PyPI. HTTP Basic; every refusal is `{"detail": …}`, which the
SDK raises. It has two words for a match and one for none: what blocks is `csam`, what a person
should look at `harmful-abusive-material`; for all else there is an error. Where the other service
names the SHA of the listed file, this one names nothing: `near_match_details` stays empty.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from tocsin.domain.matching.queries import Checker, query_of
from tocsin.domain.matching.types import CheckKey, Door
from tocsin.doors.api.entering import by_basic
from tocsin.doors.api.facade.desk import (
    PDQ_BYTES,
    Read,
    Reading,
    ask,
    let_in,
    pdq_query,
    refuse_unsure,
)
from tocsin.doors.api.http import Environ, Refused, Reply, read_body, require_method
from tocsin.doors.api.limits import RateLimit, cost_of
from tocsin.doors.api.v2.checks import NOT_JSON, not_json
from tocsin.doors.api.v2.media import MediaDesk, client_id_of, one_file

MOST_BYTES: Final = 1_000_000
MOST_HASHES: Final = 10_000
NOT_FETCHED: Final = (
    "This service fetches no address for a check: nobody but you may have been told of it. Fetch "
    "the file yourself and send its bytes to v1/media/, or its PDQ to v1/pdq/."
)

_CLASS: Final = {
    Reading.SURE: "csam",
    Reading.REVIEW: "harmful-abusive-material",
    Reading.CLEAR: "no-known-match",
}


class Hashes(Struct, frozen=True):
    """The body of `v1/pdq/`: PDQ hashes in base64."""

    hashes: Annotated[list[str], Meta(min_length=1, max_length=MOST_HASHES)]


_hashes = msgspec.json.Decoder(Hashes)


class Arachnid:
    """Answers as Arachnid Shield does."""

    places = ("v1/media/", "v1/pdq/", "v1/url/")

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
        key = by_basic(environ, checker, at)
        let_in(key, limit, at)
        if place == "v1/url/":
            raise Refused(501, "not_fetched", NOT_FETCHED)
        if place == "v1/media/":
            return _media(environ, key, media, checker, at)
        return _pdq(environ, key, checker, limit, at)

    def refusal(self, refused: Refused) -> Reply:
        """`{"detail": …}`, from which the SDK makes its exception."""
        body = msgspec.json.encode({"detail": refused.message, "code": refused.code})
        return Reply(refused.status, body, headers=refused.headers)


def _media(
    environ: Environ, key: CheckKey, media: MediaDesk, checker: Checker, at: datetime
) -> Reply:
    client_id = client_id_of(environ)
    found = media.fingerprints(key, lambda: one_file(environ))
    reads = ask(key, [query_of(found, client_id)], checker=checker, door=Door.ARACHNID, at=at)
    refuse_unsure(reads)
    told: dict[str, object] = {
        "size_bytes": found.size_bytes,
        # The asker's own digests, never those of what matched.
        "sha1_base32": base64.b32encode(found.sha1).decode(),
        "sha256_hex": found.sha256.hex().upper(),
        **_classified(reads[0]),
        "near_match_details": [],
    }
    return Reply(200, msgspec.json.encode(told))


def _pdq(
    environ: Environ, key: CheckKey, checker: Checker, limit: RateLimit, at: datetime
) -> Reply:
    hashes = _decoded(read_body(environ, most_bytes=MOST_BYTES).getvalue())
    if (cost := cost_of(len(hashes))) > 1:
        limit.take(key, cost - 1)
    client_id = client_id_of(environ)
    queries = [pdq_query(_value(text, place), client_id) for place, text in enumerate(hashes)]
    reads = ask(key, queries, checker=checker, door=Door.ARACHNID, at=at)
    refuse_unsure(reads)
    scanned = {
        text: {**_classified(read), "near_match_details": None}
        for text, read in zip(hashes, reads, strict=True)
    }
    return Reply(200, msgspec.json.encode({"scanned_hashes": scanned}))


def _classified(read: Read) -> dict[str, str | None]:
    kind = None if read.kind is None else read.kind.value
    # Not of the other wire: names the entry to us when somebody says that it is wrong.
    more = {} if read.reference is None else {"reference": read.reference}
    return {"classification": _CLASS[read.reading], "match_type": kind, **more}


def _decoded(body: bytes) -> list[str]:
    try:
        return _hashes.decode(body).hashes
    except msgspec.ValidationError:
        words = f'Send {{"hashes": […]}}: 1 to {MOST_HASHES:,} PDQ hashes in base64.'
        raise Refused(422, "wrong_request", words) from None
    except NOT_JSON:
        raise not_json() from None


def _value(text: str, place: int) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != PDQ_BYTES:
        raise Refused(422, "wrong_hash", f"hashes[{place}] is no PDQ of 32 bytes in base64.")
    return value

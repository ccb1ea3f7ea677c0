"""The wire of Meta's Hasher-Matcher-Actioner (`m/lookup`, `m/raw_lookup`, `h/hash`, `status`).

Source: facebook/ThreatExchange at baefb4e, the blueprints of `hasher-matcher-actioner`. HMA has no
keys; here `Authorization: Bearer` is needed. Its GET carries a hash in the address, where proxies
and logs see it: so this facade is closed unless opened by a setting, and its query is taken out of
the request before anything else sees it. Banks say what to do, and nothing of the lists.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from tocsin.domain.matching.queries import Checker, query_of
from tocsin.domain.matching.types import CheckKey, Door, Query
from tocsin.doors.api.entering import by_bearer
from tocsin.doors.api.facade.desk import (
    Read,
    Reading,
    ask,
    let_in,
    pdq_query,
    refuse_unsure,
)
from tocsin.doors.api.facade.forms import the_one_file
from tocsin.doors.api.http import TEXT, Environ, Refused, Reply, read_body
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2.media import MOST_BYTES, MediaDesk, client_id_of
from tocsin.engine.fingerprints import Fingerprints

BLOCK_BANK: Final = "TOCSIN_BLOCK"
REVIEW_BANK: Final = "TOCSIN_REVIEW"
NOT_TOLD: Final = "not told"
MOST_FORM_BYTES: Final = MOST_BYTES + 100_000
"""The file and what a form puts around it."""

_BANKS: Final = {
    Reading.SURE: BLOCK_BANK,
    Reading.REVIEW: REVIEW_BANK,
    # HMA's banks are what a client acts by, so that this wire has a word for it.
    Reading.HELD: REVIEW_BANK,
}
_DIGITS: Final = {"pdq": 64, "video_md5": 32}
_FIELDS: Final = {"photo": "pdq", "video": "video_md5"}
_HEX: Final = re.compile(r"\A[0-9a-fA-F]*\Z")
_METHODS: Final = {
    "m/lookup": ("GET", "POST"),
    "m/raw_lookup": ("GET",),
    "h/hash": ("GET", "POST"),
    "status": ("GET",),
    "status/live": ("GET",),
}
_ADDRESSES: Final = ("QUERY_STRING", "REQUEST_URI", "RAW_URI")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that was let in."""

    key: CheckKey
    checker: Checker
    at: datetime
    client_id: str

    def about(self, query: Query) -> Read:
        """What is known; raises Refused for what could not be checked."""
        (read,) = ask(self.key, [query], checker=self.checker, door=Door.HMA, at=self.at)
        if read.reading is Reading.UNCHECKED:
            refuse_unsure([read])
        return read


class Hma:
    """Answers as HMA does."""

    places = tuple(_METHODS)

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
        query = _taken_out(environ)
        methods = _METHODS[place]
        method = str(environ["REQUEST_METHOD"])
        if method not in methods:
            allow = ", ".join(methods)
            raise Refused(405, "wrong_method", f"Use {allow} here.", headers=(("Allow", allow),))
        if place.startswith("status"):
            return _status(place, checker, at)
        key = by_bearer(environ, checker, at)
        let_in(key, limit, at)
        asked = _Asked(key, checker, at, client_id_of(environ))
        if "url" in query:
            words = "Hashing of addresses is disabled: this service fetches none for a check."
            raise Refused(403, "not_fetched", words)
        if place == "h/hash":
            return _hash(environ, asked, media)
        if method == "POST":
            return _lookup_file(environ, query, asked, media)
        return _lookup(place, query, asked)

    def refusal(self, refused: Refused) -> Reply:
        """`{"message": …}`."""
        body = msgspec.json.encode({"message": refused.message, "code": refused.code})
        return Reply(refused.status, body, headers=refused.headers)


def _taken_out(environ: Environ) -> dict[str, str]:
    """The query, which is not in the request any more: it holds a hash, and nobody may log it."""
    query = str(environ.get("QUERY_STRING") or "")
    if isinstance(environ, dict):
        for name in _ADDRESSES:
            if name in environ:
                environ[name] = str(environ[name]).partition("?")[0] if query else ""
        environ["QUERY_STRING"] = ""
    try:
        return dict(parse_qsl(query, max_num_fields=20))
    except ValueError:
        raise Refused(400, "wrong_query", "There are too many parameters.") from None


def _status(place: str, checker: Checker, at: datetime) -> Reply:
    if place == "status" and checker.problem(at) is not None:
        return Reply(503, b"INDEX-NOT-LOADED", TEXT, (("Retry-After", "5"),))
    return Reply(200, b"I-AM-ALIVE", TEXT)


def _lookup(place: str, query: Mapping[str, str], asked: _Asked) -> Reply:
    kind, signal = query.get("signal_type", ""), query.get("signal", "")
    if not kind or not signal:
        words = "Either url or both signal and signal_type are required"
        raise Refused(400, "wrong_query", words)
    read = asked.about(_signal_query(kind, signal, asked.client_id))
    banks = _in_banks(read, query)
    if place == "m/lookup":
        return _json(banks)
    matches: list[Any] = [match for found in banks.values() for match in found]
    if query.get("include_distance", "").lower() not in {"true", "1"}:
        matches = [match["bank_content_id"] for match in matches]
    return _json({"matches": matches})


def _lookup_file(
    environ: Environ, query: Mapping[str, str], asked: _Asked, media: MediaDesk
) -> Reply:
    field, found = _file(environ, asked.key, media)
    read = asked.about(query_of(found, asked.client_id))
    return _json({_FIELDS[field]: _in_banks(read, query)})


def _hash(environ: Environ, asked: _Asked, media: MediaDesk) -> Reply:
    if environ["REQUEST_METHOD"] != "POST":
        raise Refused(400, "wrong_query", "url is required")
    field, found = _file(environ, asked.key, media)
    if field == "video":
        return _json({"video_md5": found.md5.hex()})
    if found.pdq is None:
        raise Refused(400, "not_checked", "This is no picture that can be hashed.")
    return _json({"pdq": found.pdq.hex()})


def _file(environ: Environ, key: CheckKey, media: MediaDesk) -> tuple[str, Fingerprints]:
    fields: list[str] = []

    def read() -> bytes:
        body = read_body(environ, most_bytes=MOST_FORM_BYTES).getvalue()
        field, content = the_one_file(str(environ.get("CONTENT_TYPE") or ""), body)
        if field not in _FIELDS:
            raise Refused(400, "wrong_form", "no such content_type: name the file photo or video")
        fields.append(field)
        return content

    found = media.fingerprints(key, read)
    return fields[0], found


def _signal_query(kind: str, signal: str, client_id: str) -> Query:
    digits = _DIGITS.get(kind)
    if digits is None:
        raise Refused(400, "wrong_query", f"Known signal types are {', '.join(_DIGITS)}.")
    if len(signal) != digits or not _HEX.match(signal):
        raise Refused(400, "wrong_hash", f"invalid signal: {digits} hexadecimal digits are needed")
    value = bytes.fromhex(signal)
    return pdq_query(value, client_id) if kind == "pdq" else Query(client_id, md5=value)


def _in_banks(read: Read, query: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    bank = _BANKS.get(read.reading)
    wanted = set(query["banks"].split(",")) if query.get("banks") else set(_BANKS.values())
    return {bank: [_match(read)]} if bank in wanted else {}


def _match(read: Read) -> dict[str, Any]:
    reference = read.reference or ""
    # A number, as HMA's clients expect; it says no more than the reference, which is for this key.
    number = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:6], "big")
    distance = NOT_TOLD if read.match is None else str(read.match.distance_bits)
    return {"bank_content_id": number, "distance": distance, "reference": reference}


def _json(told: object) -> Reply:
    return Reply(200, msgspec.json.encode(told))

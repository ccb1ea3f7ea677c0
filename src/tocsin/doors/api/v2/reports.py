"""`POST /v2/reports`: somebody tells of an address; it lands on an analyst's desk."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
from django.db import DatabaseError, close_old_connections, connection

from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.intake.actions import check_signature, receive
from tocsin.domain.intake.types import NotSigned, Said, SignedRequest
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, ListsSeen, Query
from tocsin.domain.matching.types import Match as Known
from tocsin.domain.reports.types import (
    Channel,
    IncomingReport,
    Match,
    MatchKind,
    ReportRefused,
)
from tocsin.doors.api.entering import by_bearer
from tocsin.doors.api.http import Environ, Refused, Reply, read_body
from tocsin.doors.api.http import require_method as only
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2.checks import NOT_JSON, has_utc, not_json, require_json
from tocsin.doors.api.v2.wire import Reported, ReportedFingerprints, ReportRequest
from tocsin.doors.api.v2.wire_reports import StatedOfReport
from tocsin.engine.addresses import UnusableAddress

MOST_BYTES = 64_000

_request = msgspec.json.Decoder(ReportRequest)
_FIELD = re.compile(r"`\$\.([\w.]+)`|field `(\w+)`")
_KNOWN = {
    *ReportRequest.__struct_fields__,
    *ReportedFingerprints.__struct_fields__,
    *StatedOfReport.__struct_fields__,
}


def report(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """Keep one report; raises Refused."""
    only(environ, "POST")
    key = by_bearer(environ, checker, at)
    allowance = limit.take(key)
    require_json(environ)
    body = read_body(environ, most_bytes=MOST_BYTES).getvalue()
    request = _decoded(body)
    fingerprints = _fingerprints(request.fingerprints)
    match = checker.known(key, _query(fingerprints), at=at) if fingerprints else None
    incoming = _incoming(request, fingerprints, match, key)
    _let_go_of_lost_connections()
    try:
        signature = check_signature(key_id=key.key_id, request=_signed(environ, body), at=at)
        received = receive(
            report=incoming,
            said=_said(request),
            actor=Actor("key", key.key_id),
            at=at,
            signature=signature,
        )
    except NotSigned as error:
        raise Refused(401, "not_signed", str(error), headers=allowance.headers()) from None
    except UnusableAddress as error:
        raise _wrong("url", str(error)) from None
    except ReportRefused as error:
        raise _wrong(error.field, str(error)) from None
    except DatabaseError as error:
        raise Refused(
            503,
            "unavailable",
            "The report could not be kept; send it again, with the same client_reference.",
            headers=(("Retry-After", "5"), *allowance.headers()),
        ) from error
    finally:
        _let_go_of_lost_connections()
    told = Reported(received.report_id, received.repeated)
    return Reply(202, msgspec.json.encode(told), headers=allowance.headers())


def _let_go_of_lost_connections() -> None:
    """What Django does around its own requests."""
    if not connection.in_atomic_block:
        close_old_connections()


def _decoded(body: bytes) -> ReportRequest:
    try:
        request = _request.decode(body)
    except msgspec.ValidationError as error:
        # Only the field's name: the text may repeat what was sent.
        match = _FIELD.search(str(error))
        field = (match[1] or match[2]) if match else ""
        known = field if field.rpartition(".")[2] in _KNOWN else ""
        raise _wrong(known, "This is missing or has another form than described.") from None
    except NOT_JSON:
        raise not_json() from None
    if request.first_seen_at is not None and not has_utc(request.first_seen_at):
        raise _wrong("first_seen_at", "A time such as 2026-03-03T10:00:00Z is needed.")
    return request


def _incoming(
    request: ReportRequest,
    fingerprints: tuple[FingerprintValue, ...],
    match: Known | None,
    key: CheckKey,
) -> IncomingReport:
    seen = request.first_seen_at
    return IncomingReport(
        url=request.url,
        channel=Channel.API,
        party_id=key.party_id,
        words=request.words,
        category_hint=request.category_hint.value,
        fingerprints=fingerprints,
        client_reference=request.client_reference,
        first_seen_at=seen.astimezone(UTC) if seen else None,
        rehearsal=key.terms.lists is ListsSeen.TEST,
        match=_told(match),
    )


def _said(request: ReportRequest) -> Said:
    stated = request.stated
    if stated is None:
        return Said()
    return Said(
        source=stated.source,
        site_type=stated.site_type.value,
        referer=stated.referrer,
        iccam_number=stated.iccam_number,
        classification=stated.classification.value,
    )


def _signed(environ: Environ, body: bytes) -> SignedRequest:
    """The request as a signature may cover it: headers by their names, as WSGI gives them."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = str(environ.get("CONTENT_TYPE") or "")
    return SignedRequest(str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"]), headers, body)


def _query(fingerprints: tuple[FingerprintValue, ...]) -> Query:
    value = {f.kind: f.value for f in fingerprints}
    return Query(
        client_id="",
        md5=value.get(Kind.MD5),
        sha1=value.get(Kind.SHA1),
        sha256=value.get(Kind.SHA256),
        pdq=value.get(Kind.PDQ),
        pdq_quality=next((f.quality for f in fingerprints if f.kind is Kind.PDQ), None),
    )


def _told(match: Known | None) -> Match | None:
    """What the index knows, in the words of the reports room."""
    if match is None:
        return None
    return Match(MatchKind(match.kind.value), match.entry_ids, match.distance_bits)


def _fingerprints(sent: ReportedFingerprints | None) -> tuple[FingerprintValue, ...]:
    if sent is None:
        return ()
    if (sent.pdq is None) != (sent.pdq_quality is None):
        raise _wrong("fingerprints", "pdq and pdq_quality are needed together.")
    values = (
        (Kind.MD5, sent.md5),
        (Kind.SHA1, sent.sha1),
        (Kind.SHA256, sent.sha256),
        (Kind.PDQ, sent.pdq),
    )
    return tuple(
        FingerprintValue(
            kind,
            bytes.fromhex(value),
            int(sent.pdq_quality or 0) if kind is Kind.PDQ else None,
            hasher="client",
            dialect="full" if kind is Kind.PDQ else "",
        )
        for kind, value in values
        if value
    )


def _wrong(field: str, message: str) -> Refused:
    more = {"field": field} if field else {}
    return Refused(422, "wrong_report", message, more=more)

"""Receipts at the door: given with an answer; proofs, the log's head and our keys on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import parse_qs

import msgspec

from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import Answer
from tocsin.domain.receipts import queries
from tocsin.domain.receipts.queries import Issuer
from tocsin.domain.receipts.types import NotInLog, NotYetInLog, ProofGone, Request, Said
from tocsin.doors.api.entering import by_bearer
from tocsin.doors.api.http import Environ, Refused, Reply, require_method
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2.database import database
from tocsin.doors.api.v2.wire import ReceiptTold, Result
from tocsin.doors.api.v2.wire_receipts import (
    BatchPlace,
    Consistency,
    LogHead,
    LogPlace,
    ReceiptProof,
)
from tocsin.engine.receipts import LogProof, path_json

PREFIX = "/v2/receipts/"
PROOF = "/proof"
MOST_SIZE = 1 << 53

Give = Callable[[Answer, Sequence[Result]], ReceiptTold]


def wanted(environ: Environ) -> bool:
    """Whether `Tocsin-Receipt` asks for one; raises Refused for another word than true or false."""
    text = environ.get("HTTP_TOCSIN_RECEIPT", "false")
    if text not in {"true", "false"}:
        raise Refused(400, "wrong_receipt", "Tocsin-Receipt takes true or false.")
    return bool(text == "true")


def giving(issuer: Issuer, request: Request) -> Give:
    """What gives a receipt for the request, once it is answered."""

    def give(answer: Answer, results: Sequence[Result]) -> ReceiptTold:
        said = [Said(str(one.status), one.action.value if one.action else "") for one in results]
        issued = issuer.issue(request, answer, said)
        return ReceiptTold(issued.id, issued.jws, issued.salt)

    return give


def is_proof(path: str) -> bool:
    """Whether the path asks for the proof of a receipt."""
    return path.startswith(PREFIX) and path.endswith(PROOF)


def proof(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """That a receipt is in the log; raises Refused."""
    require_method(environ, "GET")
    key = by_bearer(environ, checker, at)
    allowance = limit.take(key)
    receipt_id = str(environ["PATH_INFO"]).removeprefix(PREFIX).removesuffix(PROOF)
    try:
        with database(allowance):
            found = queries.log_proof(receipt_id)
    except NotInLog:
        raise _not_in_log() from None
    except NotYetInLog:
        raise _not_yet() from None
    except ProofGone:
        raise _gone() from None
    return Reply(200, msgspec.json.encode(_told(found)), headers=allowance.headers())


def head(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """The newest signed head of the log; raises Refused."""
    require_method(environ, "GET")
    key = by_bearer(environ, checker, at)
    allowance = limit.take(key)
    earlier = _earlier(environ)
    with database(allowance):
        found = queries.log_head(earlier_size=earlier)
    since = None
    if found.earlier_size is not None and found.path is not None:
        since = Consistency(found.earlier_size, path_json(found.path))
    told = LogHead(found.size, found.jws, since)
    return Reply(200, msgspec.json.encode(told), headers=allowance.headers())


def keys(environ: Environ) -> Reply:
    """Our public keys, as a JWK set; open to everybody."""
    require_method(environ, "GET")
    return Reply(200, msgspec.json.encode(queries.key_set()))


def _told(found: LogProof) -> ReceiptProof:
    return ReceiptProof(
        found.receipt_id,
        BatchPlace(found.index, found.batch_size, path_json(found.batch_path)),
        LogPlace(found.log_index, path_json(found.log_path)),
        found.head,
    )


def _earlier(environ: Environ) -> int | None:
    told = parse_qs(str(environ.get("QUERY_STRING") or ""), keep_blank_values=True).get("from")
    if told is None:
        return None
    text = told[-1]
    if len(text) > 16 or not (text.isascii() and text.isdigit()) or int(text) > MOST_SIZE:
        raise Refused(422, "wrong_from", "from takes the size of an earlier head.")
    return int(text)


def _not_in_log() -> Refused:
    return Refused(
        404,
        "not_in_log",
        "The log has no such receipt. One of the last seconds may still come; one that was given "
        "in the last second before a process was killed never does, and holds all the same.",
        headers=(("Retry-After", "60"),),
    )


def _not_yet() -> Refused:
    return Refused(
        404,
        "not_in_log_yet",
        "The receipt is kept; its proof can be had once the next head is signed.",
        headers=(("Retry-After", "60"),),
    )


def _gone() -> Refused:
    return Refused(410, "proof_gone", "Proofs are made for two years; this receipt is older.")

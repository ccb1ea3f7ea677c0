"""Receipts as a process gives them, without a door in front."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings

from tests.domain.listing import asked
from tocsin.base.accounts.types import Tier
from tocsin.base.secrets import public_keys
from tocsin.domain.matching.types import (
    Action,
    Answer,
    AnswerStatus,
    CheckKey,
    Door,
    Outcome,
    PolicyTerms,
)
from tocsin.domain.receipts import queries
from tocsin.domain.receipts.issuing import Issuer
from tocsin.domain.receipts.types import Issued, Request, Said
from tocsin.engine import receipts
from tocsin.engine.receipts import Head, PublicKey

LATER = datetime(2030, 1, 1, tzinfo=UTC)
KEY = CheckKey("tk_a", 7, Tier.ACTION, 50.0, 100, None, "", PolicyTerms())


def give(issuer: Issuer, at: datetime, name: str = "beach") -> Issued:
    """A receipt for one question."""
    outcome = Outcome("u-1", AnswerStatus.LISTED, Action.BLOCK)
    request = Request(KEY, Door.CHECKS, at, [asked(name)])
    return issuer.issue(request, Answer(812, False, (outcome,)), [Said("listed", "block")])


def keys() -> dict[str, PublicKey]:
    """Our public keys."""
    ring = settings.TOCSIN_KEYS.ring("receipt")
    return {kid: PublicKey(kid, receipts.from_text(x)) for kid, x in public_keys(ring).items()}


def proven(issued: Issued) -> Head:
    """The head under which the receipt is proven to be in the log."""
    proof = queries.log_proof(issued.id)
    return receipts.prove_logged(issued.jws, proof, keys(), now=LATER)

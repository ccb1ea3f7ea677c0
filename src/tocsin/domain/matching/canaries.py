"""Canaries: pictures that are on no list and that every key is told of as found, so that a provider
can see that its program finds anything at all. They are never a hit: not kept, and in no figure.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tocsin.domain.matching.answering import in_shadow
from tocsin.domain.matching.searching import near_hashes
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    ListsSeen,
    MatchKind,
    Outcome,
    Query,
)


def canary(query: Query, key: CheckKey) -> MatchKind | None:
    """How a picture is the canary for this key; None when it is not. Digests are asked first."""
    known = _known()
    if query.sha256 == known.sha256 or query.sha1 == known.sha1 or query.md5 == known.md5:
        return MatchKind.EXACT
    if key.terms.lists is ListsSeen.OPEN:
        return None
    for value in near_hashes(query):
        if (int.from_bytes(value, "big") ^ known.pdq).bit_count() <= key.terms.near_radius_bits:
            return MatchKind.NEAR
    return None


def answer_to(query: Query, kind: MatchKind, key: CheckKey) -> Outcome:
    """What the key is told: as of a listed picture, without a reference, as there is no entry."""
    if kind is MatchKind.EXACT:
        outcome = Outcome(query.client_id, AnswerStatus.LISTED, Action.BLOCK)
    else:
        outcome = Outcome(query.client_id, AnswerStatus.NEAR, key.terms.near_action)
    return in_shadow(outcome) if key.terms.shadow else outcome


class _Known(NamedTuple):
    """The fingerprints of the canary."""

    sha256: bytes
    sha1: bytes
    md5: bytes
    pdq: int


@cache
def _known() -> _Known:
    told = json.loads((Path(__file__).parent / "canaries.json").read_text("utf-8"))
    sha256, sha1, md5, pdq = (
        bytes.fromhex(told[name]) for name in ("sha256", "sha1", "md5", "pdq")
    )
    return _Known(sha256, sha1, md5, int.from_bytes(pdq, "big"))

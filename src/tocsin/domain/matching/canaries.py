"""Canaries: pictures that are on no list and that every key is told of as found, so that a provider
can see that its program finds anything at all. They are never a hit: not kept, and in no figure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

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

_DIGESTS = ("sha256", "sha1", "md5")


def canary(query: Query, key: CheckKey) -> MatchKind | None:
    """How a picture is the canary for this key; None when it is not. Digests are asked first."""
    known = _known()
    told = [(name, getattr(query, name)) for name in _DIGESTS]
    if any(value == known[name] for name, value in told if value is not None):
        return MatchKind.EXACT
    if key.terms.lists is ListsSeen.OPEN:
        return None
    pdq = int.from_bytes(known["pdq"], "big")
    distances = ((int.from_bytes(v, "big") ^ pdq).bit_count() for v in near_hashes(query))
    within = any(bits <= key.terms.near_radius_bits for bits in distances)
    return MatchKind.NEAR if within else None


def answer_to(query: Query, kind: MatchKind, key: CheckKey) -> Outcome:
    """What the key is told: as of a listed picture, without a reference, as there is no entry."""
    if kind is MatchKind.EXACT:
        outcome = Outcome(query.client_id, AnswerStatus.LISTED, Action.BLOCK)
    else:
        outcome = Outcome(query.client_id, AnswerStatus.NEAR, key.terms.near_action)
    return in_shadow(outcome) if key.terms.shadow else outcome


@cache
def _known() -> Mapping[str, bytes]:
    told = json.loads((Path(__file__).parent / "canaries.json").read_text("utf-8"))
    return {name: bytes.fromhex(value) for name, value in told.items()}

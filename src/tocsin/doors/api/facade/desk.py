"""What all facades share: let a key in, ask, and read the answer as a wire of few words may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from tocsin.domain.hashlists.types import LEAST_NEAR_QUALITY
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import Action, AnswerStatus, CheckKey, Door, MatchKind, Query
from tocsin.doors.api.entering import let_ask
from tocsin.doors.api.http import Refused
from tocsin.doors.api.limits import RateLimit, cost_of
from tocsin.doors.api.v2 import told
from tocsin.doors.api.v2.wire import MatchTold, Result
from tocsin.engine.fingerprints import Status

PDQ_BYTES: Final = 32
ASSUMED_QUALITY: Final = LEAST_NEAR_QUALITY
"""Of a PDQ on a wire that has no word for its quality: just enough to be looked up."""

# PDQ cuts at the median, so about half of its bits are set; only a picture without any features
# is far from that.
_LEAST_SET, _MOST_SET = 64, 192


class Reading(Enum):
    """An outcome, as far as a client can act on it that knows of hits and misses only."""

    SURE = auto()
    """Known, and enough stands behind it to block."""
    REVIEW = auto()
    """Known, and a person should look."""
    HELD = auto()
    """Under dispute: neither to be blocked nor called clean."""
    CLEAR = auto()
    """Looked up in full, or in shadow mode, where nothing is to be done: not known."""
    UNCHECKED = auto()
    """Could not be looked at, so that nothing may be said."""


@dataclass(frozen=True, slots=True)
class Read:
    """One outcome as the key's tier may hear it. `kind` is None where nothing matched; `match` is
    there for the tier `detail` alone; `status` and `why` say why it was not checked."""

    reading: Reading
    status: AnswerStatus
    kind: MatchKind | None = None
    match: MatchTold | None = None
    reference: str | None = None
    why: str = ""


_WHY: Final = {
    AnswerStatus.FLAT: "it shows too little to tell it from other pictures",
    AnswerStatus.TOO_SMALL: "it is too small to tell it from other pictures",
    AnswerStatus.PARTIAL: "it is damaged, and only a part of it could be looked at",
    AnswerStatus.UNSUPPORTED: "it is no picture of a kind that can be looked at",
    AnswerStatus.CORRUPT: "it is damaged and cannot be looked at",
    AnswerStatus.TOO_LARGE: "it is too large to be looked at",
    AnswerStatus.UNAVAILABLE: "nothing can be looked up at the moment",
}
UNDER_REVIEW: Final = (
    "This is listed, but the entry is under review: keep the file back and have a person look."
)
_KINDS: Final = {AnswerStatus.LISTED: MatchKind.EXACT, AnswerStatus.NEAR: MatchKind.NEAR}


def let_in(key: CheckKey, limit: RateLimit, at: datetime, items: int = 1) -> None:
    """Raises Refused for a key that may not ask now."""
    let_ask(key, at)
    limit.take(key, cost_of(items))


def ask(
    key: CheckKey, queries: Sequence[Query], *, checker: Checker, door: Door, at: datetime
) -> list[Read]:
    """What is known of each; raises Refused 503 when nothing could be looked up."""
    answer = checker.check(key, queries, door=door, at=at)
    if answer.problem is not None or answer.list_version is None:
        words = answer.problem or _WHY[AnswerStatus.UNAVAILABLE]
        raise Refused(503, "unavailable", words, headers=(("Retry-After", "5"),))
    return [_read(one, key) for one in told.told(answer.outcomes, key.tier)]


def pdq_query(pdq: bytes, client_id: str) -> Query:
    """What is asked about a PDQ that comes without its quality: one of a picture without
    features is not looked up and answers that it was not checked."""
    ones = int.from_bytes(pdq, "big").bit_count()
    says_enough = _LEAST_SET <= ones <= _MOST_SET
    return Query(
        client_id,
        pdq=pdq,
        pdq_quality=ASSUMED_QUALITY if says_enough else 0,
        media_status=None if says_enough else Status.FLAT,
    )


def refuse_unsure(reads: Iterable[Read]) -> None:
    """Raises Refused for a wire that has no word for "held" or "not checked": 409 or 422."""
    places: dict[Reading, list[int]] = {Reading.UNCHECKED: [], Reading.HELD: []}
    every = list(reads)
    for place, read in enumerate(every):
        if read.reading in places:
            places[read.reading].append(place)
    for reading, found in places.items():
        if found:
            raise _unsure(reading, found, every)


def _unsure(reading: Reading, places: list[int], every: Sequence[Read]) -> Refused:
    held = reading is Reading.HELD
    words = UNDER_REVIEW if held else f"This was not checked: {every[places[0]].why}."
    if len(every) > 1:
        named = ", ".join(str(place) for place in places[:20])
        words = f"{words} (Of {len(every)}, numbered from 0: {named}. Ask without them again.)"
    return Refused(
        409 if held else 422, "under_review" if held else "not_checked", words,
        more={"places": places[:20]},
    )  # fmt: skip


def _read(result: Result, key: CheckKey) -> Read:
    status = AnswerStatus(result.status)
    if status in _WHY:
        return Read(Reading.UNCHECKED, status, why=_WHY[status])
    if status is AnswerStatus.NOT_LISTED or key.terms.shadow:
        return Read(Reading.CLEAR, status)
    if status is AnswerStatus.HELD:
        return Read(Reading.HELD, status, reference=result.reference)
    sure = Reading.SURE if result.action in {Action.BLOCK, None} else Reading.REVIEW
    return Read(sure, status, _KINDS[status], result.match, result.reference)

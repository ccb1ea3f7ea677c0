"""From the answer of a check to what a gate says; `docs/doors` says the same in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.types import Action, Answer, AnswerStatus, Outcome
from tocsin.doors.gates.types import Habits, Ruling, Told
from tocsin.engine.fingerprints import Status

MATCHED: Final = frozenset({AnswerStatus.LISTED, AnswerStatus.NEAR, AnswerStatus.HELD})
NAME: Final = "Tocsin"

MOST_WORDS_BYTES: Final = 1 << 20
# But tab, the ends of lines and pages, and escape, by which Japanese mail changes its letters.
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")

_WHY: Final = {
    AnswerStatus.PARTIAL: "the file is damaged or not whole",
    AnswerStatus.FLAT: "the picture shows too little",
    AnswerStatus.TOO_SMALL: "the picture is too small",
    AnswerStatus.UNSUPPORTED: "this kind of file cannot be looked at",
    AnswerStatus.CORRUPT: "the file is broken or empty",
    AnswerStatus.TOO_LARGE: "the file is too large to be looked at",
}


def told_of(
    answer: Answer, *, tier: Tier, habits: Habits, is_other_file: bool, check_id: str
) -> Told:
    """What to say of one file. `is_other_file`: it starts like no picture and no film.

    Never CLEAN for what could not be looked up, whatever the key's terms and the habits are; for a
    key in shadow mode, which is advised nothing, everything that was looked at is.
    """
    (outcome,) = answer.outcomes
    if outcome.status is AnswerStatus.UNAVAILABLE or answer.problem is not None:
        return unavailable("the lists cannot be looked up at the moment", check_id)
    reference = outcome.match.reference if outcome.match else None
    if _passes(outcome, habits, is_other_file):
        return Told(Ruling.CLEAN, check_id, reference=reference)
    if outcome.action is Action.BLOCK or outcome.status in MATCHED:
        name = f"{NAME}.{_named(outcome, tier)}"
        return Told(Ruling.FOUND, check_id, name=name, reference=reference)
    return Told(Ruling.UNCHECKED, check_id, words=_WHY.get(outcome.status, "no answer was found"))


class Unreadable(Exception):
    """What files there are in a message cannot be told, so that none of them can be checked."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.value)
        self.status = status


def unavailable(words: str, check_id: str) -> Told:
    """There is no answer; `words` say why."""
    return Told(Ruling.UNAVAILABLE, check_id, words=words)


def gravest(told: Iterable[Told]) -> Told:
    """Of the answers for the files of one message, the one that decides; the first of like ones."""
    return max(told, key=lambda one: one.ruling)


def is_words(data: bytes) -> bool:
    """Whether somebody may have typed this, in whatever letters.

    No picture of a kind that is read can be written without control bytes.
    """
    return len(data) <= MOST_WORDS_BYTES and _CONTROLS.search(data) is None


def _passes(outcome: Outcome, habits: Habits, is_other_file: bool) -> bool:
    if outcome.status in MATCHED:
        is_for_people = outcome.action in {Action.REVIEW, Action.HOLD}
        lets_pass = habits.lets_review_pass and not outcome.blocked_by
        return outcome.action is Action.NONE or (is_for_people and lets_pass)
    if outcome.action is Action.BLOCK:
        return False
    if outcome.status is AnswerStatus.NOT_LISTED or outcome.action is Action.NONE:
        return True
    is_of_no_kind = outcome.status is AnswerStatus.UNSUPPORTED and is_other_file
    return is_of_no_kind and habits.lets_other_files_pass


def _named(outcome: Outcome, tier: Tier) -> str:
    status = outcome.status
    if status not in MATCHED:
        return f"Unchecked.{_word(status)}"
    if outcome.action is Action.BLOCK:
        # A tier that hears yes or no is not told how the match came about.
        return _word(AnswerStatus.LISTED if tier is Tier.BOOLEAN else status)
    if tier is Tier.BOOLEAN:
        return _word(AnswerStatus.HELD)
    return f"{outcome.action.value.capitalize()}.{_word(status)}"


def _word(status: AnswerStatus) -> str:
    return "".join(part.capitalize() for part in status.value.split("_"))

"""What a gate makes of an answer that said less than was found."""

from __future__ import annotations

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.types import Action, Answer, AnswerStatus, Outcome
from tocsin.doors.gates.rules import told_of
from tocsin.doors.gates.types import Habits, Ruling


def ruling_on(outcome: Outcome) -> Ruling:
    told = told_of(
        Answer(1, False, (outcome,)),
        tier=Tier.BOOLEAN,
        habits=Habits(lets_review_pass=True),
        is_other_file=False,
        check_id="c",
    )
    return told.ruling


def test_a_match_to_be_blocked_passes_no_gate_for_being_told_as_held() -> None:
    plain = Outcome("", AnswerStatus.HELD, Action.REVIEW)
    beyond = Outcome("", AnswerStatus.HELD, Action.REVIEW, blocked_by=(1,))
    assert (ruling_on(plain), ruling_on(beyond)) == (Ruling.CLEAN, Ruling.FOUND)

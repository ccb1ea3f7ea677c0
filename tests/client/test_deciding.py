"""From a server's words to a verdict."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.client import Answer, Decision, OutagePolicy, Question, Why
from tocsin.client.deciding import KNOWN_ACTIONS, KNOWN_STATUSES, Policies, Told, verdict_on
from tocsin.engine.fingerprints import Status

HOLD = Policies(OutagePolicy.HOLD)
LOOKED_AT = Question(id="u", md5=bytes(16), media_status=Status.OK)


def told(status: str, action: str | None = None, shadow: str | None = None) -> Told:
    return Told("u", status, action, None, "k1.ref", shadow, 7, stale=False)


@pytest.mark.parametrize(
    ("said", "answer", "decision"),
    [
        (told("listed", "block"), Answer.LISTED, Decision.BLOCK),
        (told("listed", "review"), Answer.LISTED, Decision.HOLD),
        (told("near", "review"), Answer.LISTED, Decision.HOLD),
        (told("near", "block"), Answer.LISTED, Decision.BLOCK),
        (told("held", "review"), Answer.LISTED, Decision.HOLD),
        # The tier `boolean` hears no action.
        (told("listed"), Answer.LISTED, Decision.BLOCK),
        (told("held"), Answer.LISTED, Decision.HOLD),
        (told("not_listed"), Answer.NOT_LISTED, Decision.ALLOW),
        (told("not_listed", "none"), Answer.NOT_LISTED, Decision.ALLOW),
        # In shadow mode nothing is advised; without it, "none" for a match is no advice.
        (told("listed", "none", "block"), Answer.LISTED, Decision.ALLOW),
        (told("listed", "none"), Answer.LISTED, Decision.HOLD),
        (told("flat", "hold"), Answer.UNKNOWN, Decision.HOLD),
        (told("flat", "none"), Answer.UNKNOWN, Decision.HOLD),
        (told("flat", "none", "hold"), Answer.UNKNOWN, Decision.ALLOW),
        (told("corrupt", "block"), Answer.UNKNOWN, Decision.BLOCK),
        (told("too_large"), Answer.UNKNOWN, Decision.HOLD),
        (told("unsupported", "hold"), Answer.UNKNOWN, Decision.HOLD),
        (told("unavailable", "hold"), Answer.UNKNOWN, Decision.HOLD),
    ],
)
def test_what_each_word_comes_to(said: Told, answer: Answer, decision: Decision) -> None:
    verdict = verdict_on(said, LOOKED_AT, HOLD)
    assert (verdict.answer, verdict.decision) == (answer, decision)


def test_what_is_no_picture_goes_as_the_provider_chose() -> None:
    open_for_texts = Policies(OutagePolicy.CLOSED, unsupported=Decision.ALLOW)
    verdict = verdict_on(told("unsupported", "hold"), LOOKED_AT, open_for_texts)
    assert (verdict.answer, verdict.decision) == (Answer.UNKNOWN, Decision.ALLOW)
    assert verdict_on(told("unsupported", "block"), LOOKED_AT, open_for_texts).decision == "block"
    assert verdict_on(told("corrupt", "hold"), LOOKED_AT, open_for_texts).decision == "hold"


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_a_server_cannot_call_clean_what_was_not_looked_at(status: Status) -> None:
    question = Question(id="u", md5=bytes(16), media_status=status)
    verdict = verdict_on(told("not_listed", "none"), question, HOLD)
    assert (verdict.answer, verdict.why, verdict.status) == (
        Answer.UNKNOWN,
        Why.NOT_LOOKED_AT,
        status.value,
    )
    assert verdict.decision is Decision.HOLD


words = st.sampled_from(sorted(KNOWN_STATUSES)) | st.text(max_size=12)
actions = st.none() | st.sampled_from(sorted(KNOWN_ACTIONS)) | st.text(max_size=12)


@given(
    words,
    actions,
    st.none() | actions,
    st.sampled_from(list(OutagePolicy)),
    st.none() | st.sampled_from(list(Status)),
)
@settings(deadline=None)
def test_only_one_word_is_clean(
    status: str,
    action: str | None,
    shadow: str | None,
    outage: OutagePolicy,
    media_status: Status | None,
) -> None:
    question = Question(id="u", md5=bytes(16), media_status=media_status)
    verdict = verdict_on(told(status, action, shadow), question, Policies(outage))
    if verdict.answer is Answer.NOT_LISTED:
        assert status == "not_listed"
        assert action in {None, "none"}
        assert media_status in {None, Status.OK}
    if verdict.decision is Decision.ALLOW and verdict.answer is not Answer.NOT_LISTED:
        assert shadow is not None or verdict.decided_by is OutagePolicy.OPEN_AND_RECHECK


@given(st.sampled_from(["unavailable", "praise"]), st.sampled_from(list(OutagePolicy)))
@settings(deadline=None)
def test_the_outage_policy_decides_where_nobody_knows(status: str, outage: OutagePolicy) -> None:
    verdict = verdict_on(told(status, "hold"), LOOKED_AT, Policies(outage))
    assert verdict.answer is Answer.UNKNOWN
    assert verdict.decided_by is outage
    assert (verdict.decision, outage) in {
        (Decision.BLOCK, OutagePolicy.CLOSED),
        (Decision.HOLD, OutagePolicy.HOLD),
        (Decision.ALLOW, OutagePolicy.OPEN_AND_RECHECK),
    }

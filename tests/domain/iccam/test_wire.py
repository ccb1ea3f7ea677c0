"""What ICCAM's fields are called and what numbers stand in them; the wrong way round nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.hashlists.classification import Act, AgeBand, Observations
from tocsin.domain.hashlists.classification import Gender as Whom
from tocsin.domain.hashlists.types import Category
from tocsin.domain.iccam import codelists, rules, wire
from tocsin.domain.iccam.speaking import CallFailed
from tocsin.domain.iccam.types import (
    ActionType,
    Age,
    Assessment,
    Classification,
    ContentType,
    Gender,
    Reason,
    Told,
)
from tocsin.domain.visits.types import Outcome, Standing

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
ASSESSMENTS = st.builds(
    Assessment,
    st.sampled_from(Classification),
    st.sampled_from(Age),
    st.sampled_from(Gender),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("name", "enum"),
    [("actions", ActionType), ("reasons", Reason), ("classifications", Classification),
     ("ages", Age), ("genders", Gender), ("content_types", ContentType)],
)  # fmt: skip
def test_our_words_are_those_of_the_code_lists(name: str, enum: Any) -> None:
    assert {code.id for code in codelists.codes(name)} == {int(member) for member in enum}


def test_the_code_lists_have_what_is_known_of_them() -> None:
    assert len(codelists.codes("reasons")) == 21
    assert len(codelists.codes("payment_methods")) == 13
    assert len(codelists.codes("commercialities")) == 3
    assert (codelists.site_type("imagehost"), codelists.site_type("no such word")) == (20, 2)


def test_each_flag_stands_under_its_own_name() -> None:
    only = {
        "virtualContentCategorization": Assessment(Classification.BASELINE, virtual=True),
        "userGeneratedContentCategorization": Assessment(
            Classification.BASELINE, self_generated=True
        ),
        "childModelingCategorization": Assessment(Classification.BASELINE, child_modelling=True),
    }
    for name, told in only.items():
        sent = wire.assessment(told, "a")
        flags = {one: sent[one] for one in only}
        assert flags == {one: int(one == name) for one in only}
        assert all(type(value) is int for value in flags.values())


def test_what_was_observed_reaches_the_flag_of_the_same_meaning() -> None:
    told = rules.assessment_of(Category.BASELINE, Observations(self_generated=True))
    assert (told.self_generated, told.child_modelling, told.virtual) == (True, False, False)
    told = rules.assessment_of(Category.BASELINE, Observations(child_modelling=True))
    assert (told.self_generated, told.child_modelling, told.virtual) == (False, True, False)
    told = rules.assessment_of(Category.BASELINE, Observations(ai_generated=True))
    assert (told.self_generated, told.child_modelling, told.virtual) == (False, False, True)


@given(ASSESSMENTS)
def test_an_assessment_comes_back_as_it_was_sent(told: Assessment) -> None:
    sent = wire.assessment(told, "a")
    content = {
        "contentId": 1, "reportId": 2, "url": {"urlString": "x"}, "assignedCountryCode": "nl",
        "assessments": [{"classification": 4}, sent], "actions": [{"actionType": 3}],
    }  # fmt: skip
    now = wire.content(content)
    assert (now.assessment, now.assigned_country, now.actions) == (told, "NL", frozenset({3}))


@given(ASSESSMENTS)
def test_what_another_hotline_stated_is_an_observation_and_a_no_states_nothing(
    told: Assessment,
) -> None:
    seen = rules.observed_of(told)
    assert seen.self_generated is (True if told.self_generated else None)
    assert seen.child_modelling is (True if told.child_modelling else None)
    assert seen.virtual_or_drawn is (True if told.virtual else None)
    again = rules.assessment_of(Category.NATIONAL, seen)
    assert (again.age, again.gender) == (told.age, told.gender)


@pytest.mark.parametrize(
    ("category", "observed", "classification"),
    [
        (Category.BASELINE, Observations(), Classification.BASELINE),
        (Category.NATIONAL, Observations(), Classification.NATIONAL),
        (Category.UNKNOWN, Observations(), Classification.NATIONAL),
        (Category.B1, Observations(age_band=AgeBand.UNDER_16), Classification.NATIONAL),
        (Category.UNKNOWN,
         Observations(age_band=AgeBand.UNDER_7, act=Act.PENETRATIVE_OR_SADISM, real_child=True),
         Classification.BASELINE),
    ],
)  # fmt: skip
def test_baseline_is_said_only_of_what_certainly_is(
    category: Category, observed: Observations, classification: Classification
) -> None:
    assert rules.assessment_of(category, observed).classification is classification


def test_ages_and_genders() -> None:
    told = rules.assessment_of(
        Category.NATIONAL, Observations(age_band=AgeBand.UNDER_3, gender=Whom.BOTH)
    )
    assert (told.age, told.gender) == (Age.INFANT, Gender.BOTH)


def test_actions_up_to_three_carry_no_reason_and_the_others_must() -> None:
    for action in ActionType:
        needs = action > ActionType.REMOVED
        with pytest.raises(ValueError, match="reason"):
            Told(action, AT, None if needs else Reason.OTHER)
        sent = wire.action(Told(action, AT, Reason.LINK_EXPIRED if needs else None), "a")
        assert ("reasonId" in sent, "reasonText" in sent) == (needs, needs)
    told = wire.action(Told(ActionType.UNAVAILABLE, AT, Reason.NOT_FOUND_OR_SITE_DOWN), "a")
    assert (told["reasonId"], told["reasonText"]) == (9, "Error404NotFoundOrSiteDown")


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_there_is_never_told_to_be_gone(outcome: Outcome) -> None:
    told = rules.gone(outcome, AT)
    if outcome.standing is Standing.PRESENT:
        assert told is None
    elif told is not None and told.type is ActionType.REMOVED:
        assert outcome.standing is Standing.GONE


def test_how_it_was_gone_chooses_the_action_and_its_reason() -> None:
    assert rules.gone(None, AT) == Told(ActionType.REMOVED, AT)
    assert rules.gone(Outcome.PLACEHOLDER, AT) == Told(ActionType.REMOVED, AT)
    assert rules.gone(Outcome.LEGAL_451, AT) == Told(
        ActionType.UNAVAILABLE, AT, Reason.LEGALLY_UNABLE_TO_ACCESS
    )
    assert rules.gone(Outcome.DNS_GONE, AT) == Told(
        ActionType.UNAVAILABLE, AT, Reason.NOT_FOUND_OR_SITE_DOWN
    )


def test_why_it_is_not_illegal() -> None:
    for observed, reason in (
        (Observations(age_band=AgeBand.ADULT), Reason.ADULT_PORNOGRAPHY),
        (Observations(virtual_or_drawn=True), Reason.VIRTUAL),
        (Observations(act=Act.NONE), Reason.NUDISM_OR_NOT_SEXUALIZED),
        (Observations(age_band=AgeBand.UNDETERMINED), Reason.AGE_UNCLEAR),
        (Observations(), Reason.BELOW_THRESHOLD),
    ):
        assert rules.not_illegal_reason(observed) is reason


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["contentId", "reportId", "url", "urlString", "assessments", "actions",
                         "classification", "actionType", "sourceUrlPaymentMethods",
                         "reportContents", "virtualContentCategorization"]), inner, max_size=6),
    max_leaves=15,
)  # fmt: skip


@given(_JSON)
def test_no_answer_breaks_the_reader(told: object) -> None:
    readers = (wire.content, wire.report, wire.filed, lambda row: wire.numbers(row, "contentId"))
    for read in readers:
        try:
            read(told)  # type: ignore[no-untyped-call,unused-ignore]
        except CallFailed:
            continue

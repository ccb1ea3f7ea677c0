"""What an analyst is asked, as versioned data, and what becomes of the answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from tests.domain.desk import NOT_UNLAWFUL, UNLAWFUL, found, person, report
from tocsin.domain.hashlists.classification import (
    NOTHING_OBSERVED,
    Code,
    derive,
    observed,
)
from tocsin.domain.reports import queries, questions
from tocsin.domain.reports.desk_types import Answer, BadAnswer
from tocsin.domain.reports.questions.reading import LANGUAGES
from tocsin.domain.reports.types import FindingKind

AGE = Answer("inhope", "2026.1", "age", ("prepubescent",))
WHY = Answer("nl", "2026.1", "not_unlawful_because", ("AD",))


@pytest.mark.parametrize("one", questions.all_sets(), ids=lambda one: f"{one.name} {one.version}")
def test_every_set_speaks_all_languages_and_asks_nothing_twice(
    one: questions.QuestionSet,
) -> None:
    texts = [one.title, *(q.words for q in one.questions)]
    texts += [choice.words for q in one.questions for choice in q.answers]
    assert all(text.get(language) for text in texts for language in LANGUAGES)
    ids = [q.id for q in one.questions]
    assert len(ids) == len(set(ids))
    for question in one.questions:
        codes = [choice.code for choice in question.answers]
        assert len(codes) == len(set(codes))


@pytest.mark.parametrize("one", questions.all_sets(), ids=lambda one: f"{one.name} {one.version}")
def test_what_an_answer_implies_can_be_observed(one: questions.QuestionSet) -> None:
    for question in one.questions:
        for choice in question.answers:
            assert observed(choice.implies) is not None


def test_the_newest_version_is_asked_and_the_older_stays_readable() -> None:
    newest = questions.newest("nl")
    assert newest is not None
    assert questions.of_version("nl", newest.version) is newest
    assert questions.newest("nonsense") is None
    assert questions.asked(("nl", "nonsense")) == (newest,)


def test_an_article_is_offered_for_the_days_it_was_in_force() -> None:
    nl = questions.newest("nl")
    assert nl is not None
    article = nl.question("article")
    assert article is not None
    offered = {
        day: [choice.code for choice in article.answers if choice.offered(day)]
        for day in (date(2024, 6, 30), date(2024, 7, 1))
    }
    assert offered == {date(2024, 6, 30): ["240b"], date(2024, 7, 1): ["252"]}


def test_answers_are_told_in_the_codes_of_each_scheme() -> None:
    assert questions.codes_of([AGE], "iccam-v3") == {"age": (3,)}
    assert questions.codes_of([AGE], "nl-hotline") == {"age": ("PP",)}
    assert questions.codes_of([AGE], "nobody") == {}


def test_answers_say_what_was_observed_and_codes_follow_from_that() -> None:
    seen = questions.implied([AGE], observed({"act": "sexualised_exhibition"}))
    code = derive(seen, "ncmec-industry")
    assert isinstance(code, Code)
    assert code.code == "A2"


def test_what_is_stated_outright_is_not_overruled_by_an_answer() -> None:
    stated = observed({"age_band": "pubescent"})
    assert questions.implied([AGE], stated).age_band == "pubescent"
    assert questions.implied([], NOTHING_OBSERVED) == NOTHING_OBSERVED


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (replace(AGE, version="1.0"), FindingKind.UNLAWFUL),
        (replace(AGE, question="weather"), FindingKind.UNLAWFUL),
        (replace(AGE, values=("old",)), FindingKind.UNLAWFUL),
        (replace(AGE, values=()), FindingKind.UNLAWFUL),
        (replace(AGE, values=("infant", "pubescent")), FindingKind.UNLAWFUL),
        (AGE, FindingKind.NOT_UNLAWFUL),
        (WHY, FindingKind.UNLAWFUL),
    ],
)
def test_an_answer_that_is_not_asked_for_is_refused(answer: Answer, verdict: FindingKind) -> None:
    with pytest.raises(BadAnswer):
        questions.refuse(answer, verdict)


@pytest.mark.django_db
def test_answers_are_kept_with_the_version_they_were_given_to(now: datetime) -> None:
    number = report(now)
    found(number, person("anna"), now, replace(NOT_UNLAWFUL, answers=(WHY,)))
    assert queries.item(number).findings[0].answers == (WHY,)


@pytest.mark.django_db
def test_a_wrong_answer_leaves_no_finding(now: datetime) -> None:
    number = report(now)
    with pytest.raises(BadAnswer):
        found(number, person("anna"), now, replace(UNLAWFUL, answers=(WHY,)))
    assert queries.item(number).findings == ()

"""Naming a hoster: never by a number alone, never by one person, never without hearing it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings

from tests.domain.figures.test_counting import fact
from tocsin.base.audit.types import Actor
from tocsin.base.clock.actions import run_round
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.letters import queries as letters
from tocsin.base.secrets import verify
from tocsin.domain.figures import actions, naming, rules
from tocsin.domain.figures.actions import Decision
from tocsin.domain.figures.models import Naming
from tocsin.domain.figures.types import (
    HosterFigures,
    NamingState,
    Period,
    SamePerson,
    TooFewNotices,
    UnknownNaming,
    WordsNeeded,
)
from tocsin.domain.hosters.actions import add
from tocsin.domain.hosters.types import HosterTerms

pytestmark = pytest.mark.django_db

AT = datetime(2026, 7, 5, 9, 0, tzinfo=UTC)
PERIOD = Period(date(2026, 1, 1), date(2026, 6, 30))
ONE, OTHER = Actor("user", "1"), Actor("user", "2")


def figures(hoster: int, notices: int = 25) -> HosterFigures:
    sent = AT - timedelta(days=60)
    facts = [
        fact(n, hoster=f"hoster:{hoster}", notice_at=sent, last_present_at=AT, notices=4)
        for n in range(notices)
    ]
    return rules.monitor(facts, AT)[0]


def a_hoster(language: str = "en") -> int:
    terms = HosterTerms("Slow Hosting", "NL", language, "abuse@slow.example", ("slow.example",))
    return add(terms=terms, actor=ONE, at=AT)


def proposed(language: str = "en") -> int:
    return actions.propose(figures=figures(a_hoster(language)), period=PERIOD, actor=ONE, at=AT)


def state(number: int) -> NamingState:
    return NamingState(Naming.objects.get(pk=number).state)


def after_the_hearing(number: int) -> datetime:
    at = AT + naming.HEARING + timedelta(minutes=1)
    run_round(at=at, worker="test")
    assert state(number) is NamingState.TO_DECIDE
    return at


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_the_hoster_is_written_to_with_its_numbers_and_nobody_is_named_yet(language: str) -> None:
    number = proposed(language)
    [letter] = letters.about(f"naming:{number}")
    assert letter.to == "abuse@slow.example"
    assert letter.language == language
    text = letters.words(letter.message_id).text
    assert "25" in text
    assert "2026-08-02" in text
    assert naming.named() == {}


def test_before_the_hearing_is_over_nobody_can_be_named() -> None:
    number = proposed()
    with pytest.raises(MoveRefused):
        actions.decide(number=number, decision=Decision(True, "slow"), actor=OTHER, at=AT)
    assert state(number) is NamingState.HEARING


def test_another_person_decides_and_the_decision_is_signed() -> None:
    number = proposed()
    actions.hear(number=number, words="Our desk was ill.", actor=OTHER, at=AT)
    at = after_the_hearing(number)
    with pytest.raises(SamePerson):
        actions.decide(number=number, decision=Decision(True, "slow"), actor=ONE, at=at)
    with pytest.raises(WordsNeeded):
        actions.decide(number=number, decision=Decision(True, " "), actor=OTHER, at=at)
    actions.decide(number=number, decision=Decision(True, "Nothing was done."), actor=OTHER, at=at)
    row = Naming.objects.get(pk=number)
    ring = settings.TOCSIN_KEYS.ring("figures")
    message = naming.signed_text(row)
    assert verify(ring, message, key_id=row.key_id, signature=row.signature)
    row.counted["notices"] = 26
    changed = naming.signed_text(row)
    assert not verify(ring, changed, key_id=row.key_id, signature=row.signature)
    assert list(naming.named().values()) == ["Slow Hosting"]
    [view] = naming.namings()
    assert view.words == (("hoster", "Our desk was ill."), ("decision", "Nothing was done."))
    actions.withdraw(number=number, why="The numbers were wrong.", actor=ONE, at=at)
    assert naming.named() == {}


def test_what_nobody_decides_lapses() -> None:
    number = proposed()
    at = after_the_hearing(number)
    run_round(at=at + naming.DECIDE_WITHIN + timedelta(minutes=1), worker="test")
    assert state(number) is NamingState.LAPSED
    with pytest.raises(MoveRefused):
        actions.decide(number=number, decision=Decision(True, "late"), actor=OTHER, at=at)


def test_a_hoster_can_be_spared_before_the_end_of_the_hearing_and_proposed_again() -> None:
    number = proposed()
    with pytest.raises(MoveRefused, match="already"):
        actions.propose(
            figures=figures(Naming.objects.get(pk=number).hoster_id),
            period=PERIOD,
            actor=OTHER,
            at=AT,
        )
    actions.decide(number=number, decision=Decision(False, "It was us."), actor=OTHER, at=AT)
    assert state(number) is NamingState.NOT_NAMED
    hoster = Naming.objects.get(pk=number).hoster_id
    assert actions.propose(figures=figures(hoster), period=PERIOD, actor=ONE, at=AT) != number


def test_too_few_notices_name_nobody() -> None:
    with pytest.raises(TooFewNotices):
        actions.propose(figures=figures(a_hoster(), 3), period=PERIOD, actor=ONE, at=AT)
    with pytest.raises(UnknownNaming):
        actions.hear(number=9_999, words="?", actor=ONE, at=AT)


def test_every_cell_of_the_table_of_states_is_as_it_says() -> None:
    for name in naming.LIFE.names():
        for source in NamingState:
            if source in naming.LIFE.sources(name):
                assert naming.LIFE.target(name, source) in NamingState
            else:
                with pytest.raises(MoveRefused):
                    naming.LIFE.target(name, source)

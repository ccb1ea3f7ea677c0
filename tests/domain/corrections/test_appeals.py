"""Appeals as people make them: one reviewer, one decision, everybody told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.corrections.scenes import (
    a_list,
    corrections,
    provider,
    providers,
    put,
    say,
    summary,
    told,
    withdraw,
    work,
)
from tests.domain.desk import person
from tests.support import in_threads
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor
from tocsin.base.clock import actions as clock
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.clock.queries import due_at
from tocsin.domain.corrections import actions, queries, rules
from tocsin.domain.corrections.types import (
    AlreadyAppealed,
    AppealState,
    NothingToAppeal,
    ReviewedByAnother,
    UnknownAppeal,
    WordsNeeded,
)
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry

pytestmark = pytest.mark.django_db

MIA = Actor("user", "1")
BEN = Actor("user", "2")


def opened(now: datetime, entry: int) -> str:
    return actions.open_appeal(entry_id=entry, reason="not_csam", words="a logo", actor=MIA, at=now)


def state(number: str) -> AppealState:
    return queries.appeal(number).appeal.state


def test_an_upheld_appeal_withdraws_the_entry_and_tells_everybody(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one, two = providers(now, ["a", "b"])
    told(now, two, entry)
    number = say(now, one, entry, dispute=True).appeal
    assert number is not None
    actions.take(number=number, actor=MIA, at=now)
    actions.uphold(number=number, words="our own logo", actor=MIA, at=now)
    work(now)
    assert Entry.objects.get(pk=entry).status == 4
    assert [c.what.value for c in corrections(one)] == ["appeal_upheld"]
    assert corrections(one)[0].appeal == number
    assert summary(two) == [("withdrawn", [("upload-1", "not_listed")])]
    assert queries.appeal(number).outcome == "our own logo"


def test_a_dismissed_appeal_lets_the_entry_count_again(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    parties = providers(now, "abc")
    told(now, parties[0], entry)
    for who in parties:
        say(now, who, entry, dispute=True)
    work(now)
    number = queries.appeals(decided=False)[0].number
    actions.take(number=number, actor=MIA, at=now)
    actions.dismiss(number=number, words="it is what it says", actor=MIA, at=now)
    work(now)
    assert not Entry.objects.get(pk=entry).held
    assert [what for what, _ in summary(parties[0])] == ["held", "appeal_dismissed", "listed"]
    assert [what for what, _ in summary(parties[1])] == ["appeal_dismissed"]


def test_a_hold_that_is_not_ours_survives_a_dismissal(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    hashlists.hold_entry(entry_id=entry, reason="came in held", actor=BEN, at=now)
    for who in providers(now, "abc"):
        say(now, who, entry, dispute=True)
    number = queries.appeals(decided=False)[0].number
    actions.take(number=number, actor=MIA, at=now)
    actions.dismiss(number=number, words="no", actor=MIA, at=now)
    assert Entry.objects.get(pk=entry).held


def test_only_one_reviews_and_only_they_decide(now: datetime) -> None:
    number = opened(now, put(now, a_list(now), "logo"))
    with pytest.raises(ReviewedByAnother):
        actions.uphold(number=number, words="w", actor=MIA, at=now)
    actions.take(number=number, actor=MIA, at=now)
    actions.take(number=number, actor=MIA, at=now)  # again: fine
    with pytest.raises(ReviewedByAnother) as refused:
        actions.take(number=number, actor=BEN, at=now)
    assert refused.value.by == MIA.text
    with pytest.raises(ReviewedByAnother):
        actions.dismiss(number=number, words="w", actor=BEN, at=now)
    actions.give_back(number=number, actor=MIA, at=now)
    actions.take(number=number, actor=BEN, at=now)
    actions.dismiss(number=number, words="w", actor=BEN, at=now)
    with pytest.raises(MoveRefused):
        actions.take(number=number, actor=MIA, at=now)
    with pytest.raises(MoveRefused):
        actions.uphold(number=number, words="w", actor=BEN, at=now)


def test_a_decision_needs_words(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    number = opened(now, entry)
    actions.take(number=number, actor=MIA, at=now)
    for act in (actions.uphold, actions.dismiss, actions.ask_source):
        with pytest.raises(WordsNeeded):
            act(number=number, words=" ", actor=MIA, at=now)
    with pytest.raises(WordsNeeded):
        actions.open_appeal(entry_id=entry, reason="meme", words="", actor=MIA, at=now)


def test_one_entry_has_one_open_appeal_and_another_after_it(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    number = opened(now, entry)
    with pytest.raises(AlreadyAppealed) as refused:
        opened(now, entry)
    assert refused.value.number == number
    actions.take(number=number, actor=MIA, at=now)
    actions.dismiss(number=number, words="no", actor=MIA, at=now)
    assert opened(now, entry) != number


def test_nothing_is_decided_about_what_is_not_there(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    withdraw(now, entry)
    with pytest.raises(NothingToAppeal):
        opened(now, entry)
    with pytest.raises(hashlists.NoSuchEntry):
        opened(now, 999)
    with pytest.raises(UnknownAppeal):
        actions.take(number="A-2026-999999", actor=MIA, at=now)
    with pytest.raises(UnknownAppeal):
        actions.uphold(number="A-2026-999999", words="w", actor=MIA, at=now)


def test_an_entry_that_goes_by_another_way_settles_its_appeal(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    number = say(now, one, entry, dispute=True).appeal
    withdraw(now, entry)
    work(now)
    assert number is not None
    assert state(number) is AppealState.MOOT
    assert [c.what.value for c in corrections(one)] == ["appeal_moot"]


def test_an_appeal_that_waits_a_day_is_pressed_and_one_left_lying_goes_back(
    now: datetime,
) -> None:
    number = opened(now, put(now, a_list(now), "logo"))
    later = now + timedelta(hours=24)
    clock.run_round(at=later, worker="test")
    assert queries.appeal(number).appeal.attention == 1
    actions.take(number=number, actor=MIA, at=later)
    clock.run_round(at=later + timedelta(hours=3), worker="test")
    assert state(number) is AppealState.BEING_REVIEWED
    actions.take(number=number, actor=MIA, at=later + timedelta(hours=3))  # renews
    clock.run_round(at=later + timedelta(hours=5), worker="test")
    assert state(number) is AppealState.BEING_REVIEWED
    clock.run_round(at=later + timedelta(hours=7), worker="test")
    assert state(number) is AppealState.OPENED
    assert queries.appeal(number).appeal.reviewer == ""


def test_a_source_that_says_nothing_for_a_week_is_waited_for_no_longer(now: datetime) -> None:
    number = opened(now, put(now, a_list(now), "logo"))
    actions.take(number=number, actor=MIA, at=now)
    actions.ask_source(number=number, words="wrote to the police", actor=MIA, at=now)
    assert state(number) is AppealState.NEEDS_SOURCE
    clock.run_round(at=now + timedelta(days=7), worker="test")
    assert state(number) is AppealState.OPENED


@pytest.mark.parametrize("waits", sorted(rules.OPEN))
def test_exactly_the_waiting_states_have_their_clock(waits: AppealState, now: datetime) -> None:
    number = opened(now, put(now, a_list(now), "logo"))
    if waits is not AppealState.OPENED:
        actions.take(number=number, actor=MIA, at=now)
    if waits is AppealState.NEEDS_SOURCE:
        actions.ask_source(number=number, words="asked", actor=MIA, at=now)
    kinds = {waiting.then for waiting in rules.APPEAL.waiting.values()}
    ticking = {kind for kind in kinds if due_at(kind=kind, subject=number) is not None}
    assert ticking == {rules.APPEAL.waiting[waits].then}
    assert queries.appeal(number).appeal.due_at == now + rules.APPEAL.waiting[waits].within


def test_a_decided_appeal_has_no_clock(now: datetime) -> None:
    number = opened(now, put(now, a_list(now), "logo"))
    actions.take(number=number, actor=MIA, at=now)
    actions.dismiss(number=number, words="no", actor=MIA, at=now)
    kinds = {waiting.then for waiting in rules.APPEAL.waiting.values()}
    assert [kind for kind in kinds if due_at(kind=kind, subject=number)] == []


def test_every_move_is_in_the_audit(now: datetime) -> None:
    number = opened(now, put(now, a_list(now), "logo"))
    actions.take(number=number, actor=MIA, at=now)
    actions.uphold(number=number, words="it is Mrs Jansen's logo", actor=MIA, at=now)
    rows = AuditRow.objects.filter(subject=f"appeal:{number}").order_by("pk")
    assert [row.action for row in rows] == [
        "corrections.open",
        "corrections.take",
        "corrections.uphold",
    ]
    assert "Jansen" not in str([row.__dict__ for row in AuditRow.objects.all()])


@pytest.mark.django_db(transaction=True)
def test_two_who_take_it_at_once_do_not_both_have_it(now: datetime) -> None:
    people = [person("anna", Role.MANAGER), person("ben", Role.MANAGER)]
    number = opened(now, put(now, a_list(now), "logo"))
    results = in_threads(
        *[lambda who=who: actions.take(number=number, actor=who, at=now) for who in people]
    )
    assert sorted(type(r).__name__ for r in results) == ["NoneType", "ReviewedByAnother"]


@pytest.mark.django_db(transaction=True)
def test_one_decision_sent_twice_at_once_is_made_once(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    number = say(now, one, entry, dispute=True).appeal
    assert number is not None
    actions.take(number=number, actor=MIA, at=now)
    both = [actions.uphold, actions.dismiss]
    results = in_threads(
        *[lambda act=act: act(number=number, words="w", actor=MIA, at=now) for act in both]
    )
    assert sorted(type(r).__name__ for r in results) == ["MoveRefused", "NoneType"]
    assert len(corrections(one)) == 1

"""Messages both ways, what waits and its clock, and reports made in bad faith."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.doors.staff import TESTER, person
from tests.support import in_threads, run_worker_round
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reporters import actions, queries, rules
from tocsin.domain.reporters.actions import Form
from tocsin.domain.reporters.models import Message
from tocsin.domain.reporters.types import (
    EmptyMessage,
    NoSuchTalk,
    NotSo,
    Pace,
    Side,
    TalkState,
    Told,
    TooManyMessages,
    TooMuch,
)
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.desk_types import ReasonNeeded
from tocsin.engine.addresses import UnusableAddress

pytestmark = pytest.mark.django_db

LAKE = "https://pictures.example/lake.jpg"


@pytest.fixture
def talk(now: datetime) -> int:
    """The number of a conversation about one address, in which nothing waits."""
    return begin(now, "a")


def begin(at: datetime, form: str, urls: str = LAKE) -> int:
    sent = actions.send(form=Form(form * 32, "fr"), told=Told(urls=urls), pace=Pace.QUICK, at=at)
    return queries.find(sent.receipt)


def waits(talk_id: int) -> bool:
    return queries.talk(talk_id).row.state is TalkState.WAITING


def test_a_message_waits_until_somebody_answers(talk: int, now: datetime) -> None:
    ada = person("ada", Role.INTAKE, now)
    actions.write(talk_id=talk, words="  It moved. ", at=now)
    assert waits(talk)
    assert not queries.plain_talk(talk).read_by_desk
    actions.answer(talk_id=talk, words="Thank you.", actor=Actor("user", str(ada.pk)), at=now)
    assert not waits(talk)
    told = [(line.side, line.words, line.by) for line in queries.talk(talk).lines]
    assert told == [(Side.REPORTER, "It moved.", ""), (Side.DESK, "Thank you.", "ada")]


def test_a_reporter_never_learns_who_answered(talk: int, now: datetime) -> None:
    ada = person("ada", Role.INTAKE, now)
    actions.answer(talk_id=talk, words="Thank you.", actor=Actor("user", str(ada.pk)), at=now)
    assert [line.by for line in queries.plain_talk(talk).lines] == [""]


def test_words_are_sealed(talk: int, now: datetime) -> None:
    actions.write(talk_id=talk, words="a lake in the hills", at=now)
    assert "lake" not in Message.objects.get().sealed_words


@pytest.mark.parametrize("words", ["", "  \n "])
def test_an_empty_message_is_not_taken(words: str, talk: int, now: datetime) -> None:
    with pytest.raises(EmptyMessage):
        actions.write(talk_id=talk, words=words, at=now)
    with pytest.raises(EmptyMessage):
        actions.answer(talk_id=talk, words=words, actor=TESTER, at=now)


def test_a_message_that_is_too_long_is_not_taken(talk: int, now: datetime) -> None:
    with pytest.raises(TooMuch):
        actions.write(talk_id=talk, words="x" * (rules.MOST_MESSAGE + 1), at=now)


def test_a_reporter_writes_ten_times_a_day(talk: int, now: datetime) -> None:
    for _ in range(rules.MESSAGES_A_DAY):
        actions.write(talk_id=talk, words="again", at=now)
    with pytest.raises(TooManyMessages):
        actions.write(talk_id=talk, words="again", at=now + timedelta(hours=23))
    actions.write(talk_id=talk, words="again", at=now + timedelta(hours=25))


def test_what_waits_too_long_is_said_each_day(talk: int, now: datetime) -> None:
    actions.write(talk_id=talk, words="Hello?", at=now)
    run_worker_round(now + timedelta(hours=40))
    # Writing again does not put the answer off.
    actions.write(talk_id=talk, words="Hello?", at=now + timedelta(hours=40))
    for hours in (47, 49, 60, 74):
        run_worker_round(now + timedelta(hours=hours))
    overdue = AuditRow.objects.filter(action="reporters.overdue").order_by("id")
    assert [row.facts["round"] for row in overdue] == [1, 2]
    actions.answer(talk_id=talk, words="Here.", actor=TESTER, at=now + timedelta(hours=75))
    run_worker_round(now + timedelta(hours=200))
    assert overdue.count() == 2


def test_what_needs_no_answer_is_settled_once(talk: int, now: datetime) -> None:
    actions.write(talk_id=talk, words="Thanks!", at=now)
    actions.settle(talk_id=talk, actor=TESTER, at=now)
    assert not waits(talk)
    with pytest.raises(MoveRefused):
        actions.settle(talk_id=talk, actor=TESTER, at=now)


def test_those_that_wait_stand_first_longest_first(now: datetime) -> None:
    quiet, late, early = (
        begin(now, letter, f"https://{letter}.example/") for letter in ("a", "b", "c")
    )
    actions.write(talk_id=early, words="1", at=now)
    actions.write(talk_id=late, words="2", at=now + timedelta(minutes=5))
    page = queries.page()
    assert [row.id for row in page.rows] == [early, late, quiet]
    assert (page.total, page.waiting) == (3, 2)
    assert [row.id for row in queries.page(waiting_only=True).rows] == [early, late]


def test_a_flood_of_slow_words_does_not_hide_who_waits(now: datetime) -> None:
    for letter in "abc":
        told = Told(words="spam")
        actions.send(form=Form(letter * 32, "en"), told=told, pace=Pace.SLOW, at=now)
    later = begin(now + timedelta(hours=1), "d")
    actions.write(talk_id=later, words="Hello?", at=now + timedelta(hours=1))
    assert queries.page(waiting_only=True).rows[0].id == later


def test_an_address_found_in_words_is_reported_as_the_reporters(talk: int, now: datetime) -> None:
    number = actions.enter_address(talk_id=talk, url="https://hills.example/", actor=TESTER, at=now)
    assert number in queries.talk(talk).items
    assert len(queries.plain_talk(talk).items) == 2
    again = actions.enter_address(talk_id=talk, url="https://hills.example", actor=TESTER, at=now)
    assert again == number
    assert reports.item(number).report_count == 1
    with pytest.raises(UnusableAddress):
        actions.enter_address(talk_id=talk, url="not here", actor=TESTER, at=now)


def test_an_item_knows_the_conversations_about_it(talk: int, now: datetime) -> None:
    other = begin(now + timedelta(hours=1), "b")
    [number] = queries.talk(talk).items
    assert [row.id for row in queries.about(number)] == [other, talk]


def test_bad_faith_takes_back_what_it_added_and_only_that(talk: int, now: datetime) -> None:
    [number] = queries.talk(talk).items
    alone = reports.item(number).priority
    other = begin(now, "b", f"{LAKE}\nhttps://hills.example/")
    both = reports.item(number).priority
    assert both > alone

    actions.set_aside(talk_id=other, why="made up", actor=TESTER, at=now)
    assert reports.item(number).priority == alone
    hills = queries.talk(other).items[1]
    assert reports.item(hills).report_count == 0
    assert reports.item(hills).priority < alone
    with pytest.raises(NotSo):
        actions.set_aside(talk_id=other, why="made up", actor=TESTER, at=now)

    actions.put_back(talk_id=other, actor=TESTER, at=now)
    assert reports.item(number).priority == both
    with pytest.raises(NotSo):
        actions.put_back(talk_id=other, actor=TESTER, at=now)
    done = AuditRow.objects.filter(subject=f"conversation:{other}").values_list("action", flat=True)
    assert list(done) == ["reporters.send", "reporters.set_aside", "reporters.put_back"]


def test_an_address_entered_after_setting_aside_is_counted_once(talk: int, now: datetime) -> None:
    actions.set_aside(talk_id=talk, why="made up", actor=TESTER, at=now)
    number = actions.enter_address(talk_id=talk, url="https://h.example/", actor=TESTER, at=now)
    actions.put_back(talk_id=talk, actor=TESTER, at=now)
    assert reports.item(number).report_count == 1


def test_bad_faith_needs_a_reason(talk: int, now: datetime) -> None:
    with pytest.raises(ReasonNeeded):
        actions.set_aside(talk_id=talk, why=" ", actor=TESTER, at=now)
    assert not queries.talk(talk).row.set_aside


@pytest.mark.parametrize("act", ["answer", "settle", "set_aside", "put_back", "write"])
def test_there_must_be_a_conversation(act: str, now: datetime) -> None:
    more: dict[str, object] = {"words": "x"} if act in {"answer", "write"} else {}
    if act == "set_aside":
        more["why"] = "x"
    if act != "write":
        more["actor"] = TESTER
    with pytest.raises(NoSuchTalk):
        getattr(actions, act)(talk_id=9_999, at=now, **more)


@pytest.mark.django_db(transaction=True)
def test_set_aside_by_two_at_once_counts_once(now: datetime) -> None:
    talk_id = begin(now, "a")
    [number] = queries.talk(talk_id).items
    results = in_threads(
        *[
            lambda: actions.set_aside(talk_id=talk_id, why="x", actor=TESTER, at=now)
            for _ in range(2)
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotSo"]
    assert reports.item(number).report_count == 0

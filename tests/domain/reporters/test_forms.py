"""Forms as they are typed, sent, sent again, and left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from tests.doors.staff import TESTER
from tests.support import forget_what_is_over, in_threads, run_worker_round
from tocsin.base.audit.models import AuditRow
from tocsin.domain.reporters import actions, queries, rules, sealed
from tocsin.domain.reporters.actions import Form
from tocsin.domain.reporters.models import BegunForm, Conversation, SentReport
from tocsin.domain.reporters.types import (
    NOTHING,
    AlreadySent,
    NoSuchReceipt,
    NothingTold,
    Pace,
    PlainState,
    Sent,
    TalkState,
    Theme,
    Told,
    TooMuch,
)
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.models import Report

pytestmark = pytest.mark.django_db

FORM = Form("n" * 32, "nl")
TWO = Told(
    urls="https://pictures.example/lake.jpg\nhills.example/a/b\n\nthe third from above\n",
    theme=Theme.PICTURES,
    where="second post",
    words="I saw a landscape.",
)


def send(told: Told, at: datetime, form: Form = FORM, pace: Pace = Pace.QUICK) -> Sent:
    return actions.send(form=form, told=told, pace=pace, at=at)


def numbers() -> list[str]:
    return [row.number for row in reports.queue().rows]


def test_a_form_becomes_a_report_for_each_address_and_one_conversation(now: datetime) -> None:
    sent = send(TWO, now)
    assert (sent.addresses, sent.texts, sent.pace, sent.repeated) == (2, 1, Pace.QUICK, False)
    assert len(numbers()) == 2
    [report] = reports.item(numbers()[0]).reports
    assert "I saw a landscape." in report.words
    assert "the third from above" in report.words
    assert "second post" in report.words
    [talk] = queries.page().rows
    # A line that is no address is an item's nobody: somebody has to read it.
    assert talk.state is TalkState.WAITING
    assert talk.items == 2
    assert queries.talk(talk.id).told == TWO
    assert queries.talk(talk.id).texts == ("the third from above",)


def test_addresses_alone_wait_for_nobody_at_this_desk(now: datetime) -> None:
    send(Told(urls="https://pictures.example/lake.jpg"), now)
    assert [row.state for row in queries.page().rows] == [TalkState.QUIET]


def test_the_same_address_twice_in_a_form_is_one_report(now: datetime) -> None:
    urls = "https://pictures.example/lake.jpg\nHTTPS://Pictures.Example:443/lake.jpg#top\n"
    assert send(Told(urls=urls), now).addresses == 1
    assert Report.objects.count() == 1


def test_words_alone_are_a_report_that_waits_for_somebody(now: datetime) -> None:
    sent = send(Told(words="Somebody sells pictures in a chat."), now)
    assert sent.addresses == 0
    assert numbers() == []
    assert queries.waiting() == 1
    assert queries.plain_talk(queries.find(sent.receipt)).items == ()


@pytest.mark.parametrize("told", [NOTHING, Told(urls=" \n ", theme=Theme.LIVE, where="there")])
def test_a_form_without_address_and_words_is_not_taken(told: Told, now: datetime) -> None:
    with pytest.raises(NothingTold):
        send(told, now)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("field", list(rules.MOST))
def test_a_field_that_is_too_long_is_named(field: str, now: datetime) -> None:
    long: dict[str, Any] = {field: "x" * (rules.MOST[field] + 1)}
    told = replace(Told(urls="https://lake.example/"), **long)
    with pytest.raises(TooMuch) as refused:
        send(told, now)
    assert (refused.value.field, refused.value.most) == (field, rules.MOST[field])
    with pytest.raises(TooMuch):
        actions.keep(form=FORM, told=told, at=now)


def test_a_receipt_has_sixteen_digits_and_only_its_slow_hash_is_kept(now: datetime) -> None:
    receipt = send(TWO, now).receipt
    assert len(receipt) == 16
    assert receipt.isdigit()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own names
            assert receipt not in repr(cursor.fetchall()), table


def test_a_receipt_opens_its_conversation_however_it_is_spaced(now: datetime) -> None:
    receipt = send(TWO, now).receipt
    talk_id = queries.find(receipt)
    assert queries.find(rules.in_fours(receipt)) == talk_id
    assert queries.find("-".join(receipt[i : i + 4] for i in range(0, 16, 4))) == talk_id
    seen = queries.plain_talk(talk_id)
    assert seen.items == (PlainState.RECEIVED, PlainState.RECEIVED)


@pytest.mark.parametrize("typed", ["", "1234", "0" * 16, "x" * 16, "\u0661" * 16, "0" * 17])
def test_another_receipt_opens_nothing(typed: str, now: datetime) -> None:
    send(TWO, now)
    with pytest.raises(NoSuchReceipt):
        queries.find(typed)


def test_the_same_form_again_counts_nothing_and_gives_another_receipt(now: datetime) -> None:
    first = send(TWO, now)
    again = send(TWO, now + timedelta(minutes=14))
    assert again.repeated
    assert Report.objects.count() == 2
    assert queries.find(again.receipt) == Conversation.objects.get().pk
    with pytest.raises(NoSuchReceipt):
        queries.find(first.receipt)


def test_a_form_that_was_sent_long_ago_gives_no_receipt_to_whoever_finds_it(now: datetime) -> None:
    first = send(TWO, now)
    with pytest.raises(AlreadySent):
        send(TWO, now + timedelta(minutes=16))
    with pytest.raises(AlreadySent):
        actions.keep(form=FORM, told=TWO, at=now + timedelta(minutes=16))
    assert queries.find(first.receipt)


def test_what_is_typed_is_kept_sealed_and_gone_when_it_is_sent(now: datetime) -> None:
    actions.keep(form=FORM, told=Told(urls="https://la"), at=now)
    actions.keep(form=FORM, told=TWO, at=now)
    row = BegunForm.objects.get()
    assert sealed.open_told(row.sealed_told, context=f"form:{row.digest}") == TWO
    assert "lake" not in row.sealed_told
    assert FORM.number not in row.digest
    send(TWO, now)
    row.refresh_from_db()
    assert row.sealed_told == ""


def test_a_form_left_with_an_address_becomes_a_slow_report(now: datetime) -> None:
    actions.keep(form=FORM, told=TWO, at=now)
    run_worker_round(now + timedelta(minutes=19))
    assert numbers() == []
    actions.keep(form=FORM, told=TWO, at=now + timedelta(minutes=19))
    run_worker_round(now + timedelta(minutes=21))
    assert numbers() == []  # it was written on
    run_worker_round(now + timedelta(minutes=40))
    assert len(numbers()) == 2
    [talk] = queries.page().rows
    assert (talk.pace, talk.left) == (Pace.SLOW, True)
    assert not queries.talk(talk.id).has_receipt


def test_a_form_left_without_an_address_is_forgotten(now: datetime) -> None:
    actions.keep(form=FORM, told=Told(words="Should I say this?"), at=now)
    run_worker_round(now + timedelta(minutes=21))
    assert not BegunForm.objects.exists()
    assert not Conversation.objects.exists()
    assert not AuditRow.objects.filter(action__startswith="reporters.").exists()


def test_whoever_comes_back_to_a_left_form_completes_it(now: datetime) -> None:
    actions.keep(form=FORM, told=Told(urls="https://pictures.example/lake.jpg"), at=now)
    run_worker_round(now + timedelta(minutes=21))
    sent = send(TWO, now + timedelta(minutes=30))
    assert not sent.repeated
    assert Report.objects.count() == 2  # the first address is not counted twice
    [talk] = queries.page().rows
    assert talk.id == queries.find(sent.receipt)
    assert not talk.left


def test_a_form_forgotten_while_somebody_slept_can_still_be_sent(now: datetime) -> None:
    actions.keep(form=FORM, told=Told(words="hm"), at=now)
    run_worker_round(now + timedelta(minutes=21))
    assert send(TWO, now + timedelta(hours=1)).addresses == 2


def test_in_a_flood_everything_is_taken_and_told_that_it_goes_slowly(
    now: datetime, settings: Settings
) -> None:
    settings.TOCSIN_PUBLIC_PER_HOUR = 3
    sent = [
        send(Told(urls=f"https://lake{n}.example/"), now, Form(f"{n}" * 32, "en")) for n in range(5)
    ]
    assert [one.pace for one in sent] == [Pace.QUICK] * 3 + [Pace.SLOW] * 2
    assert len(numbers()) == 5
    later = send(Told(urls="https://x.example"), now + timedelta(hours=2), Form("z" * 32, "en"))
    assert later.pace is Pace.QUICK


def test_conversations_go_in_half_a_year_and_take_their_messages_along(now: datetime) -> None:
    sent = send(Told(urls="https://pictures.example/lake.jpg"), now)
    talk_id = queries.find(sent.receipt)
    actions.write(talk_id=talk_id, words="Is it gone?", at=now)
    run_worker_round(now + timedelta(days=181))
    forget_what_is_over(now + timedelta(days=181))
    assert Conversation.objects.exists()  # it waits for an answer
    actions.settle(talk_id=talk_id, actor=TESTER, at=now + timedelta(days=181))
    forget_what_is_over(now + timedelta(days=181 + 181))
    assert not Conversation.objects.exists()
    assert not SentReport.objects.exists()
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_report(now: datetime) -> None:
    first, second = in_threads(lambda: send(TWO, now), lambda: send(TWO, now))
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert {first.repeated, second.repeated} == {True, False}
    assert Report.objects.count() == 2
    assert Conversation.objects.count() == 1

"""A document is a batch, each of its lines has an outcome, and none is counted twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.desk import SYSTEM, party, report
from tests.domain.intake.scenes import FILE, take_in
from tests.support import expect_cell, in_threads, run_worker_round
from tocsin.base.accounts.types import PartyKind
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock.models import Due
from tocsin.base.outbox import actions as outbox
from tocsin.base.outbox import queries as outbox_queries
from tocsin.base.outbox.types import News
from tocsin.domain.intake import actions, queries, rules, working
from tocsin.domain.intake.models import Batch, Line, Stated
from tocsin.domain.intake.types import (
    Command,
    IntakeRefused,
    LineState,
    Origin,
    Said,
    Way,
    Why,
)
from tocsin.domain.reports import queries as desk
from tocsin.domain.reports.types import Channel

pytestmark = pytest.mark.django_db

URL = "https://host.example/p/1"
K, A, R = LineState.KEPT, LineState.ALREADY, LineState.REFUSED


def states() -> list[LineState]:
    found = Line.objects.order_by("batch_id", "number").values_list("state", flat=True)
    return [LineState(state) for state in found]


def test_each_line_has_an_outcome_and_good_ones_are_reports_on_the_desk(now: datetime) -> None:
    text = (
        f"{URL};https://ref.example/;ann@hotline.example;EXT-1;webform;imagehost\n"
        "host.example/p/2;;;;police;a shop\n"
        "ftp://host.example/3\n"
        ";on the back of a card;;EXT-4\n"
    )
    view = take_in(text, now)
    assert states() == [K, K, R, LineState.FOR_A_PERSON]
    assert (view.lines, view.waiting, view.again) == (4, 0, False)
    first, second, third, _ = queries.lines(view.id)
    assert third.why is Why.NOT_AN_ADDRESS
    item = desk.item(first.item_number)
    [told] = item.reports
    assert (told.channel, told.client_reference) == (Channel.FILE, "EXT-1")
    assert "Referrer: https://ref.example/" in told.words
    assert queries.said_of(first.item_number) == [
        Said("webform", "imagehost", "https://ref.example/")
    ]
    # A kind of site that hotlines' files do not know stands in the words alone.
    assert queries.said_of(second.item_number) == [Said("police")]
    assert "Site type: a shop" in desk.item(second.item_number).reports[0].words


def test_the_same_document_again_changes_nothing(now: datetime) -> None:
    first = take_in(f"{URL}\n", now)
    second = take_in(f"{URL}\n", now + timedelta(days=1))
    assert (second.id, second.again) == (first.id, True)
    assert desk.queue().rows[0].report_count == 1
    assert AuditRow.objects.filter(action="intake.receive").count() == 1


def test_a_re_report_counts_and_the_same_line_does_not(now: datetime) -> None:
    take_in(f"{URL};;;EXT-1\n{URL};;;EXT-1\n{URL}?utm_source=x;;;EXT-2\n", now)
    assert states() == [K, A, K]
    take_in(f"{URL};;;EXT-1\n{URL};;;EXT-3\n", now)
    assert states()[3:] == [A, K]
    assert desk.queue().rows[0].report_count == 3


def test_lines_without_a_reference_count_again_in_another_document(now: datetime) -> None:
    take_in(f"{URL}\n", now)
    take_in(f"{URL}\n\n", now)
    assert states() == [K, K]


def test_a_partys_own_reference_is_known_across_all_ways_in(now: datetime) -> None:
    hotline = party(now, "Hotline", PartyKind.HOTLINE)
    report(now, URL, party_id=hotline, client_reference="EXT-1")
    take_in(f"{URL};;;EXT-1", now, Origin(Way.FILE, party_id=hotline))
    assert states() == [A]
    assert desk.queue().rows[0].report_count == 1


def test_a_batch_that_broke_off_is_worked_on_by_the_clock(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(working, "work", broken)
    with pytest.raises(RuntimeError):
        take_in("".join(f"https://host.example/{n}\n" for n in range(45)), now)
    monkeypatch.undo()
    monkeypatch.setattr(working, "AT_ONCE", 20)
    assert set(states()) == {LineState.WAITING}
    run_worker_round(now)
    assert set(states()) == {K}
    assert not Due.objects.filter(kind=rules.WORK).exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_on_one_batch_keep_each_line_once(now: datetime) -> None:
    raw = "".join(f"https://host.example/{n}\n" for n in range(12)).encode()

    def take() -> object:
        return actions.take_in(raw=raw, origin=FILE, actor=SYSTEM, at=now)

    results = in_threads(take, take)
    assert not [one for one in results if isinstance(one, Exception)]
    assert Batch.objects.count() == 1
    assert states() == [K] * 12
    assert {row.report_count for row in desk.queue().rows} == {1}


def test_words_without_an_address_wait_for_a_person_with_a_clock(now: datetime) -> None:
    take_in(";on the back of a card\n", now)
    [line] = queries.for_a_person()
    run_worker_round(now + rules.FOR_A_PERSON_WITHIN)
    assert Line.objects.get().reminders == 1
    assert Due.objects.get(kind=rules.WAITS).due_at == now + 2 * rules.FOR_A_PERSON_WITHIN
    assert actions.deal_with(line_id=line.id, actor=SYSTEM, at=now)
    assert not actions.deal_with(line_id=line.id, actor=SYSTEM, at=now)
    assert not Due.objects.filter(kind=rules.WAITS).exists()


@pytest.fixture
def looking_again() -> Iterator[list[News]]:
    heard: list[News] = []
    outbox.consume(working.SAID_GONE, lambda news, at: heard.append(news), "test")
    yield heard
    del outbox._consumers[working.SAID_GONE]["test"]


def test_a_word_that_it_is_gone_is_kept_with_the_item_and_closes_nothing(
    now: datetime, looking_again: list[News]
) -> None:
    number = report(now, URL)
    before = desk.item(number)
    take_in(f"{URL}#top\nhttps://unknown.example/\n", now, Origin(Way.FILE, Command.SAID_REMOVED))
    assert states() == [LineState.STATED, R]
    after = desk.item(number)
    assert (after.state, after.report_count) == (before.state, before.report_count)
    assert "intake.said_removed" in [line.action for line in after.history]
    run_worker_round(now)
    assert looking_again[0].payload == {"item_id": after.id, "said": "said_removed"}


def test_nobody_is_told_where_nobody_listens(now: datetime) -> None:
    report(now, URL)
    take_in(f"{URL}\n", now, Origin(Way.FILE, Command.SAID_UNAVAILABLE))
    run_worker_round(now)
    assert not outbox_queries.dead_letters()
    assert outbox_queries.waiting() == 0
    assert states() == [LineState.STATED]


def test_a_document_that_is_refused_leaves_nothing(now: datetime) -> None:
    with pytest.raises(IntakeRefused):
        take_in("\n\n", now)
    assert not Batch.objects.exists()


def test_an_export_has_every_line_and_no_formula(now: datetime) -> None:
    view = take_in(f'{URL};"=cmd|x";@sum;-1\n\'=x\nhttps://b.example/;"a ""b"";c"\n', now)
    text = actions.export(batch_id=view.id, actor=SYSTEM, at=now)
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == list(queries.COLUMNS)
    assert [row[:2] for row in rows[1:]] == [["1", "kept"], ["2", "refused"], ["3", "kept"]]
    assert rows[1][5:8] == ["'=cmd|x", "'@sum", "'-1"]
    assert rows[2][4] == "'=x"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert AuditRow.objects.filter(action="intake.export", subject=f"batch:{view.id}").exists()


@given(st.lists(st.text(max_size=60), max_size=12))
@settings(deadline=None, max_examples=40)
def test_no_line_is_lost(lines: list[str]) -> None:
    from django.db import transaction

    now = datetime.fromisoformat("2026-03-03T10:00:00+00:00")
    text = "\n".join(lines)
    with transaction.atomic():
        try:
            view = take_in(text.encode("utf-8", "replace"), now)
        except IntakeRefused:
            return
        numbers = list(Line.objects.filter(batch=view.id).values_list("number", flat=True))
        assert all(one < other for one, other in pairwise(sorted(numbers)))
        assert view.lines == len(numbers) == sum(view.counts.values())
        assert not view.waiting
        transaction.set_rollback(True)


_TABLE = {
    ("keep", LineState.WAITING): LineState.KEPT,
    ("know", LineState.WAITING): LineState.ALREADY,
    ("note", LineState.WAITING): LineState.STATED,
    ("refuse", LineState.WAITING): LineState.REFUSED,
    ("ask", LineState.WAITING): LineState.FOR_A_PERSON,
    ("deal", LineState.FOR_A_PERSON): LineState.DEALT_WITH,
}


@pytest.mark.parametrize("name", sorted(rules.LIFE.names()))
@pytest.mark.parametrize("state", LineState)
def test_every_cell_of_a_lines_life(name: str, state: LineState) -> None:
    expect_cell(rules.LIFE, _TABLE, name, state)


def test_a_referrer_that_was_kept_opens_again(now: datetime) -> None:
    take_in(f"{URL};https://ref.example/secret\n", now)
    assert "secret" not in Stated.objects.get().sealed_referer

"""Two at the same moment, in real threads with connections of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from tests.domain.desk import (
    SYSTEM,
    UNLAWFUL,
    found,
    incoming,
    listed,
    party,
    person,
    picture,
    report,
    two_must_agree,
)
from tests.domain.desk import hit as new_hit
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.reports import actions, clusters, police, queries
from tocsin.domain.reports.desk_types import PoliceReason
from tocsin.domain.reports.models import Finding, Item, Report
from tocsin.domain.reports.types import ItemState, NothingToAgree, NotTaken, TakenByAnother

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned or raised, all having started together."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait(timeout=20)
        try:
            return act()
        except (TakenByAnother, NotTaken, MoveRefused) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refused(results: Sequence[object]) -> list[object]:
    return [result for result in results if isinstance(result, Exception)]


def test_two_analysts_take_one_item_and_one_gets_it(now: datetime) -> None:
    number, anna, ben = report(now), person("anna"), person("ben")
    results = at_once(
        lambda: actions.take(number=number, actor=anna, at=now),
        lambda: actions.take(number=number, actor=ben, at=now),
    )
    (told,) = refused(results)
    assert isinstance(told, TakenByAnother)
    assert told.by == queries.item(number).holder


def test_a_finding_sent_twice_at_once_is_one_finding(now: datetime) -> None:
    number, anna = report(now, fingerprints=picture("new")), person("anna")
    actions.take(number=number, actor=anna, at=now)
    results = at_once(
        *(lambda: actions.assess(number=number, finding=UNLAWFUL, actor=anna, at=now),) * 3
    )
    assert len(refused(results)) == 2
    assert Finding.objects.count() == 1
    assert Message.objects.filter(topic=actions.FOUND_UNLAWFUL).count() == 1
    assert Entry.objects.count() == 1


def test_the_same_hit_twice_at_once_is_one_report(now: datetime) -> None:
    told = new_hit(now, party(now), listed(now, "known"), "known")
    at_once(*(lambda: actions.open_from_hit(hit_id=told, at=now),) * 3)
    assert Report.objects.count() == 1
    assert Item.objects.get().report_count == 1


def test_two_reports_of_one_new_address_at_once_are_one_item_counted_twice(now: datetime) -> None:
    at_once(*(lambda: actions.receive_report(report=incoming(), actor=SYSTEM, at=now),) * 4)
    item = Item.objects.get()
    assert item.report_count == 4
    assert item.reports.count() == 4


def test_many_new_items_at_once_get_numbers_without_gap_or_repeat(now: datetime) -> None:
    def tell(n: int) -> Callable[[], object]:
        told = incoming(f"https://a.example/{n}")
        return lambda: actions.receive_report(report=told, actor=SYSTEM, at=now)

    at_once(*(tell(n) for n in range(6)))
    numbers = sorted(Item.objects.values_list("number", flat=True))
    assert numbers == [f"T-2026-{n:06d}" for n in range(1, 7)]


def test_a_correction_and_an_agreement_at_once_leave_nothing_half_done(now: datetime) -> None:

    number, anna, ben = report(now, fingerprints=picture("new")), person("anna"), person("ben")
    actions.take(number=number, actor=anna, at=now)
    actions.assess(number=number, finding=UNLAWFUL, actor=anna, at=now)

    def agree() -> object:
        try:
            return actions.agree(number=number, actor=ben, at=now)
        except NothingToAgree as too_late:
            return too_late

    at_once(agree, lambda: actions.correct(number=number, why="wrong", actor=ben, at=now))
    item = queries.item(number)
    assert item.state is ItemState.NOT_UNLAWFUL
    assert item.findings[0].corrected


def test_two_second_looks_at_once_are_one(now: datetime) -> None:
    two_must_agree(now)
    number = report(now, fingerprints=picture("new"))
    anna, ben, cleo = person("anna"), person("ben"), person("cleo")
    found(number, anna, now)
    results = at_once(
        lambda: actions.review(number=number, finding=UNLAWFUL, actor=ben, at=now),
        lambda: actions.review(number=number, finding=UNLAWFUL, actor=cleo, at=now),
    )
    assert len(refused(results)) == 1
    assert Finding.objects.count() == 2
    assert Message.objects.filter(topic=actions.FOUND_UNLAWFUL).count() == 1


def test_items_placed_at_once_find_each_other(now: datetime) -> None:
    numbers = [report(now, f"https://a.example/{n}", fingerprints=picture("one")) for n in range(4)]
    at_once(*(partial(clusters.place, number, now) for number in numbers))
    assert len(set(Item.objects.values_list("cluster_id", flat=True))) == 1
    assert Item.objects.filter(cluster_lead=True).count() == 1


def test_a_hold_let_go_twice_at_once_begins_one_takedown(now: datetime) -> None:
    number, anna, pol = report(now), person("anna"), person("pol")
    found(number, anna, now, replace(UNLAWFUL, police=PoliceReason.ASKED))
    at_once(
        lambda: actions.release_police(number=number, actor=pol, at=now),
        lambda: police.hold_ends(number, now + timedelta(hours=24)),
    )
    assert Message.objects.filter(topic=actions.FOUND_UNLAWFUL).count() == 1
    assert queries.item(number).state is ItemState.UNLAWFUL

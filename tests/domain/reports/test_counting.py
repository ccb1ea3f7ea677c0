"""Reports made in bad faith count for nothing until that is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.doors.staff import TESTER
from tocsin.base.audit import queries as audit
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.types import Channel, IncomingReport, ReasonCode, Received

pytestmark = pytest.mark.django_db

URL = "https://pictures.example/lake.jpg"


def told(at: datetime, channel: Channel = Channel.FORM) -> Received:
    report = IncomingReport(url=URL, channel=channel)
    return actions.receive_report(report=report, actor=TESTER, at=at)


def codes(number: str) -> dict[ReasonCode, int]:
    return {why.code: why.points for why in queries.item(number).why}


def test_what_is_set_aside_no_longer_presses_and_can_be_put_back(now: datetime) -> None:
    first, second, third = told(now), told(now), told(now)
    number = first.item_number
    before = codes(number)
    bad = [UUID(second.report_id), UUID(third.report_id)]

    actions.set_aside(report_ids=bad, actor=TESTER, at=now)
    assert codes(number) == {ReasonCode.REPORTED: 100}
    assert queries.item(number).report_count == 1
    assert len(queries.item(number).reports) == 3

    actions.put_back(report_ids=bad, actor=TESTER, at=now)
    assert codes(number) == before
    facts = [line.facts for line in audit.history(f"item:{queries.item(number).id}")]
    assert [fact["reports"] for fact in facts if "reports" in fact] == [2, 2]


def test_an_item_with_no_report_left_stays_and_is_counted_anew(now: datetime) -> None:
    only = told(now)
    actions.set_aside(report_ids=[UUID(only.report_id)], actor=TESTER, at=now)
    item = queries.item(only.item_number)
    assert (item.priority, item.report_count) == (0, 0)
    assert item.decide_by == now + timedelta(hours=24)

    told(now + timedelta(hours=1))
    item = queries.item(only.item_number)
    assert (item.priority, item.report_count) == (100, 1)
    # The clock that ran was not wound anew.
    assert item.decide_by == now + timedelta(hours=24)

"""From what rooms wrote down to figures: a whole item's life, counted twice alike."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from tests.domain.desk import NOT_UNLAWFUL, found, hoster, person, report
from tests.doors import staff
from tocsin.base.accounts.types import Role
from tocsin.base.clock.actions import run_round
from tocsin.domain.figures import queries
from tocsin.domain.figures.types import Figures, Period
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import Channel
from tocsin.site import cli

pytestmark = pytest.mark.django_db

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def a_month(now: datetime) -> None:
    """Three items: unlawful with a notice, not unlawful, and one that was found wrong later."""
    hoster(now)
    ana = person("ana")
    first = report(now, channel=Channel.FORM)
    report(now + timedelta(minutes=5), channel=Channel.FORM)
    found(first, ana, now + timedelta(hours=1))
    second = report(now, "https://img.bighost.example/b/2.jpg", channel=Channel.ICCAM)
    found(second, ana, now + timedelta(hours=2), NOT_UNLAWFUL)
    third = report(now, "https://img.bighost.example/c/3.jpg", channel=Channel.CONSOLE)
    found(third, ana, now + timedelta(hours=3))
    mia = person("mia", Role.MANAGER)
    reports.correct(number=third, why="an adult", actor=mia, at=now + timedelta(hours=4))
    for _ in range(4):
        run_round(at=now + timedelta(hours=5), worker="test")


def value(report_: Figures, code: str) -> float | None:
    [line] = [line for section in report_.sections for line in section.lines if line.code == code]
    return line.value


def test_a_month_is_counted_from_what_was_written_down(now: datetime) -> None:
    a_month(now)
    told = queries.report(MARCH, at=now + timedelta(days=40))
    assert value(told, "reports.reports") == 4
    assert value(told, "reports.items") == 3
    assert value(told, "origin.public") == 2
    assert value(told, "origin.hotline") == 1
    assert value(told, "origin.staff") == 1
    assert value(told, "decisions.unlawful") == 1
    assert value(told, "decisions.decided") == 3
    assert value(told, "trusted_flagger.notices") == 1
    assert value(told, "country.NL") == 1


def test_counted_again_it_is_the_same_and_what_changed_shows(now: datetime) -> None:
    a_month(now)
    at = now + timedelta(days=40)
    first, second = queries.report(MARCH, at=at), queries.report(MARCH, at=at)
    assert first == second
    report(now + timedelta(days=2), "https://img.bighost.example/d/4.jpg")
    assert queries.report(MARCH, at=at).facts_digest != first.facts_digest


def test_rehearsals_are_in_no_figure(now: datetime) -> None:
    report(now, rehearsal=True)
    assert value(queries.report(MARCH, at=now + timedelta(days=40)), "reports.items") == 0


def test_json_and_csv_tell_each_number_with_its_definition(now: datetime) -> None:
    a_month(now)
    told = queries.report(MARCH, at=now + timedelta(days=40))
    sections = json.loads(queries.as_json(told))["sections"]
    assert all(line["definition"] for lines in sections.values() for line in lines)
    text = queries.as_csv(told)
    assert text.splitlines()[0].startswith("section,number,value")
    assert not any(cell.startswith(("=", "@", "+")) for cell in text.replace('"', "").split(","))


def test_the_command_prints_a_table_and_refuses_what_is_no_day(
    now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    a_month(now)
    assert cli.main(["figures", "--from", "2026-03-01", "--to", "2026-03-31"]) == 0
    told = capsys.readouterr().out
    assert "DECISIONS" in told
    assert "2026-03-01 to 2026-03-31 (UTC), compared with 2025-03-01 to 2025-03-31" in told
    assert cli.main(["figures", "--from", "March", "--to", "2026-03-31"]) == 2
    assert "write it as 2026-01-31" in capsys.readouterr().err


def test_the_page_shows_numbers_and_plots_and_a_regulator_sees_no_name(
    client: Client, now: datetime
) -> None:
    a_month(now)
    staff.enter(client, staff.person("rena", Role.REGULATOR, now))
    page = client.get("/console/figures/?first=2026-03-01&last=2026-03-31")
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("<svg") == 3
    assert "Big Host" not in text
    assert client.get("/console/figures/?first=2026-03-31&last=2026-03-01").status_code == 422
    file = client.get("/console/figures/report.csv?first=2026-03-01&last=2026-03-31")
    assert file["Content-Disposition"].endswith('"figures-2026-03-01-2026-03-31.csv"')


def test_a_manager_proposes_and_another_decides(client: Client, now: datetime) -> None:
    staff.enter(client, staff.person("mia", Role.MANAGER, now))
    assert client.get("/console/figures/naming").status_code == 200
    told = {"hoster": "hoster:1", "first": "2026-03-01", "last": "2026-03-31"}
    assert client.post("/console/figures/naming/propose", told).status_code == 404

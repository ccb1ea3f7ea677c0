"""The pages of intake and of ICCAM: lines pasted, outcomes read, steps revived and passed over."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests.domain.iccam.scenes import URL, Clock, a_round, connect, judged
from tests.domain.intake.scenes import take_in
from tests.doors import staff
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock import rounds
from tocsin.domain.iccam import queries as iccam_queries
from tocsin.domain.iccam.models import Step
from tocsin.domain.iccam.types import StepState, Trouble
from tocsin.domain.intake.models import Batch, Line
from tocsin.domain.intake.types import LineState
from tocsin.site.rehearsal.iccam import FakeIccam

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def no_rounds_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(rounds._jobs, "iccam.round")


def test_lines_are_pasted_and_each_has_an_outcome(client: Client, now: datetime) -> None:
    staff.enter(client, staff.person("ivo", Role.INTAKE, now))
    told = {"lines": f"{URL};{SCRIPT}\nnonsense x\n", "source": "police", "asks": "report"}
    sent = client.post("/console/intake/paste", told)
    batch = Batch.objects.get()
    assert sent.headers["Location"] == f"/console/intake/{batch.pk}"
    page = client.get(f"/console/intake/{batch.pk}").content.decode()
    assert "The first field is no web address" in page
    assert "refused" in page
    page = client.get(f"/console/intake/{batch.pk}?state=refused").content.decode()
    assert URL not in page
    assert Line.objects.filter(state=LineState.KEPT).count() == 1
    again = client.post("/console/intake/paste", told, follow=True).content.decode()
    assert "were here before" in again
    assert Line.objects.count() == 2


def test_what_cannot_be_read_is_said_beside_the_field(client: Client, now: datetime) -> None:
    staff.enter(client, staff.person("ivo", Role.INTAKE, now))
    said = client.post("/console/intake/paste", {"lines": ";;", "asks": "report"})
    assert said.status_code == 422
    assert "There is no line in it." in said.content.decode()


def test_words_without_an_address_are_read_and_dealt_with(client: Client, now: datetime) -> None:
    take_in(f";{SCRIPT}\n", now)
    staff.enter(client, staff.person("ivo", Role.INTAKE, now))
    page = client.get("/console/intake/").content.decode()
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    client.post(f"/console/intake/lines/{Line.objects.get().pk}")
    assert Line.objects.get().state == LineState.DEALT_WITH


def test_lines_leave_as_csv_without_formulas_and_that_is_written_down(
    client: Client, now: datetime
) -> None:
    batch = take_in(f'{URL};"=1+1"\n', now)
    staff.enter(client, staff.person("ivo", Role.INTAKE, now))
    said = client.post(f"/console/intake/{batch.id}/export")
    assert said.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "'=1+1" in said.content.decode()
    assert AuditRow.objects.filter(action="intake.export").count() == 1


def test_the_page_of_iccam_says_how_to_begin(client: Client, now: datetime) -> None:
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    assert "tocsin iccam connect" in client.get("/console/iccam/").content.decode()


def test_what_needs_somebody_is_revived_or_passed_over(client: Client, now: datetime) -> None:
    clock = Clock(now)
    connect(now)
    iccam = FakeIccam(clock=clock)
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    item = judged(number, now)
    Step.objects.update(state=StepState.DEAD, trouble=Trouble.NOT_TAKEN)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    page = client.get("/console/iccam/").content.decode()
    assert item in page
    assert "It refused this step." in page
    assert "host.example" not in page
    [dead] = iccam_queries.dead_steps()
    client.post(f"/console/iccam/steps/{dead.id}/pass-over", {"why": ""})
    assert Step.objects.get().state == StepState.DEAD
    client.post(f"/console/iccam/steps/{dead.id}/revive")
    assert Step.objects.get().state == StepState.WAITING
    client.post(f"/console/iccam/steps/{dead.id}/pass-over", {"why": "told by telephone"})
    assert Step.objects.get().state == StepState.PASSED_OVER
    assert client.post("/console/iccam/try").status_code == 302


def test_the_administrator_sees_that_it_goes_and_passes_nothing_over(
    client: Client, now: datetime
) -> None:
    clock = Clock(now)
    connect(now)
    iccam = FakeIccam(clock=clock)
    iccam.add(URL)
    a_round(iccam, clock)
    Step.objects.update(state=StepState.DEAD, trouble=Trouble.NOT_TAKEN)
    staff.enter(client, staff.person("ada", Role.ADMINISTRATOR, now))
    page = client.get("/console/iccam/").content.decode()
    assert "pass-over" not in page
    assert "/console/items/T-" not in page


def test_the_item_shows_what_others_stated_and_what_iccam_is_told(
    client: Client, now: datetime
) -> None:
    clock = Clock(now)
    connect(now)
    iccam = FakeIccam(clock=clock)
    stated = {"classification": 1, "ageCategorization": 1, "genderCategorization": 1}
    [number] = iccam.add(URL, assessment=stated)
    a_round(iccam, clock)
    take_in(f"{URL};{SCRIPT};;;police;forum\n", now)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    item = Line.objects.get().item_number
    page = client.get(f"/console/items/{item}").content.decode()
    assert "What others stated" in page
    assert f"ICCAM {number}" in page
    assert "our number" in page
    assert "forum" in page
    assert SCRIPT not in page

"""What is over its time goes, some at a time and with its proof; all else stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import Model

from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    new_hit,
    provider,
    put,
    say,
    summary,
    told,
    withdraw,
    work,
)
from tests.domain.desk import report
from tests.support import forget_what_is_over, in_threads
from tocsin.base.accounts.models import ApiKey, OneTimeLink, Party, Person
from tocsin.base.audit.models import AuditRow
from tocsin.base.letters.models import Letter
from tocsin.base.outbox.models import Message
from tocsin.base.privacy import PersonalData, Then
from tocsin.base.retention import actions
from tocsin.base.retention.queries import over, tables
from tocsin.domain.corrections import actions as corrections
from tocsin.domain.corrections.models import Appeal, CorrectedHit, Correction, Feedback
from tocsin.domain.hosters.models import Hoster
from tocsin.domain.matching.actions import keep_hits
from tocsin.domain.matching.models import Hit, HitEntry
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.models import Item, Report

pytestmark = pytest.mark.django_db

YEAR = timedelta(days=365)
MOMENT = timedelta(seconds=1)


def proofs(label: str) -> list[dict[str, Any]]:
    rows = AuditRow.objects.filter(action="retention.forget", subject=f"table:{label}")
    return [row.facts for row in rows.order_by("pk")]


def test_a_hit_goes_after_a_year_and_what_took_it_back_a_year_after_it_did(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    told(now, one, entry)
    told(now + timedelta(days=100), one, entry)
    later = now + timedelta(days=200)
    withdraw(later, entry)
    work(later)
    actions.forget(at=now + YEAR)
    assert Hit.objects.count() == 2
    actions.forget(at=now + YEAR + MOMENT)
    assert Hit.objects.count() == HitEntry.objects.count() == 1
    [proof] = proofs("matching.Hit")
    assert (proof["rows"], proof["with"]) == (1, {"matching.HitEntry": 1})
    assert (proof["kept_days"], proof["then"]) == (365, "delete")
    assert proof["before"] == (now + MOMENT).isoformat()
    assert len(proof["merkle_root"]) == 64
    assert [len(hits) for _, hits in summary(one)] == [1]
    actions.forget(at=later + YEAR + MOMENT)
    assert not Hit.objects.exists()
    assert not Correction.objects.exists()
    assert not CorrectedHit.objects.exists()


def test_it_is_told_once_and_nothing_is_told_of_nothing(now: datetime) -> None:
    told(now, provider(now), 7)
    for _ in range(3):
        actions.forget(at=now + YEAR + MOMENT)
    assert len(proofs("matching.Hit")) == 1
    before = AuditRow.objects.count()
    assert actions.forget(at=now + YEAR + MOMENT) == 0
    assert AuditRow.objects.count() == before


def test_some_at_a_time_and_never_more_than_that(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 4)
    monkeypatch.setattr(actions, "BATCHES", 2)
    one = provider(now)
    keep_hits(hits=[new_hit(now, one, 7) for _ in range(10)], at=now)
    actions.forget(at=now + YEAR + MOMENT)
    assert Hit.objects.count() == 2
    assert [proof["rows"] for proof in proofs("matching.Hit")] == [4, 4]
    actions.forget(at=now + YEAR + MOMENT)
    assert not Hit.objects.exists()


def test_an_appeal_goes_when_nothing_names_it_any_more(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    number = say(now, one, entry, dispute=True).appeal
    assert number is not None
    later = now + 5 * YEAR + MOMENT
    actions.forget(at=later)  # open: it stays, and the word too as long as it names it
    assert Appeal.objects.exists()
    corrections.take(number=number, actor=ACTOR, at=later)
    corrections.dismiss(number=number, words="it is right", actor=ACTOR, at=later)
    Feedback.objects.update(at=later, replaced_at=None)
    actions.forget(at=later + 5 * YEAR)
    assert Appeal.objects.exists()
    for _ in range(2):  # what names it goes first
        actions.forget(at=later + 5 * YEAR + MOMENT)
    assert not Appeal.objects.exists()
    assert not Feedback.objects.exists()


def test_news_goes_a_month_after_it_was_delivered_and_never_before_that(now: datetime) -> None:
    told(now, provider(now), 7)
    late = now + timedelta(days=300)
    actions.forget(at=late)
    assert Message.objects.exists()  # nobody has delivered it
    work(late)
    Message.objects.create(topic="x", payload={}, state="dead", created_at=now)
    actions.forget(at=late + timedelta(days=30))
    assert set(Message.objects.values_list("state", flat=True)) == {"done", "dead"}
    actions.forget(at=late + timedelta(days=30) + MOMENT)
    assert set(Message.objects.values_list("state", flat=True)) == {"dead"}


def test_letters_go_when_they_were_sent_long_ago(now: datetime) -> None:
    for state in ("waiting", "sent", "dead", "cancelled"):
        Letter.objects.create(
            message_id=state,
            to="a@b.example",
            state=state,
            created_at=now,
            sent_at=now + YEAR if state == "sent" else None,
        )
    actions.forget(at=now + 5 * YEAR + MOMENT)
    assert set(Letter.objects.values_list("state", flat=True)) == {"waiting", "sent"}
    actions.forget(at=now + 6 * YEAR + MOMENT)
    assert set(Letter.objects.values_list("state", flat=True)) == {"waiting"}


def test_people_who_left_go_a_year_after_their_last_log_in(now: datetime) -> None:
    for name, active, last in (("here", True, None), ("left", False, now), ("later", False, None)):
        person = Person.objects.create(username=name, role="analyst", is_active=active)
        made_at = now if name != "later" else now + YEAR
        Person.objects.filter(pk=person.pk).update(last_login=last, made_at=made_at)
    left = Person.objects.get(username="left")
    OneTimeLink.objects.create(person=left, secret_digest="x", expires_at=now + 9 * YEAR)
    actions.forget(at=now + YEAR + MOMENT)
    assert set(Person.objects.values_list("username", flat=True)) == {"here", "later"}
    [proof] = proofs("accounts.Person")
    assert proof["with"] == {"accounts.OneTimeLink": 1}


def test_links_and_sessions_go_after_hours(now: datetime) -> None:
    person = Person.objects.create(username="mia", role="manager")
    OneTimeLink.objects.create(person=person, secret_digest="x", expires_at=now)
    Session.objects.create(session_key="s", session_data="", expire_date=now)
    actions.forget(at=now + timedelta(hours=12))
    assert Session.objects.exists()
    actions.forget(at=now + timedelta(hours=48))
    assert not Session.objects.exists()
    assert OneTimeLink.objects.exists()
    actions.forget(at=now + timedelta(hours=48) + MOMENT)
    assert not OneTimeLink.objects.exists()


@pytest.mark.parametrize(
    ("revoked", "kept"),
    [([], False), ([None], True), ([0, None], True), ([0, 1], True), ([0, 0], False)],
)
def test_a_partys_address_goes_a_year_after_the_last_of_its_keys(
    revoked: list[int | None], kept: bool, now: datetime
) -> None:
    party = Party.objects.create(name="Gone", kind="provider", contact_email="a@b.c", made_at=now)
    for n, years in enumerate(revoked):
        ApiKey.objects.create(
            party=party,
            key_id=f"k{n}",
            secret_digest="",
            tier="action",
            made_at=now,
            revoked_at=None if years is None else now + years * YEAR,
        )
    actions.forget(at=now + YEAR + MOMENT)
    party.refresh_from_db()
    assert bool(party.contact_email) is kept
    assert party.name == "Gone"
    assert len(proofs("accounts.Party")) == (0 if kept else 1)


def test_an_old_items_address_is_emptied_and_comes_back_when_it_is_reported_again(
    now: datetime,
) -> None:
    number = report(now)
    url = reports.item(number).url
    Item.objects.update(state="new")
    actions.forget(at=now + 5 * YEAR + MOMENT)
    assert not Report.objects.exclude(sealed_url="").exists()
    assert reports.item(number).url == url  # nobody has decided
    Item.objects.update(state="unlawful", decided_at=now + YEAR)
    actions.forget(at=now + 6 * YEAR + MOMENT)
    assert (reports.item(number).url, reports.item(number).host) == ("", "")
    [proof] = proofs("reports.Item")
    assert (proof["then"], proof["fields"]) == ("empty", ["sealed_url", "taken_by"])
    assert report(now + 7 * YEAR) == number
    assert reports.item(number).url == url
    actions.forget(at=now + 8 * YEAR)
    assert reports.item(number).url == url


def test_a_hoster_that_was_removed_loses_its_name(now: datetime) -> None:
    for removed_at in (None, now):
        Hoster.objects.create(
            name="Ann Hosts",
            country="NL",
            language="nl",
            abuse_email="ann@host.example",
            made_at=now,
            removed_at=removed_at,
        )
    actions.forget(at=now + 5 * YEAR + MOMENT)
    rows = Hoster.objects.order_by("pk").values_list("name", "abuse_email")
    assert list(rows) == [("Ann Hosts", "ann@host.example"), ("", "")]


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.label)
def test_every_table_with_a_period_can_be_asked_what_is_over(table: Any, now: datetime) -> None:
    assert list(over(table, at=now)) == []


def test_the_worker_does_it_each_hour(now: datetime) -> None:
    told(now, provider(now), 7)
    forget_what_is_over(now + YEAR + MOMENT)
    assert not Hit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_forget_each_row_once(now: datetime) -> None:
    one = provider(now)
    keep_hits(hits=[new_hit(now, one, 7) for _ in range(40)], at=now)
    at = now + YEAR + MOMENT
    results = in_threads(*[lambda: actions.forget(at=at)] * 3)
    assert [r for r in results if isinstance(r, Exception)] == []
    assert not Hit.objects.exists()
    assert sum(proof["rows"] for proof in proofs("matching.Hit")) == 40


def test_a_period_counts_from_something_and_what_is_emptied_has_fields() -> None:
    note = PersonalData(fields=("name",), why="x", kept=YEAR, since=("at",))
    with pytest.raises(ValueError, match="counts from"):
        replace(note, since=())
    with pytest.raises(ValueError, match="to empty"):
        replace(note, fields=(), then=Then.EMPTY)
    assert issubclass(tables()[0].model, Model)

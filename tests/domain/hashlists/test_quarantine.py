from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import ANALYST, SECOND, bring, entry, make, write
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock import actions as clock
from tocsin.base.letters.models import Letter
from tocsin.domain.hashlists import actions, queries, rules
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.types import (
    WITHDRAWALS_FILE,
    ChangeKind,
    Chosen,
    Decision,
    EntryStatus,
    LintReason,
    QuarantineState,
)

pytestmark = pytest.mark.django_db


def set_aside(tmp_path: Path, at: datetime, *names: str) -> list[int]:
    """Entries that wait in quarantine; their numbers there."""
    make(at)
    know(*names)
    bring(write(tmp_path / "list", *(listed(name, sha1=name) for name in names)), at)
    return list(Quarantine.objects.order_by("pk").values_list("pk", flat=True))


def all_of(through: int, reason: LintReason = LintReason.KNOWN_SHA1) -> Chosen:
    return Chosen("test", reason, "office", through)


def test_a_released_entry_matches_again_as_it_did(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    record = listed("a", sha1="icon") | {"status": "disputed"}
    bring(write(tmp_path / "list", record), now)
    (number,) = Quarantine.objects.values_list("pk", flat=True)
    before = queries.last_change_no()

    actions.decide(number=number, decision=Decision.RELEASE, words="no icon", actor=ANALYST, at=now)

    row = Entry.objects.get()
    assert row.status == EntryStatus.DISPUTED.number
    assert [c.kind for c in queries.changes_after(before, 10)] == [ChangeKind.POLICY]
    (told,) = queries.decided()
    assert (told.state, told.decided_by, told.words) == (
        QuarantineState.RELEASED,
        ANALYST.text,
        "no icon",
    )


@pytest.mark.django_db(transaction=True)
def test_a_benign_entry_is_withdrawn_and_that_is_told_outside(
    tmp_path: Path, now: datetime, settings: object
) -> None:
    (number,) = set_aside(tmp_path, now, "icon")

    actions.decide(number=number, decision=Decision.CONFIRM, words="an icon", actor=ANALYST, at=now)

    assert Entry.objects.get().status == EntryStatus.WITHDRAWN.number
    assert [one.state for one in queries.decided()] == [QuarantineState.CONFIRMED]
    outside = settings.TOCSIN_OUTSIDE / WITHDRAWALS_FILE  # type: ignore[attr-defined]
    assert len(outside.read_text().splitlines()) == 1


def test_the_second_of_two_is_told_that_it_is_decided(tmp_path: Path, now: datetime) -> None:
    (number,) = set_aside(tmp_path, now, "icon")
    actions.decide(number=number, decision=Decision.RELEASE, words="a", actor=ANALYST, at=now)

    with pytest.raises(actions.DecidedAlready):
        actions.decide(number=number, decision=Decision.CONFIRM, words="b", actor=SECOND, at=now)

    assert Entry.objects.get().status == EntryStatus.ACTIVE.number
    with pytest.raises(actions.NoSuchQuarantine):
        actions.decide(number=0, decision=Decision.CONFIRM, words="b", actor=SECOND, at=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins(tmp_path: Path, now: datetime) -> None:
    (number,) = set_aside(tmp_path, now, "icon")
    together, told = threading.Barrier(2), []

    def decide(decision: Decision) -> None:
        together.wait()
        try:
            actions.decide(number=number, decision=decision, words="x", actor=ANALYST, at=now)
            told.append(decision)
        except actions.DecidedAlready:
            pass
        finally:
            connection.close()

    both = [threading.Thread(target=decide, args=(decision,)) for decision in Decision]
    for one in both:
        one.start()
    for one in both:
        one.join()

    (won,) = told
    expected = EntryStatus.ACTIVE if won is Decision.RELEASE else EntryStatus.WITHDRAWN
    assert Entry.objects.get().status == expected.number


def test_a_decision_needs_words(tmp_path: Path, now: datetime) -> None:
    (number,) = set_aside(tmp_path, now, "icon")

    with pytest.raises(actions.WordsNeeded):
        actions.decide(number=number, decision=Decision.RELEASE, words=" ", actor=ANALYST, at=now)
    with pytest.raises(actions.WordsNeeded):
        actions.decide_all(
            chosen=all_of(number), decision=Decision.RELEASE, words="", actor=ANALYST, at=now
        )


def test_a_decision_on_all_reaches_only_those_that_were_seen(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.domain.hashlists.quarantine.AT_ONCE", 2)
    numbers = set_aside(tmp_path, now, *(f"icon {n}" for n in range(6)))
    seen = all_of(numbers[4])

    reached = actions.decide_all(
        chosen=seen, decision=Decision.CONFIRM, words="icons", actor=ANALYST, at=now
    )

    assert reached == 5
    rows = AuditRow.objects.filter(action="hashlists.quarantine_confirm").order_by("pk")
    assert [row.facts["entries"] for row in rows] == [2, 2, 1]
    assert len({row.facts["merkle_root"] for row in rows}) == 3
    (group,) = queries.quarantine_groups()
    assert (group.entries, group.reason, group.known_set) == (1, LintReason.KNOWN_SHA1, "office")
    other = all_of(numbers[5], LintReason.KNOWN_MD5)
    assert (
        actions.decide_all(
            chosen=other, decision=Decision.RELEASE, words="x", actor=ANALYST, at=now
        )
        == 0
    )


def test_lists_tell_what_does_not_simply_count(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    path = write(
        tmp_path / "list",
        listed("a", sha1="icon"),
        entry("b"),
        entry("c", status="disputed"),
        entry("d", status="deleted"),
    )
    bring(path, now)

    assert queries.set_apart() == {
        "test": {
            EntryStatus.DISPUTED: 1,
            EntryStatus.QUARANTINED: 1,
            EntryStatus.DELETED: 1,
        }
    }


def test_managers_are_reminded_and_nothing_is_let_out(tmp_path: Path, now: datetime) -> None:
    Person.objects.create(
        username="maud", email="maud@hotline.example", role=Role.MANAGER, language="nl"
    )
    (number,) = set_aside(tmp_path, now, "icon")
    days = timedelta(days=1)

    clock.run_round(at=now + 2 * days, worker="w")
    assert Letter.objects.count() == 0
    clock.run_round(at=now + 4 * days, worker="w")
    clock.run_round(at=now + 5 * days, worker="w")
    assert [letter.language for letter in Letter.objects.all()] == ["nl"]
    clock.run_round(at=now + 8 * days, worker="w")
    assert Letter.objects.count() == 2
    assert Entry.objects.get().status == EntryStatus.QUARANTINED.number

    actions.decide(number=number, decision=Decision.RELEASE, words="a", actor=ANALYST, at=now)
    clock.run_round(at=now + 12 * days, worker="w")
    clock.run_round(at=now + 16 * days, worker="w")
    assert Letter.objects.count() == 2


@given(
    last=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - given its zone
    hours=st.floats(0, 60),
    zone=st.sampled_from(["UTC", "Europe/Amsterdam", "America/Los_Angeles", "Asia/Kathmandu"]),
)
def test_a_night_comes_once_a_day_wherever_one_is(last: datetime, hours: float, zone: str) -> None:
    at = last + timedelta(hours=hours)

    come = rules.night_has_come(last=last, at=at, zone=ZoneInfo(zone))

    assert not come or hours > 0
    assert come or hours <= 25

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import ANALYST, SECOND, bring, entry, make, write
from tests.support import in_threads
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock import actions as clock
from tocsin.base.letters.models import Letter
from tocsin.domain.hashlists import actions, quarantine, queries, rules
from tocsin.domain.hashlists.models import Entry, LintNote, MutedPrint, Quarantine
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


# Several reasons for one entry


def waits_for(name: str) -> set[tuple[str, str]]:
    rows = Quarantine.objects.filter(entry__source_entry_id=name, state=QuarantineState.WAITING)
    return set(rows.values_list("reason", "known_set"))


def twice_known(tmp_path: Path, at: datetime) -> None:
    """An entry that two sets know, by different digests."""
    make(at)
    know("icon")
    know("scan", name="police")
    bring(write(tmp_path / "list", listed("a", sha1="icon", sha256="scan"), entry("b")), at)


def decide(known_set: str, decision: Decision, at: datetime) -> bool:
    row = Quarantine.objects.get(known_set=known_set, state=QuarantineState.WAITING)
    return actions.decide(number=row.pk, decision=decision, words="seen", actor=ANALYST, at=at)


def test_what_each_set_says_is_kept(tmp_path: Path, now: datetime) -> None:
    twice_known(tmp_path, now)

    assert waits_for("a") == {("known_sha1", "office"), ("known_sha256", "police")}
    assert {one.reasons for one in queries.quarantined()} == {2}
    assert queries.waiting_entries() == queries.waiting_entries("test") == 1
    assert [group.entries for group in queries.quarantine_groups()] == [1, 1]


def test_an_entry_matches_again_when_no_reason_is_left(tmp_path: Path, now: datetime) -> None:
    twice_known(tmp_path, now)
    before = queries.last_change_no()

    assert decide("office", Decision.RELEASE, now) is False
    row = Entry.objects.get(source_entry_id="a")
    assert row.status == EntryStatus.QUARANTINED.number
    assert queries.changes_after(before, 9) == []

    assert decide("police", Decision.RELEASE, now) is True
    row.refresh_from_db()
    assert row.status == EntryStatus.ACTIVE.number
    assert [c.entry_id for c in queries.changes_after(before, 9)] == [row.pk]


def test_withdrawing_for_one_reason_ends_the_others(tmp_path: Path, now: datetime) -> None:
    twice_known(tmp_path, now)

    assert decide("police", Decision.CONFIRM, now) is True

    assert waits_for("a") == set()
    assert {one.state for one in queries.decided()} == {
        QuarantineState.CONFIRMED,
        QuarantineState.MOOT,
    }


def test_a_set_that_comes_later_adds_its_reason_to_what_waits(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "list", listed("a", sha1="icon", sha256="scan")), now)
    know("scan", name="police")

    actions.lint_live(actor=ANALYST, clock=lambda: now)

    assert waits_for("a") == {("known_sha1", "office"), ("known_sha256", "police")}
    decide("office", Decision.RELEASE, now)
    decide("police", Decision.RELEASE, now)
    assert Entry.objects.get().status == EntryStatus.ACTIVE.number


def test_all_reasons_go_over_to_a_newer_version(tmp_path: Path, now: datetime) -> None:
    twice_known(tmp_path, now)
    later = now + timedelta(days=1)

    bring(write(tmp_path / "two", listed("a", sha1="another", sha256="another")), later)

    newest = Entry.objects.get(source_entry_id="a", version=2)
    assert newest.status == EntryStatus.QUARANTINED.number
    assert {one.entry_id for one in queries.quarantined()} == {newest.pk}
    assert all(one.at < later for one in queries.quarantined())
    assert waits_for("a") == {("known_sha1", "office"), ("known_sha256", "police")}


def test_an_old_reason_stands_beside_what_the_newer_version_is_set_aside_for(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "one", listed("a", sha1="icon") | {"status": "disputed"}), now)
    know("scan", name="police")
    newer = listed("a", sha1="another", sha256="scan") | {"status": "disputed"}

    bring(write(tmp_path / "two", newer), now)

    assert waits_for("a") == {("known_sha1", "office"), ("known_sha256", "police")}
    decide("police", Decision.RELEASE, now)
    decide("office", Decision.RELEASE, now)
    assert Entry.objects.get(version=2).status == EntryStatus.DISPUTED.number


def test_a_release_asks_the_database_as_often_for_many_as_for_few(
    tmp_path: Path, now: datetime, django_assert_max_num_queries: Any
) -> None:
    make(now)
    names = [f"icon {n}" for n in range(60)]
    know(*names[:40])
    bring(write(tmp_path / "one", *(listed(name, sha1=name) for name in names)), now)
    Entry.objects.filter(source_entry_id__in=names[40:]).update(held=True)
    changed = (listed(name, sha1=f"other {name}") for name in names)
    report = bring(write(tmp_path / "two", *changed), now, release=False)

    with django_assert_max_num_queries(30):
        actions.release(run_id=report.run_id or 0, actor=ANALYST, at=now)

    newer = Entry.objects.filter(version=2)
    assert newer.filter(status=EntryStatus.QUARANTINED.number, held=False).count() == 40
    assert newer.filter(status=EntryStatus.ACTIVE.number, held=True).count() == 20
    facts = AuditRow.objects.filter(action="hashlists.release").latest("pk").facts
    assert (facts["held"], facts["kept_in_quarantine"]) == (20, 40)


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_lints_at_the_same_moment_write_each_note_once(tmp_path: Path, now: datetime) -> None:
    make(now)
    records = (listed(f"e{n}", md5=f"icon {n}", sha1="real") for n in range(20))
    bring(write(tmp_path / "list", *records, listed("q", sha1="icon 0")), now)
    know(*(f"icon {n}" for n in range(20)))
    together = threading.Barrier(2)

    def go_over() -> None:
        together.wait()
        actions.lint_list(None, actor=ANALYST, clock=lambda: now)

    outcomes = in_threads(go_over, go_over)

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert LintNote.objects.count() == 20
    assert Quarantine.objects.count() == 1
    assert MutedPrint.objects.count() == 20


def test_what_is_gone_while_the_lint_looks_is_not_set_aside(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)
    bring(write(tmp_path / "one", *(listed(n, sha1=f"icon {n}") for n in "abc")), now)
    later = bring(write(tmp_path / "two", listed("b", sha1="other")), now, release=False)
    staged = bring_to(tmp_path, now, "other", listed("d", sha1="icon a"))
    know("icon a", "icon b", "icon c")
    put = quarantine.put

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        actions.withdraw_entry(
            entry_id=Entry.objects.get(source_entry_id="a").pk, reason="x", actor=ANALYST, at=now
        )
        with monkeypatch.context() as undone:
            undone.setattr(quarantine, "put", put)
            actions.release(run_id=later.run_id or 0, actor=ANALYST, at=now)
            actions.discard(run_id=staged, actor=ANALYST, at=now)
        return put(*args, **kwargs)

    monkeypatch.setattr(quarantine, "put", meanwhile)
    actions.lint_list(None, actor=ANALYST, clock=lambda: now)

    assert [view.entry_id for view in queries.quarantined()] == [
        Entry.objects.get(source_entry_id="c").pk
    ]


def bring_to(tmp_path: Path, at: datetime, slug: str, record: dict[str, object]) -> int:
    """An import into another list that is not released; its number."""
    make(at, slug=slug)
    report = bring(write(tmp_path / slug, record), at, list_slug=slug, release=False)
    assert report.run_id is not None
    return report.run_id

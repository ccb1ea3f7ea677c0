"""One set may silence few entries by itself; more only when a person has said so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.domain.hashlists.known_sets import know, know_whole, listed
from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, entry, make, write
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.letters.models import Letter
from tocsin.domain.hashlists import actions, lint, queries
from tocsin.domain.hashlists.models import Entry, ImportRun, MutedPrint, Quarantine
from tocsin.domain.hashlists.rules import may_set_aside
from tocsin.domain.hashlists.types import EntryStatus, Purpose, RunState, SetState
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db

MANY = [f"icon {number}" for number in range(101)]
ACTIVE, SET_ASIDE = EntryStatus.ACTIVE.number, EntryStatus.QUARANTINED.number
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "IDS_AT_ONCE", 40)


def records(words: Sequence[str]) -> list[dict[str, object]]:
    return [listed(word, sha256=word) for word in words]


def lint_live(now: datetime) -> int:
    return lint.lint_live(actor=ACTOR, clock=lambda: now).quarantined


def how_many(status: int) -> int:
    return Entry.objects.filter(status=status, hash_list__slug="test").count()


def states() -> dict[str, SetState]:
    return {view.name: view.state for view in queries.known_sets()}


@pytest.fixture
def many(tmp_path: Path, now: datetime) -> None:
    """A live list of 103 entries, and a manager."""
    make(now)
    bring(write(tmp_path / "list", *records(MANY), *records(["smiley"]), entry("other")), now)
    Person.objects.create(username="mia", role=Role.MANAGER, email="m@x.example", language="nl")


@pytest.mark.parametrize(
    ("entries", "most"), [(0, 100), (103, 100), (100_999, 100), (101_000, 101), (10**7, 10**4)]
)
def test_a_set_may_set_aside_a_thousandth_and_a_hundred_at_least(entries: int, most: int) -> None:
    assert may_set_aside(entries) == most


@pytest.mark.usefixtures("many")
def test_as_many_as_it_may_are_set_aside(now: datetime) -> None:
    know(*MANY[:100])
    assert lint_live(now) == 100
    assert states()["office"] is SetState.ASKED


@pytest.mark.usefixtures("many")
def test_more_than_that_takes_all_back_and_a_person_is_asked(now: datetime) -> None:
    know(*MANY)
    know("smiley", name="other")
    assert lint_live(now) == 1  # what the other set knows
    assert (how_many(SET_ASIDE), how_many(ACTIVE)) == (1, 102)
    assert list(Quarantine.objects.values_list("known_set", flat=True)) == ["other"]
    assert (states()["office"], states()["other"]) == (SetState.WAITS, SetState.ASKED)
    assert AuditRow.objects.filter(action="hashlists.brake_set").count() == 1
    letter = Letter.objects.get()
    assert (letter.to, letter.purpose) == ("m@x.example", "lint-brake")
    # Not tried again by itself, nor told again.
    assert not lint.due(at=now, zone=UTC_ZONE)
    assert lint.lint_list(None, actor=ACTOR, clock=lambda: now).quarantined == 0
    assert Letter.objects.count() == 1


@pytest.mark.usefixtures("many")
def test_a_person_confirms_it(now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    know(*MANY)
    lint_live(now)
    assert main(["lists", "sets"]) == 1
    assert "waits" in capsys.readouterr().out
    assert main(["lists", "sets", "--confirm", "office", "--reason", "icons of a theme"]) == 0
    assert lint.due(at=now, zone=UTC_ZONE)
    assert lint_live(now) == 101
    assert states()["office"] is SetState.ASKED
    assert AuditRow.objects.filter(action="hashlists.confirm_set").count() == 1
    with pytest.raises(actions.SetIsWell):
        actions.confirm_set(name="office", words="again", actor=ANALYST, at=now)


@pytest.mark.usefixtures("many")
def test_a_confirmed_set_that_changes_is_braked_again(now: datetime) -> None:
    know(*MANY[1:])
    lint_live(now)
    know(*MANY, "more")
    with pytest.raises(actions.NoSuchKnownSet):
        actions.confirm_set(name="office", words="w", actor=ANALYST, at=now)
    assert lint_live(now) == 1
    Quarantine.objects.all().delete()
    Entry.objects.update(status=ACTIVE)
    know(*MANY, "and more")
    assert lint_live(now) == 0
    actions.confirm_set(name="office", words="w", actor=ANALYST, at=now)
    know(*MANY, "and yet more")
    assert lint_live(now) == 0
    assert states()["office"] is SetState.WAITS


@pytest.mark.usefixtures("many")
def test_a_person_leaves_it_out(now: datetime) -> None:
    know(*MANY)
    lint_live(now)
    actions.go_on_without_set(name="office", words="not ours", actor=ANALYST, at=now)
    assert states()["office"] is SetState.LEFT_OUT
    assert (lint_live(now), how_many(SET_ASIDE)) == (0, 0)


@pytest.mark.usefixtures("many")
def test_a_round_that_was_killed_counts_what_it_did_before(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(*MANY)

    def stop(done: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lint.lint_live(actor=ACTOR, clock=lambda: now, tell=stop)
    assert how_many(SET_ASIDE) == 40
    lint_live(now)
    assert (how_many(SET_ASIDE), states()["office"]) == (0, SetState.WAITS)
    assert queries.last_lint().quarantined == 0


@pytest.mark.usefixtures("many")
def test_a_list_of_harmless_files_has_the_same_brake(tmp_path: Path, now: datetime) -> None:
    make(now, slug="fine", purpose=Purpose.BENIGN_ALLOW)
    fine = [record | {"list_purpose": "benign_allow"} for record in records(MANY)]
    bring(write(tmp_path / "fine", *fine), now, list_slug="fine")
    assert lint_live(now) == 0
    name = "lists of harmless files"
    assert states()[name] is SetState.WAITS
    actions.confirm_set(name=name, words="ours", actor=ANALYST, at=now)
    assert lint_live(now) == 101
    assert name not in states()


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_import_of_which_too_much_is_known_is_held_until_a_person_speaks(
    confirmed: bool, tmp_path: Path, now: datetime
) -> None:
    make(now)
    know(*MANY)
    path = write(tmp_path / "list", *records(MANY), entry("other"))
    with pytest.raises(actions.SetWaits, match="--confirm 'office'"):
        bring(path, now)
    run = ImportRun.objects.get()
    assert (run.state, run.quarantined, "office" in run.broken) == (RunState.RUNNING, 0, True)
    assert Quarantine.objects.count() == 0
    assert states()["office"] is SetState.WAITS
    with pytest.raises(actions.SetWaits):
        bring(path, now)
    assert AuditRow.objects.filter(action="hashlists.brake_set").count() == 1
    if confirmed:
        actions.confirm_set(name="office", words="w", actor=ANALYST, at=now)
    else:
        actions.go_on_without_set(name="office", words="w", actor=ANALYST, at=now)
    report = bring(path, now)
    assert report.state is RunState.RELEASED
    assert (report.quarantined, how_many(SET_ASIDE)) == ((101, 101) if confirmed else (0, 0))


def twins(words: Sequence[str]) -> list[dict[str, object]]:
    """Entries that share an MD5 with a harmless file while their SHA-256 is another's."""
    return [listed(word, md5=word, sha256=f"another {word}") for word in words]


def muted(name: str = "office") -> int:
    return MutedPrint.objects.filter(known_set=name).count()


@pytest.fixture
def many_twins(tmp_path: Path, now: datetime) -> None:
    """A live list of which 101 entries may fall silent by their MD5."""
    make(now)
    bring(write(tmp_path / "list", *twins(MANY), *twins(["smiley"]), entry("other")), now)
    Person.objects.create(username="mia", role=Role.MANAGER, email="m@x.example", language="fr")


@pytest.mark.usefixtures("many_twins")
def test_muting_more_than_a_set_may_is_taken_back_too_and_a_person_is_asked(now: datetime) -> None:
    know_whole(*MANY)
    know_whole("smiley", name="other")
    last = queries.last_change_no()

    lint_live(now)

    assert (muted(), muted("other")) == (0, 1)
    assert (states()["office"], states()["other"]) == (SetState.WAITS, SetState.ASKED)
    assert Letter.objects.get().purpose == "lint-brake"
    # Whoever serves them hears that the digests match again.
    touched = {one.entry_id for one in queries.changes_after(last, 1_000)}
    assert len(touched) == 102
    assert lint.lint_list(None, actor=ACTOR, clock=lambda: now).muted == 0

    actions.confirm_set(name="office", words="a theme", actor=ANALYST, at=now)
    lint_live(now)
    assert muted() == 101


@pytest.mark.usefixtures("many_twins")
def test_what_a_set_muted_before_stands_while_it_waits(now: datetime) -> None:
    know_whole(*MANY[:60])
    lint_live(now)
    assert muted() == 60
    more = [f"more {number}" for number in range(101)]

    know_whole(*MANY, *more)
    lint_live(now)
    assert (muted(), states()["office"]) == (101, SetState.ASKED)  # 41 more in this round

    know_whole("smiley")
    lint_live(now)
    know_whole(*MANY, "smiley")
    lint_live(now)
    assert (muted(), states()["office"]) == (1, SetState.WAITS)


@pytest.mark.usefixtures("many")
def test_what_is_set_aside_and_what_is_muted_count_together(tmp_path: Path, now: datetime) -> None:
    bring(write(tmp_path / "more", *twins([f"twin {n}" for n in range(50)])), now)
    know_whole(*MANY[:51], *(f"twin {n}" for n in range(50)))

    lint_live(now)

    assert (how_many(SET_ASIDE), muted(), states()["office"]) == (0, 0, SetState.WAITS)


def test_an_import_of_which_too_much_would_be_muted_is_held(tmp_path: Path, now: datetime) -> None:
    make(now)
    know_whole(*MANY)
    path = write(tmp_path / "list", *twins(MANY))

    with pytest.raises(actions.SetWaits):
        bring(path, now)
    assert muted() == 0

    actions.confirm_set(name="office", words="w", actor=ANALYST, at=now)
    assert bring(path, now).state is RunState.RELEASED
    assert muted() == 101


@pytest.mark.parametrize("make_them", [records, twins])
def test_a_dry_run_says_what_the_brake_would_hold(
    tmp_path: Path,
    now: datetime,
    capsys: pytest.CaptureFixture[str],
    make_them: Callable[[Sequence[str]], list[dict[str, object]]],
) -> None:
    make(now)
    know_whole(*MANY)
    path = write(tmp_path / "list", *make_them(MANY), entry("other"))

    assert bring(path, now, dry_run=True).braked == {"office": 101}
    assert main(["lists", "import", str(path), "--list", "test", "--dry-run"]) == 0
    assert "office would silence 101 of them" in capsys.readouterr().out
    assert not states() or states()["office"] is SetState.ASKED

    with pytest.raises(actions.SetWaits):
        bring(path, now)
    actions.confirm_set(name="office", words="w", actor=ANALYST, at=now)
    assert bring(path, now, dry_run=True).braked == {}


@pytest.mark.usefixtures("many")
def test_who_confirms_a_set_that_is_another_by_now_is_told(now: datetime) -> None:
    know(*MANY)
    lint_live(now)
    [seen] = [view for view in queries.known_sets() if view.name == "office"]
    know(*MANY, "more")
    Quarantine.objects.all().delete()
    lint_live(now)

    with pytest.raises(actions.DecidedAlready):
        actions.confirm_set(name="office", words="w", mark=seen.mark, actor=ANALYST, at=now)

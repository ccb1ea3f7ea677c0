"""A known-good set that is damaged or gone is told, and lets nothing in unasked."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, entry, make, write
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists import actions, due, known, lint, queries
from tocsin.domain.hashlists.models import Entry, ImportRun
from tocsin.domain.hashlists.types import EntryStatus, RunState, SetState
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db


def damage(name: str = "office") -> Path:
    manifest = known.folder_of_sets() / name / "manifest.json"
    manifest.write_text("{")
    return manifest


def states() -> dict[str, SetState]:
    return {view.name: view.state for view in queries.known_sets()}


def test_a_set_that_is_damaged_holds_the_release_and_is_told(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    damage()
    path = write(tmp_path / "list", listed("a", sha1="icon"), entry("b"))

    with pytest.raises(actions.SetsOutOfOrder, match="office") as told:
        bring(path, now)

    assert "tocsin lists sets --without office" in str(told.value)
    run = ImportRun.objects.get()
    assert (run.state, "office" in run.broken) == (RunState.RUNNING, True)
    assert states()["office"] is SetState.DAMAGED
    know("icon")  # mended
    report = bring(path, now)
    assert (report.state, report.quarantined) == (RunState.RELEASED, 1)
    assert ImportRun.objects.get().broken == ""


def test_a_set_that_is_gone_is_missed(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    bring(write(tmp_path / "one", entry("a")), now)
    shutil.rmtree(known.folder_of_sets() / "office")

    with pytest.raises(actions.SetsOutOfOrder, match="office is gone"):
        bring(write(tmp_path / "two", entry("b")), now)

    assert states() == {"shipped": SetState.ASKED, "office": SetState.MISSING}


def test_the_worker_says_which_set_keeps_it_from_its_round(now: datetime) -> None:
    know("icon")
    damage()

    with capture_logs() as logs:
        due.Rounds().look(now)

    assert [(one["event"], one["known_sets"]) for one in logs] == [("lists_not_linted", ["office"])]


def test_a_person_may_go_on_without_it_and_it_is_asked_again_when_mended(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    know("icon")
    damage()
    path = write(tmp_path / "list", listed("a", sha1="icon"))
    with pytest.raises(actions.SetsOutOfOrder):
        bring(path, now)

    actions.go_on_without_set(name="office", words="disk broke", actor=ANALYST, at=now)

    assert bring(path, now).state is RunState.RELEASED
    view = next(view for view in queries.known_sets() if view.name == "office")
    assert (view.state, view.left_out_by, view.words) == (
        SetState.LEFT_OUT,
        ANALYST.text,
        "disk broke",
    )
    assert AuditRow.objects.filter(action="hashlists.go_on_without_set").count() == 1

    know("icon")
    lint.lint_live(actor=ACTOR, clock=lambda: now)
    assert Entry.objects.get().status == EntryStatus.QUARANTINED.number
    assert states()["office"] is SetState.ASKED


def test_a_set_put_back_as_it_was_is_asked_when_somebody_says_so(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another test of this process may have opened a set of the very same manifest.
    monkeypatch.setattr(known, "_opened", {})
    know("icon")
    manifest = known.folder_of_sets() / "office" / "manifest.json"
    whole = manifest.read_bytes()
    keys = next(manifest.parent.glob("*md5.keys"))
    good = keys.read_bytes()
    keys.write_bytes(b"x" * len(good))
    assert states()["office"] is SetState.DAMAGED
    actions.go_on_without_set(name="office", words="x", actor=ANALYST, at=now)
    keys.write_bytes(good)
    assert manifest.read_bytes() == whole
    assert states()["office"] is SetState.LEFT_OUT

    assert actions.ask_set_again(name="office", actor=ANALYST, at=now)
    assert not actions.ask_set_again(name="office", actor=ANALYST, at=now)

    assert states()["office"] is SetState.ASKED


def test_nobody_goes_on_without_a_set_that_is_well_or_was_never_there(now: datetime) -> None:
    know("icon")
    with pytest.raises(actions.SetIsWell):
        actions.go_on_without_set(name="office", words="x", actor=ANALYST, at=now)
    with pytest.raises(actions.NoSuchKnownSet):
        actions.go_on_without_set(name="other", words="x", actor=ANALYST, at=now)
    damage()
    with pytest.raises(actions.WordsNeeded):
        actions.go_on_without_set(name="office", words=" ", actor=ANALYST, at=now)


def test_the_command_line_shows_and_switches_sets(capsys: pytest.CaptureFixture[str]) -> None:
    know("icon")
    assert main(["lists", "sets"]) == 0
    damage()
    assert main(["lists", "sets"]) == 1
    assert "damaged" in capsys.readouterr().out
    assert main(["lists", "sets", "--without", "office"]) == 2
    assert main(["lists", "sets", "--without", "office", "--reason", "disk broke"]) == 0
    assert "left_out" in capsys.readouterr().out
    assert main(["lists", "sets", "--ask", "office"]) == 1

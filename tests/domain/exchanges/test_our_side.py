"""What can go wrong on our side of a pull: it is said, and nothing that came is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from tests.domain.exchanges.scenes import add_ncmec, counting, fails, pull, seconds, value
from tests.domain.exchanges.stand_ins import Ncmec, image
from tests.doors import staff
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.letters.models import Letter
from tocsin.domain.exchanges import bringing, queries, rules
from tocsin.domain.exchanges.due import pull_one
from tocsin.domain.exchanges.types import SENTENCES, PullState, Trouble
from tocsin.domain.hashlists.models import Entry, ImportRun
from tocsin.domain.hashlists.types import RunState
from tocsin.engine.knowngood.manifest import FILE_NAME
from tocsin.site.cli import main

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]


def three(now: datetime) -> Ncmec:
    at = seconds(now, hours=3)
    found = [image(f"e{n}", at, prints={"md5": value(f"{n}", 16)}) for n in range(3)]
    return Ncmec(entries=found, clock=lambda: now)


def damaged_set() -> Path:
    """A known-good set of which only a torn manifest is left."""
    folder: Path = settings.TOCSIN_DATA / "known-good" / "office"
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_text("{", "utf-8")
    return folder


def test_a_damaged_known_good_set_is_told_and_what_came_is_kept(
    now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in = three(now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        before = row.checkpoint
        folder = damaged_set()
        pull_one(row.pk, lambda: now)
        [view] = queries.exchanges(at=now)
        assert (view.state, view.trouble) == (PullState.FAILING, Trouble.KNOWN_GOOD)
        assert "tocsin knowngood" in SENTENCES[view.trouble]
        assert main(["exchanges", "list"]) == 0
        assert SENTENCES[Trouble.KNOWN_GOOD] in capsys.readouterr().out
        row.refresh_from_db()
        assert (row.exhausted, row.checkpoint, counting()) == (True, before, {})
        [staged] = ImportRun.objects.all()
        assert (staged.state, staged.added) == (RunState.RUNNING, 3)
        stand_in.asked.clear()
        (folder / FILE_NAME).unlink()
        folder.rmdir()
        pull(row, now)
    # Nothing was fetched or staged a second time.
    assert stand_in.asked == []
    assert [run.state for run in ImportRun.objects.all()] == [RunState.RELEASED]
    assert (Entry.objects.count(), len(counting())) == (3, 3)
    assert (row.state, row.trouble) == (PullState.WELL, "")


def test_managers_hear_of_what_does_not_pass_by_itself(now: datetime) -> None:
    staff.person("mina", Role.MANAGER, now)
    Person.objects.update(email="mina@hotline.example")
    damaged_set()
    with three(now).serving() as peer:
        row = add_ncmec(peer.url, now)
        for _ in range(rules.DEAD_AFTER_REFUSALS):
            assert fails(row, now) is Trouble.KNOWN_GOOD
    assert row.state == PullState.DEAD
    assert Letter.objects.count() == 1


def test_what_nobody_foresaw_is_told_too_and_tried_again(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with three(now).serving() as peer:
        row = add_ncmec(peer.url, now)
        with monkeypatch.context() as patch:
            patch.setattr(bringing, "write_document", breaks)
            pull_one(row.pk, lambda: now)
        row.refresh_from_db()
        assert (row.state, row.trouble) == (PullState.FAILING, Trouble.OURS)
        assert row.holder == ""
        assert row.next_try_at is not None
        assert now < row.next_try_at < now + timedelta(minutes=1)
        pull_one(row.pk, lambda: now)
    assert len(counting()) == 3

"""Pulls as workers make them: in threads, several at once, killed, and from the command line."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.domain.exchanges.scenes import (
    add_ncmec,
    add_stopncii,
    counting,
    seconds,
    value,
    write_keys,
)
from tests.domain.exchanges.stand_ins import KEYS, Ncmec, StopNcii, image, submitted
from tests.support import child_environment, in_threads
from tocsin.base.clock.actions import pause
from tocsin.domain.exchanges.due import puller
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.queries import due
from tocsin.domain.exchanges.types import PullState
from tocsin.domain.hashlists.models import ImportRun
from tocsin.site.cli import main

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]


def entries(now: datetime) -> list[dict[str, Any]]:
    at = seconds(now, hours=3)
    return [image(f"e{n}", at, prints={"md5": value(f"{n}", 16)}) for n in range(5)]


def test_the_worker_pulls_what_is_due_and_sets_the_next_turn(now: datetime) -> None:
    with (
        Ncmec(entries=entries(now), clock=lambda: now).serving() as one,
        StopNcii(records=[submitted(value("a", 32), 5)], clock=lambda: now).serving() as two,
    ):
        add_ncmec(one.url, now)
        add_stopncii(two.url, now)
        pulls = puller()
        pulls.look(now)
        pulls.wait()
    assert len(counting()) == 5
    assert due(at=now + timedelta(minutes=1)) == []
    assert len(due(at=now + timedelta(minutes=16))) == 2


def test_many_workers_pull_once(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now), clock=lambda: now)

    def look() -> None:
        pulls = puller()
        pulls.look(now)
        pulls.wait()

    with stand_in.serving() as peer:
        add_ncmec(peer.url, now)
        assert in_threads(*[look] * 4) == [None] * 4
    assert len(counting()) == 5
    assert ImportRun.objects.count() == 1
    assert len([one for one in stand_in.asked if "entries" in one]) == 3


def test_nothing_is_pulled_while_clocks_stand_still(now: datetime) -> None:
    stand_in = Ncmec(entries=entries(now), clock=lambda: now)
    with stand_in.serving() as peer:
        add_ncmec(peer.url, now)
        pause(why="restored", at=now)
        pulls = puller()
        pulls.look(now)
        pulls.wait()
    assert stand_in.asked == []


def test_a_process_that_is_killed_between_pages_is_gone_on_with(data_folder: Path) -> None:
    now = datetime.now(UTC)
    reached, go_on = threading.Event(), threading.Event()

    def stalls(handler: Any) -> None:
        reached.set()
        go_on.wait(60)
        handler.close_connection = True

    stand_in = Ncmec(entries=entries(now), faults=[None, None, None, stalls])
    command = [sys.executable, "-m", "tocsin.site.cli", "exchanges", "pull", "ncmec"]
    with stand_in.serving() as peer:
        add_ncmec(peer.url, now)
        child = subprocess.Popen(command, env=child_environment(data_folder))
        assert reached.wait(60)
        child.kill()
        child.wait()
        go_on.set()
        row = Exchange.objects.get()
        assert (row.pages, counting()) == (2, {})
        assert row.holder
        # Nobody waits for the dead: its hold ends by itself, and here that time is over.
        Exchange.objects.update(held_until=now)
        stand_in.asked.clear()
        done = subprocess.run(
            command, env=child_environment(data_folder), check=True, capture_output=True, text=True
        )
    assert "5 new entries" in done.stdout
    assert len([one for one in stand_in.asked if "entries" in one]) == 1
    assert len(counting()) == 5


def test_the_command_line_adds_pulls_lists_and_switches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = datetime.now(UTC)
    stand_in = StopNcii(records=[submitted(value("a", 32), seconds(now, hours=1))])
    with stand_in.serving() as peer:
        add = ["exchanges", "add", "stopncii", "--kind", "stopncii-v1", "--source", "StopNCII"]
        assert main([*add, "--url", peer.url]) == 0
        assert "exchanges.toml" in capsys.readouterr().out
        assert main([*add, "--url", peer.url]) == 2
        assert main(["exchanges", "pull", "stopncii"]) == 1
        assert "file of keys" in capsys.readouterr().out
        write_keys(KEYS)
        assert main(["exchanges", "pull", "stopncii"]) == 0
        assert "1 new entries" in capsys.readouterr().out
        assert main(["exchanges", "off", "stopncii"]) == 0
        assert main(["exchanges", "off", "stopncii"]) == 2
        assert main(["exchanges", "pull", "stopncii"]) == 2
        assert main(["exchanges", "on", "stopncii"]) == 0
        assert main(["exchanges", "list"]) == 0
        assert main(["exchanges", "retry", "1"]) == 2
    out = capsys.readouterr().out
    assert "1 exchanges" in out
    assert Exchange.objects.get().state == PullState.WELL


@pytest.mark.parametrize(
    "arguments",
    [
        ["x", "--kind", "ncmec-v2", "--source", "N"],
        ["x", "--kind", "ncmec-v2", "--source", "N", "--purpose", "test", "--url", "ftp://a.b"],
        ["x", "--kind", "ncmec-v2", "--source", "N", "--purpose", "test", "--url", "http://a.b"],
        ["X", "--kind", "ncmec-v2", "--source", "N", "--purpose", "test", "--url", "https://a.b"],
        ["xy", "--kind", "ncmec-v2", "--source", "N", "--purpose", "test",
         "--url", "https://u:p@a.b/x"],
        ["xy", "--kind", "stopncii-v1", "--source", "N", "--purpose", "illegal"],
        ["xy", "--kind", "stopncii-v1", "--source", "N", "--member", "1"],
        ["xy", "--kind", "stopncii-v1", "--source", "N", "--since", "yesterday"],
    ],
)  # fmt: skip
def test_terms_that_cannot_be_used_are_refused(arguments: list[str]) -> None:
    assert main(["exchanges", "add", *arguments]) == 2
    assert not Exchange.objects.exists()

"""`tocsin up` as a newcomer meets it: first start, second start, a crash, a taken port, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.site.rehearsal.house import House, wait_for
from tocsin.site.rehearsal.pictures import UPLOADS
from tocsin.site.rehearsal.play import Failed
from tocsin.site.rehearsal.provider import Provider
from tocsin.site.rehearsal.web import ask

pytestmark = pytest.mark.server

STARTED = re.compile(r'"(?:program|name)": "(\w+)", "pid": (\d+), "event": "process_started"')


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.kill()


def started(house: House) -> list[tuple[str, int]]:
    """Each start of a program the log tells of: its name and process id."""
    return [(name, int(pid)) for name, pid in STARTED.findall(house.log.read_text("utf-8"))]


def healthy(house: House) -> bool:
    try:
        return ask("GET", f"{house.address}/healthz").status == 200
    except Failed:
        return False


def test_up_from_nothing_to_a_crash_to_a_second_start(house: House) -> None:
    opened = house.start()
    assert set(opened.links) == {"admin", "analyst", "manager"}
    assert {name for name, _ in started(house)} == {"web", "live", "worker"}
    listed = (UPLOADS / "exact" / "harbour.jpg").read_bytes()
    assert Provider(house.address, opened.key).show(listed).status == "listed"
    welcome = ask("GET", house.address + opened.links["analyst"])
    assert welcome.status == 200

    # The web process is killed: it comes back by itself, and answers.
    web = dict(started(house))["web"]
    os.kill(web, signal.SIGKILL)
    assert wait_for(lambda: dict(started(house))["web"] != web, 30) is not None
    assert wait_for(lambda: healthy(house), 60) is not None
    assert Provider(house.address, opened.key).show(listed).status == "listed"

    # Another one on the same port is told so, and nothing of the first is disturbed.
    port = {"TOCSIN_PORT": str(house.port)}
    second = house.command("up", more=port)
    assert second.returncode == 2
    assert f"port {house.port} is taken" in second.stderr
    assert healthy(house)

    assert house.stop() == 0
    assert house.running() == []

    # The second start finds everything prepared: no new links, the same key.
    began = time.monotonic()
    again = house.start()
    assert again.links == {}
    assert again.key == opened.key
    assert time.monotonic() - began < 60
    assert house.stop() == 0
    assert house.running() == []


def test_a_killed_up_leaves_no_process_behind(house: House) -> None:
    house.start()
    pids = house.running()
    assert len(pids) > 3
    house.kill_hard()
    assert wait_for(lambda: house.running() == [], 30) is not None

"""Every answer under load compared with an oracle, while lists and keys change and processes die.

Usage: python -m benchmarks.soak [--minutes 30] [--postgres] [--kill-each 20] [--workers 2]

The whole house runs in a temporary folder as `tocsin up` starts it. Askers use `/v1`, `/v2` alone
and in batches, and files, while this process imports lists (now and then one too large for the
memory of a process), withdraws, holds and lets go, replaces the key, and kills processes of the
web and the worker by SIGKILL. Each answer must be what the lists said at the version that it
states (`soak_oracle`); an error or `unavailable` is counted and is not wrong. At the end every
match that an asker was told of must be in the database.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.import_list import own_postgres
from benchmarks.machine import keep, print_machine
from benchmarks.processes import memory_of_one
from benchmarks.soak_load import Asker, World
from benchmarks.soak_oracle import Oracle
from tocsin.site.rehearsal.house import House

PACKAGES = ("tocsin", "numpy", "granian", "django", "msgspec")
PACE = {"v1": 40.0, "v2": 40.0, "v2 batch": 6.0, "media": 4.0}
SAMPLE_EACH_SECONDS = 5.0
HITS_HOME_WITHIN_SECONDS = 60.0
SETTLED_AFTER_SECONDS = 60.0


def main() -> None:
    """Start, load, change and kill, stop, compare, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--kill-each", type=float, default=20.0, help="seconds; 0 for never")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    print_machine(*PACKAGES)
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-soak-"))
        address = stack.enter_context(own_postgres()) if asked.postgres else ""
        more = {"TOCSIN_DATABASE_URL": address, "TOCSIN_WEB_WORKERS": str(asked.workers)}
        house = House(Path(name), more)
        stack.callback(house.kill)
        house.start()
        os.environ |= house.environment()
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        result = soaked(house, asked)
    print(json.dumps(result, indent=1))
    for line in result["wrong"]:
        print(f"WRONG: {line}")
    database = "postgresql" if asked.postgres else "sqlite"
    print(f"kept in {keep(f'soak-{database}', result, *PACKAGES)}")
    sys.exit(1 if result["wrong_answers"] or result["hits_lost"] else 0)


def soaked(house: House, asked: argparse.Namespace) -> dict[str, Any]:
    """The whole of it, on a house that runs."""
    import django

    django.setup(set_prefix=False)
    from benchmarks.soak_changes import Changer, hits_kept

    world = World(Oracle(), house.port, "")
    changer, watch = Changer(world, house.folder), Watch(house, asked.kill_each)
    changer.begin()
    askers = [Asker(world, door, rate) for door, rate in PACE.items() for _ in range(2)]
    others = [threading.Thread(target=watch.run, args=(world.stop,), daemon=True)]
    for thread in (*askers, *others):
        thread.start()
    began = time.monotonic()
    while time.monotonic() - began < asked.minutes * 60:
        changer.change()
        time.sleep(0.25)
    world.stop.set()
    for thread in (*askers, *others):
        thread.join(60)
    lost = world.hits
    ended = time.monotonic()
    while lost and time.monotonic() - ended < HITS_HOME_WITHIN_SECONDS:
        time.sleep(0.5)
        lost = world.hits - hits_kept()
    return {
        "minutes": asked.minutes,
        "database": "PostgreSQL" if asked.postgres else "SQLite",
        "web_workers": asked.workers,
        "judged": dict(world.oracle.judged),
        "not_judged": world.oracle.not_judged,
        "wrong_answers": world.oracle.wrong_count,
        "wrong": world.oracle.wrong,
        "errors": dict(world.errors),
        "changes": dict(changer.done),
        "changes_refused": dict(changer.refused),
        "list_version": world.oracle.version,
        "killed": dict(watch.killed),
        "hits_told": len(world.hits),
        "hits_lost": len(lost),
        "latency_ms": {
            door: {f"p{p}": round(float(np.percentile(all_ms, p)), 1) for p in (50, 99)}
            for door, all_ms in world.latencies_ms.items()
        },
        "memory": watch.told(),
    }


class Watch:
    """Kills a process now and then, and writes down what each process holds."""

    def __init__(self, house: House, kill_each_seconds: float) -> None:
        self._house = house
        self._each = kill_each_seconds
        self._rng = random.Random("killer")
        self.killed: Counter[str] = Counter()
        self._series: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        began = last_kill = time.monotonic()
        while not stop.wait(SAMPLE_EACH_SECONDS):
            now = time.monotonic()
            running = self._running()
            for pid, role in running.items():
                if held := memory_of_one(pid).pss:
                    self._series[role, pid].append((now - began, held))
            if self._each and now - last_kill >= self._each:
                last_kill = now
                self._kill(running)

    def told(self) -> list[dict[str, Any]]:
        """For each process that lived long enough: its megabytes when settled, at last, and most.

        `mb_a_minute` is the slope of a straight line through all after it settled.
        """
        told = []
        for (role, pid), series in self._series.items():
            settled = [one for one in series if one[0] - series[0][0] >= SETTLED_AFTER_SECONDS]
            if len(settled) < 6:
                continue
            times, held = np.array(settled).T
            slope = float(np.polyfit(times / 60, held / 1e6, 1)[0])
            told.append(
                {
                    "process": role,
                    "pid": pid,
                    "minutes": round((series[-1][0] - series[0][0]) / 60, 1),
                    "settled_mb": round(held[0] / 1e6, 1),
                    "last_mb": round(held[-1] / 1e6, 1),
                    "most_mb": round(max(one[1] for one in series) / 1e6, 1),
                    "mb_a_minute": round(slope, 2),
                }
            )
        return told

    def _kill(self, running: dict[int, str]) -> None:
        role = self._rng.choice(("web", "web worker", "web worker", "worker"))
        pids = [pid for pid, name in running.items() if name == role]
        if not pids:
            return
        os.kill(self._rng.choice(pids), signal.SIGKILL)
        self.killed[role] += 1

    def _running(self) -> dict[int, str]:
        """Every process of the house by what it is."""
        return {pid: _role(pid, self._house.port) for pid in self._house.running()}


def _role(pid: int, web_port: int) -> str:
    """What a process is, by its own command and those it descends from."""
    line, at = list[list[str]](), pid
    while at > 1 and len(line) < 10:
        line.append(_words(at))
        at = _parent(at)
    servers = [place for place, words in enumerate(line) if "granian" in words]
    if not servers:
        return "worker" if line[0][-1:] == ["worker"] else "supervisor or its helpers"
    # The server itself, what it started, and what descends from that.
    depth = max(servers)
    name = "web" if str(web_port) in line[depth] else "live"
    if "resource_tracker" in " ".join(line[0]):
        return f"{name} helper"
    return (name, f"{name} worker", f"{name} decoders")[min(depth, 2)]


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return []


def _parent(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


if __name__ == "__main__":
    main()

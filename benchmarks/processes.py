"""What running processes use, from /proc, and servers of their own for a benchmark.

A server is all processes that descend from one: their processor time is added up, and their memory
by PSS, which counts a page that several of them map once.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STARTS_WITHIN_SECONDS = 90.0
_PARENT, _OWN_TIME = 1, slice(11, 13)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: all pages of each process, and the same with shared pages counted by their share."""

    rss: int
    pss: int


class NotStarted(Exception):
    """A server did not come up; the text is the end of what it said."""


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {other: int(stat[_PARENT]) for other, stat in _stats()}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process and its descendants that live."""
    wanted = set(family(pid))
    spent = [sum(map(int, stat[_OWN_TIME])) for other, stat in _stats() if other in wanted]
    return sum(spent) / TICKS


def memory(pid: int) -> Memory:
    """What a process and its descendants hold."""
    held = [memory_of_one(one) for one in family(pid)]
    return Memory(sum(one.rss for one in held), sum(one.pss for one in held))


def memory_of_one(pid: int) -> Memory:
    """What one process holds; nothing when it is gone."""
    totals = {"Rss": 0, "Pss": 0}
    for line in _lines(Path(f"/proc/{pid}/smaps_rollup")):
        name, _, rest = line.partition(":")
        if name in totals:
            totals[name] += int(rest.split()[0]) * 1024
    return Memory(totals["Rss"], totals["Pss"])


def mapped(pid: int, folder: Path) -> Memory:
    """The part of `memory` that is mapped from files below a folder."""
    totals = {"Rss": 0, "Pss": 0}
    for one in family(pid):
        inside = False
        for line in _lines(Path(f"/proc/{one}/smaps")):
            name, _, rest = line.partition(":")
            if "-" in name.split(" ")[0]:
                inside = str(folder) in line
            elif inside and name in totals:
                totals[name] += int(rest.split()[0]) * 1024
    return Memory(totals["Rss"], totals["Pss"])


@contextmanager
def serving(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    core: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """A server that listens on `port`, on one core if asked; gives its process id.

    Raises NotStarted.
    """
    pinned = ["taskset", "-c", str(core), *command] if core is not None else list(command)
    with log.open("ab") as out:
        process = subprocess.Popen(
            pinned, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        _wait_for(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise NotStarted(log.read_text("utf-8", "replace")[-2_000:])


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Process id, and the fields of its `stat` from the state on."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name before it may hold spaces and brackets.
            text = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2]
        except OSError:
            continue
        yield int(entry.name), text.split()


def _lines(path: Path) -> list[str]:
    """Of a process that may just have ended."""
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []

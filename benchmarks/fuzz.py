"""No file may stop us: `python -m benchmarks.fuzz [--cases 20000] [--seed 1] [--workers 2]`.

Gives a pool of decoder workers the hostile set and then files altered at random (`damage`), each
with options of its turn. Prints how many files got which status, how workers died, and the slowest
files; and fails when a file got no status, took longer than its deadlines allow, or when anything
is left: a file, a zombie, a byte written by a worker.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.damage import hostile_set, mutated, seeds
from benchmarks.machine import keep, print_machine
from tocsin.engine import MediaOptions
from tocsin.engine.fingerprints import Sampling
from tocsin.engine.media import DecoderPool, Precision

DEADLINE_SECONDS = 10.0
_SLACK_SECONDS = 5.0
_PACKAGES = ("tocsin", "pillow", "pi-heif", "av", "numpy")
OPTIONS = {
    "list": MediaOptions(),
    "query": MediaOptions(precision=Precision.QUERY, tiff=True, max_frames=3),
    "everything": MediaOptions(
        battery=True, tiff=True, thumbnails=True, data_uris=True, max_frames=8,
        video=Sampling.KEY_FRAMES,
    ),
    "dense": MediaOptions(tiff=True, video=Sampling.DENSE, data_uris=True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One file and how it is looked at; `number` and the seed make it again."""

    number: int
    name: str
    data: bytes = field(repr=False)
    asked: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    case: Case
    status: str
    seconds: float
    deaths: int
    """How many workers ended meanwhile, which with several workers may be another case's doing."""


@dataclass(slots=True)
class Report:
    """A whole run. `problems` is empty when nothing that must not happen has happened."""

    cases: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, Counter[str]] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    ended_workers: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    written_bytes: int | None = None

    def add(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        case = outcome.case
        self.cases += 1
        self.statuses[outcome.status] += 1
        self.by_kind.setdefault(_kind(case.name), Counter())[outcome.status] += 1
        told = f"#{case.number} {case.name} ({case.asked}): {outcome.status}"
        self.slowest = sorted([*self.slowest, (outcome.seconds, told)], reverse=True)[:10]
        if outcome.deaths:
            self.ended_workers.append(told)
        # Twice the deadline: a file whose worker dies is tried in a second one.
        if outcome.seconds > 2 * DEADLINE_SECONDS + _SLACK_SECONDS:
            self.problems.append(f"took {outcome.seconds:.1f} s: {told}")


def cases(seed: int) -> Iterator[Case]:
    """Without end: first the hostile set, each with every kind of options, then mutations."""
    honest = seeds()
    number = 0
    for name, data in [*honest.items(), *hostile_set(honest)]:
        for asked in OPTIONS:
            yield Case(number, name, data, asked)
            number += 1
    names, files, kinds = list(honest), list(honest.values()), list(OPTIONS)
    while True:
        chance = random.Random(f"{seed} {number}")
        name = names[number % len(names)]
        data = mutated(honest[name], chance, files)
        yield Case(number, f"{name}, altered", data, chance.choice(kinds))
        number += 1


def run(chosen: Iterator[Case], workers: int) -> Report:
    """Gives every case to a pool of that many workers."""
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        before = tempfile.tempdir, Path.cwd()
        tempfile.tempdir = folder
        os.chdir(folder)
        try:
            _ask_all(chosen, workers, report)
        finally:
            tempfile.tempdir = before[0]
            os.chdir(before[1])
        left = [path.name for path in Path(folder).iterdir()]
        if left:
            report.problems.append(f"files were left: {left}")
    return report


def _ask_all(chosen: Iterator[Case], workers: int, report: Report) -> None:
    with DecoderPool(workers, DEADLINE_SECONDS, files_per_worker=500) as pool:
        if not pool.containment.whole:
            print(f"Not all holds here: {pool.containment.lacking}")
        with ThreadPoolExecutor(workers) as threads:
            while some := list(islice(chosen, 500)):
                for outcome in threads.map(lambda case: _ask(pool, case), some):
                    report.add(outcome)
                _look_at_workers(pool, report)
        report.deaths = pool.deaths()
        zygote = _parent(pool.worker_pids()[0]) if pool.worker_pids() else 0
        left = [pid for pid in _children(zygote) if pid not in pool.worker_pids()]
        if left:
            report.problems.append(f"{len(left)} processes are left over")
    if zygote and Path(f"/proc/{zygote}").exists():
        report.problems.append("the zygote is left over")


def _ask(pool: DecoderPool, case: Case) -> Outcome:
    before = sum(pool.deaths().values())
    began = time.perf_counter()
    found = pool.fingerprint(case.data, OPTIONS[case.asked])
    seconds = time.perf_counter() - began
    if found.sha256 != hashlib.sha256(case.data).digest():
        raise AssertionError(f"case {case.number} got another file's answer")
    return Outcome(case, found.status.value, seconds, sum(pool.deaths().values()) - before)


def _look_at_workers(pool: DecoderPool, report: Report) -> None:
    """Whether any worker has had a byte written to storage; the system tells root only."""
    for pid in pool.worker_pids():
        try:
            told = Path(f"/proc/{pid}/io").read_text("ascii")
        except OSError:
            continue
        written = int(told.split("write_bytes: ")[1].split()[0])
        report.written_bytes = (report.written_bytes or 0) + written
        if written:
            report.problems.append(f"worker {pid} wrote {written} bytes to storage")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])


def _children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in told.read_text("ascii").split()] if told.is_file() else []


def _kind(name: str) -> str:
    return name.partition(",")[0] if name.endswith("altered") else "the hostile set"


def main() -> None:
    """Runs, prints, keeps the result; exits with 1 when there is a problem."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--workers", type=int, default=2)
    asked = arguments.parse_args()
    print_machine(*_PACKAGES)
    began = time.perf_counter()
    report = run(islice(cases(asked.seed), asked.cases), asked.workers)
    seconds = time.perf_counter() - began
    _print(report, seconds)
    keep("fuzz", _told(report, asked.seed, seconds), *_PACKAGES)
    raise SystemExit(1 if report.problems else 0)


def _print(report: Report, seconds: float) -> None:
    print(f"\n{report.cases} files in {seconds:.0f} s")
    for status, count in report.statuses.most_common():
        print(f"{count:>8}  {status}")
    print("Workers that ended unbidden:", report.deaths or "none")
    for told in report.ended_workers:
        print(f"          {told}")
    print("Bytes written to storage by workers:", report.written_bytes)
    for taken, told in report.slowest:
        print(f"{taken * 1000:>8.0f} ms  {told}")
    for problem in report.problems:
        print("PROBLEM:", problem)


def _told(report: Report, seed: int, seconds: float) -> dict[str, Any]:
    return {
        "cases": report.cases,
        "seed": seed,
        "seconds": round(seconds),
        "deadline_seconds": DEADLINE_SECONDS,
        "statuses": dict(report.statuses.most_common()),
        "by_kind": {kind: dict(counts) for kind, counts in sorted(report.by_kind.items())},
        "worker_deaths": report.deaths,
        "during_worker_deaths": report.ended_workers,
        "bytes_written_by_workers": report.written_bytes,
        "slowest_ms": [[round(taken * 1000), told] for taken, told in report.slowest],
        "problems": report.problems,
    }


if __name__ == "__main__":
    main()

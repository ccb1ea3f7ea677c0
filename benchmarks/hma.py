"""Look-ups of one worker of ours beside one of Hasher-Matcher-Actioner (HMA), over the same hashes.

Usage: python -m benchmarks.hma --hma FOLDER [--rows 1000000] [--seconds 5] [--rounds 3]

FOLDER is the folder `hasher-matcher-actioner` of a checkout of its repository; without it the
command says how to get one. Both servers are kept to one core and asked the same questions in
turns over loopback, one client each, through their whole way: HTTP, who asks, look-up, answer. One
question in `ONE_IN` is about a listed picture, altered a little. HMA has no batches: its single
look-up is the peer of both. Processor time is that of the server's processes; that of its
PostgreSQL is told beside and not counted against it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import service
from benchmarks.hma_peer import BANK, HOW_TO_GET, Hma
from benchmarks.import_list import own_postgres
from benchmarks.index_data import Bytes, real_like, uniform
from benchmarks.machine import keep, print_machine
from benchmarks.processes import cpu_seconds, memory
from benchmarks.service import Post, body_of

PACKAGES = ("tocsin", "numpy", "numba", "granian", "msgspec", "django")
BATCH = 1_000
ONE_IN = 200
ALTERED_BITS = 10
NEW_ONES = 5
SEEN_WITHIN_SECONDS = 240.0
LOOK_EACH_SECONDS = 0.5

Ask = Callable[[], int]
"""Asks once; how many look-ups that was."""


@dataclass
class Measured:
    """The rounds of one way of asking."""

    lookups: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    rates: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            "per_cpu_second": statistics.median(self.rates),
            "per_cpu_second_least": min(self.rates),
            "per_cpu_second_most": max(self.rates),
            "cpu_ms_each": self.cpu_seconds / self.lookups * 1e3,
            "per_second": self.lookups / self.wall_seconds,
            "p50_ms": float(np.percentile(self.latencies_ms, 50)),
            "p99_ms": float(np.percentile(self.latencies_ms, 99)),
        }


def main() -> None:
    """Start both, ask in turns, change, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hma", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if asked.hma is None or not (asked.hma / "version.txt").exists():
        raise SystemExit(f"Name a checkout of HMA. To get one:\n{HOW_TO_GET}")
    print_machine(*PACKAGES)
    hashes = real_like(asked.rows)
    questions = _questions(hashes)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-hma-")))
        hma = Hma(asked.hma.resolve(), folder, stack.enter_context(own_postgres()))
        result = _measured(hma, folder, hashes, questions, asked)
    print(json.dumps(result, indent=1))
    print(f"kept in {keep('hma', result, *PACKAGES)}")


def _measured(
    hma: Hma, folder: Path, hashes: Bytes, questions: Bytes, asked: argparse.Namespace
) -> dict[str, Any]:
    core = max(os.sched_getaffinity(0))
    theirs = _theirs_built(hma, hashes, core)
    service.open_house(folder / "data")
    key = service.unlimited_key().bearer
    ours = _ours_built(folder, key, hashes, core)
    with hma.serving(core) as peer, service.web(folder / "web.log", core=core) as web:
        _until(lambda: Get(peer.port).ask("/status")[0] == 200)
        get, post = Get(peer.port), Post(web.port, key)
        ways: dict[str, tuple[int, Ask]] = {
            "HMA m/raw_lookup": (peer.pid, _raw_lookups(get, questions)),
            "HMA m/lookup": (peer.pid, _lookups(get, questions)),
            "ours single": (web.pid, _checks(post, questions, 1)),
            f"ours in batches of {BATCH}": (web.pid, _checks(post, questions, BATCH)),
        }
        rates = _in_turns(ways, asked.rounds, asked.seconds)
        theirs |= {"memory": _per_entry(peer.pid, theirs.pop("empty_bytes"), len(hashes))}
        ours |= {"memory": _per_entry(web.pid, ours.pop("empty_bytes"), len(hashes))}
        agreed = _agreement(get, post, questions)
        ours |= {"effective_after": _ours_effective(post)}
        theirs |= {"effective_after": _theirs_effective(get, hashes)}
    ours |= {"memory_of_four_workers": _four_workers(folder, key, questions, len(hashes))}
    return {
        "entries": len(hashes),
        "core": core,
        "hma_packages": hma.packages(),
        "look_ups": rates,
        "ratios": _ratios(rates),
        "agreement": agreed,
        "hma": theirs,
        "ours": ours,
    }


def _questions(hashes: Bytes) -> Bytes:
    """Hashes of pictures that are on no list, and now and then a listed one altered a little."""
    asked = real_like(20_000, queries=True).copy()
    rng = np.random.default_rng(11)
    places = np.arange(0, len(asked), ONE_IN)
    bits = np.unpackbits(hashes[rng.integers(0, len(hashes), len(places))], axis=1)
    for row in bits:
        row[rng.choice(256, ALTERED_BITS, replace=False)] ^= 1
    asked[places] = np.packbits(bits, axis=1)
    return asked


def _theirs_built(hma: Hma, hashes: Bytes, core: int) -> dict[str, Any]:
    hma.prepare()
    with hma.serving(core) as peer:
        Get(peer.port).ask("/status/live")
        empty = memory(peer.pid).pss
    hma.fill(hashes)
    return {**hma.build(), "empty_bytes": empty}


def _ours_built(folder: Path, key: str, hashes: Bytes, core: int) -> dict[str, Any]:
    from tocsin.engine.index import warm_up

    service.publish_index(hashes[:0], {}, 0)
    with service.web(folder / "web.log", core=core) as web:
        # What a worker that has answered holds, so that only the list is the difference.
        post = Post(web.port, key)
        for _ in range(20):
            post.statuses([value.tobytes() for value in uniform(BATCH)])
        empty = memory(web.pid).pss
    warm_up()
    began, before = time.monotonic(), time.process_time()
    service.publish_index(hashes, {}, len(hashes))
    return {
        "build_seconds": time.monotonic() - began,
        "build_cpu_seconds": time.process_time() - before,
        "empty_bytes": empty,
    }


class Get:
    """One client that asks HMA's way; gunicorn's plain worker ends the connection each time."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
        """The status, and what was told."""
        data = None if body is None else json.dumps(body)
        self._connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        told = answer.read()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(told) if is_json else told

    def must(self, path: str, method: str = "GET", body: object = None) -> Any:
        """What was told; ends the benchmark when it was refused."""
        status, told = self.ask(path, method, body)
        if status not in {200, 201}:
            raise SystemExit(f"{path.partition('?')[0]} answered {status}: {told!r}")
        return told


def _raw_lookups(get: Get, questions: Bytes) -> Ask:
    return _one_by_one(get, "/m/raw_lookup?signal_type=pdq&signal=", questions)


def _lookups(get: Get, questions: Bytes) -> Ask:
    return _one_by_one(get, "/m/lookup?signal_type=pdq&signal=", questions)


def _one_by_one(get: Get, path: str, questions: Bytes) -> Ask:
    places = iter(range(10**9))

    def ask() -> int:
        get.must(path + questions[next(places) % len(questions)].tobytes().hex())
        return 1

    return ask


def _checks(post: Post, questions: Bytes, batch: int) -> Ask:
    values = [value.tobytes() for value in questions]
    bodies = [body_of(values[at : at + batch]) for at in range(0, len(values), batch)]
    places = iter(range(10**9))

    def ask() -> int:
        post.send(bodies[next(places) % len(bodies)])
        return batch

    return ask


def _in_turns(
    ways: dict[str, tuple[int, Ask]], rounds: int, seconds: float
) -> dict[str, dict[str, float]]:
    told = {name: Measured() for name in ways}
    for _, ask in ways.values():
        ask()
    for _ in range(rounds):
        for name, (pid, ask) in ways.items():
            _one_turn(told[name], pid, ask, seconds)
            print(
                f"{name:<26} {told[name].rates[-1]:>12,.0f} look-ups a processor second", flush=True
            )
    return {name: one.figures() for name, one in told.items()}


def _one_turn(told: Measured, pid: int, ask: Ask, seconds: float) -> None:
    began, before, done = time.monotonic(), cpu_seconds(pid), 0
    while time.monotonic() - began < seconds:
        asked_at = time.perf_counter()
        done += ask()
        told.latencies_ms.append((time.perf_counter() - asked_at) * 1e3)
    spent = cpu_seconds(pid) - before
    told.lookups += done
    told.cpu_seconds += spent
    told.wall_seconds += time.monotonic() - began
    told.rates.append(done / spent)


def _ratios(rates: dict[str, dict[str, float]]) -> dict[str, float]:
    """Ours against HMA's quicker way."""
    peer = max(rates[name]["per_cpu_second"] for name in rates if name.startswith("HMA"))
    return {name: one["per_cpu_second"] / peer for name, one in rates.items() if "ours" in name}


def _per_entry(pid: int, empty_bytes: int, entries: int) -> dict[str, float]:
    held = memory(pid)
    return {
        "rss_bytes": held.rss,
        "pss_bytes": held.pss,
        "pss_bytes_without_list": empty_bytes,
        "bytes_per_entry": (held.pss - empty_bytes) / entries,
    }


def _four_workers(folder: Path, key: str, questions: Bytes, entries: int) -> dict[str, float]:
    """The memory of four workers that have all answered, against four without a list."""
    told = []
    for is_full in (True, False):
        if not is_full:
            service.publish_index(questions[:0], {}, 0)
        with service.web(folder / "web.log", workers=4) as web:
            values = [value.tobytes() for value in questions]
            for at in range(0, len(values), 500):
                Post(web.port, key).statuses(values[at : at + 500])
            told.append(memory(web.pid).pss)
    return {
        "pss_bytes": told[0],
        "pss_bytes_without_list": told[1],
        "bytes_per_entry": (told[0] - told[1]) / entries,
    }


def _agreement(get: Get, post: Post, questions: Bytes) -> dict[str, int]:
    """On how many of the first questions both say the same."""
    values = [value.tobytes() for value in questions[: 2 * BATCH]]
    theirs = [
        bool(get.must(f"/m/raw_lookup?signal_type=pdq&signal={value.hex()}")["matches"])
        for value in values
    ]
    ours = [status != "not_listed" for status in post.statuses(values)]
    same = sum(one == other for one, other in zip(theirs, ours, strict=True))
    return {
        "asked": len(values),
        "matched_by_hma": sum(theirs),
        "matched_by_us": sum(ours),
        "same": same,
    }


def _ours_effective(post: Post) -> dict[str, Any]:
    """Seconds from before the change is written to the first answer by it."""
    from tocsin.domain.hashlists.actions import add_own_entry, withdraw_entry
    from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind, OwnEntry

    added, withdrawn = [], []
    for number, value in enumerate(np.random.default_rng(5).bytes(32) for _ in range(NEW_ONES)):
        prints = (FingerprintValue(Kind.PDQ, value, 90),)
        entry = OwnEntry(prints, Category.A1, "image", rehearsal=False, about=f"benchmark:{number}")
        at, actor = datetime.now(UTC), service.an_actor()
        began = time.monotonic()
        entry_id = add_own_entry(entry=entry, actor=actor, at=at)
        _until(lambda: post.statuses([value]) != ["not_listed"])  # noqa: B023 - called at once
        added.append(time.monotonic() - began)
        began = time.monotonic()
        withdraw_entry(entry_id=entry_id, reason="benchmark", actor=actor, at=at)
        _until(lambda: post.statuses([value]) == ["not_listed"])  # noqa: B023 - called at once
        withdrawn.append(time.monotonic() - began)
    return {"new_seconds": added, "withdrawn_seconds": withdrawn}


def _theirs_effective(get: Get, hashes: Bytes) -> dict[str, Any]:
    """One new and one withdrawn hash, by the look-up that asks the bank too and by the raw one."""
    new, gone = np.random.default_rng(6).bytes(32).hex(), hashes[0].tobytes().hex()
    waiting: dict[str, Callable[[], bool]] = {
        "new_seconds": lambda: bool(_raw(get, new)),
        # Others on the list may lie near it: the content itself must be gone.
        "withdrawn_seconds": lambda: 1 not in _of_bank(get, gone),
        "withdrawn_seconds_raw": lambda: 1 not in _raw(get, gone),
    }
    get.must(f"/c/bank/{BANK}/signal", "POST", {"pdq": new})
    get.must(f"/c/bank/{BANK}/content/1", "DELETE")
    told: dict[str, Any] = {}
    began = time.monotonic()
    while waiting and time.monotonic() - began < SEEN_WITHIN_SECONDS:
        for name in [name for name, is_seen in waiting.items() if is_seen()]:
            told[name] = time.monotonic() - began
            del waiting[name]
        # Its tasks share the process that answers: often asked, it would build more slowly.
        time.sleep(LOOK_EACH_SECONDS)
    return told | dict.fromkeys(waiting, f"not within {SEEN_WITHIN_SECONDS:.0f}")


def _raw(get: Get, signal: str) -> list[int]:
    found: list[int] = get.must(f"/m/raw_lookup?signal_type=pdq&signal={signal}")["matches"]
    return found


def _of_bank(get: Get, signal: str) -> list[int]:
    found = get.must(f"/m/lookup?signal_type=pdq&signal={signal}").get(BANK, [])
    return [one["bank_content_id"] for one in found]


def _until(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SEEN_WITHIN_SECONDS
    while not come():
        if time.monotonic() > deadline:
            raise SystemExit("A change did not take effect in four minutes.")
        time.sleep(0.005)


if __name__ == "__main__":
    main()

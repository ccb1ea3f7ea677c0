"""The oracle guard: what attackers learn until it stops them, and that honest hosts are not.

Usage: python -m benchmarks.oracle_guard [--uploads 10000000] [--attackers 300] [--write]

Attackers are drawn at random (`oracle_attackers`): strategy, step, noise, patience, number of
pictures, how edited their copies are, tier, and the radius of the key. The honest host uploads
fingerprints drawn to look like a day of an image host: new pictures, repeats, resized copies in
bursts, frames of animations, variants of popular pictures, and known material at the rate that the
Dutch hash check reports (1 in 2,460), some of it passed around a lot. Also: what the guard costs a
query, its memory, and how often the table of recent hashes misses a near-identical one.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import numpy as np

from benchmarks.machine import keep, print_machine
from benchmarks.oracle_attackers import (
    BITS,
    Attack,
    GaveUp,
    Stopped,
    World,
    bisect,
    enumerate_list,
    flipped,
    measure,
    scatter,
    tag_of,
    totals_of,
    walk,
)
from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.types import LIMITS, Asked, NearHit, Totals, Words
from tocsin.domain.matching.guard.watch import Watch
from tocsin.engine.index import Recent

DAY = date(2026, 3, 3)
RADIUS_BITS = 31
BATCH = 1_000
LISTED = 3_000
VIRAL = 5
BASE_RATE = 1 / 2_460
PATIENCE = 2_000
STRATEGIES = ("walk", "bisect", "measure", "scatter", "enumerate")


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one attacker."""

    strategy: str
    tier: str
    radius_bits: int
    pictures: int
    noise: int
    a_day: int | None
    stubborn: bool
    asked: int
    own_questions: int
    first_closed_at: int | None
    slowed_at: int | None
    paused: bool
    taught_bits: float
    most_of_one: float
    wrong_before: int
    wrong_after: int
    found: int


def main() -> None:
    """Measure, print, and keep with --write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=10_000_000)
    parser.add_argument("--attackers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None, help="drawn when not given")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else time.time_ns() % 2**32
    print_machine("numpy")
    result: dict[str, Any] = {"seed": seed, "recall": recall(seed), "cost": cost(seed)}
    print("recall of near-identical hashes:", result["recall"])
    print("cost:", result["cost"])
    result["attackers"] = attackers(asked.attackers, seed)
    # The tiers boolean and action have the same limits.
    result["honest"] = [honest(asked.uploads, tier, seed) for tier in (Tier.ACTION, Tier.DETAIL)]
    if asked.write:
        print(keep("oracle-guard", result, "numpy"))


def attackers(count: int, seed: int) -> dict[str, Any]:
    """Let so many try; the medians and worst of each strategy."""
    by_strategy: dict[str, list[Fate]] = defaultdict(list)
    for number in range(count):
        fate = one_attacker(Random(f"{seed} {number}"))
        by_strategy[fate.strategy].append(fate)
    told = {name: _summary(fates) for name, fates in sorted(by_strategy.items())}
    for name, line in told.items():
        print(f"{name:<10}", line)
    worst = max((f for fates in by_strategy.values() for f in fates), key=lambda f: f.most_of_one)
    return {"count": count, "by_strategy": told, "most_told_of_one_picture": asdict(worst)}


def one_attacker(rng: Random) -> Fate:
    """One attacker, all about it drawn from `rng`, until it is stopped or has tried everything."""
    listed = [rng.getrandbits(BITS) for _ in range(400)]
    tier = rng.choice(list(Tier))
    world = World(listed, rng.randrange(4, 61), tier)
    pictures = rng.choice([1, 2, 5, 20, 60])
    apart = rng.randrange(world.radius_bits + 1)
    starts = [flipped(h, rng.sample(range(BITS), rng.randrange(apart + 1))) for h in listed]
    attack = Attack(
        world,
        starts,
        rng,
        noise=rng.choice([0, 0, 1, 10, 50]),
        a_day=rng.choice([None, None, 20, 200]),
        stubborn=rng.random() < 0.5,
        patience=PATIENCE,
    )
    strategy = rng.choice(STRATEGIES)
    known: dict[tuple[int, int], int] = {}
    found = 0
    try:
        for picture in range(1 if strategy == "enumerate" else pictures):
            for bit, value in _moves(strategy, attack, picture, rng):
                found += strategy == "enumerate"
                known[picture, bit] = value
    except (Stopped, GaveUp):
        pass
    before, after = _wrong(attack, known) if strategy != "enumerate" else (0, 0)
    ledger = world.ledger
    return Fate(
        strategy,
        tier.value,
        world.radius_bits,
        pictures,
        attack.noise,
        attack.a_day,
        attack.stubborn,
        ledger.asked,
        ledger.asked // (attack.noise + 1),
        ledger.first_closed_at,
        ledger.slowed_at,
        ledger.stopped_at is not None,
        round(ledger.taught_bits(), 1),
        round(ledger.most_of_one(), 1),
        before,
        after,
        found,
    )


def _moves(strategy: str, attack: Attack, picture: int, rng: Random) -> Iterator[tuple[int, int]]:
    if strategy == "walk":
        return walk(attack, picture, rng.randrange(1, 25))
    if strategy == "bisect":
        return bisect(attack, picture, rng.randrange(20, 400))
    if strategy == "measure":
        return measure(attack, picture, rng.randrange(8))
    if strategy == "scatter":
        return scatter(attack, picture, rng.randrange(2, attack.world.radius_bits + 20))
    share = rng.choice([1.0, 0.5, 0.1, 0.01])
    return enumerate_list(attack, attack.world.listed, share)


def _wrong(attack: Attack, known: dict[tuple[int, int], int]) -> tuple[int, int]:
    """Bits in which the attacker's copies differ from the listed hashes: before, and as it believes
    in the end, for the pictures it said anything about."""
    before = after = 0
    for picture in {picture for picture, _ in known}:
        listed, start = attack.world.listed[picture], attack.starts[picture]
        believed = start
        for bit in range(BITS):
            if (value := known.get((picture, bit))) is not None:
                believed = believed & ~(1 << bit) | value << bit
        before += (listed ^ start).bit_count()
        after += (listed ^ believed).bit_count()
    return before, after


def _summary(fates: list[Fate]) -> dict[str, Any]:
    def middle(values: list[Any]) -> float | None:
        given = [value for value in values if value is not None]
        return round(statistics.median(given), 1) if given else None

    return {
        "attackers": len(fates),
        "questions until the first was withheld": middle([f.first_closed_at for f in fates]),
        "questions until slowed": middle([f.slowed_at for f in fates]),
        "slowed or paused": sum(f.slowed_at is not None or f.paused for f in fates),
        "paused": sum(f.paused for f in fates),
        "bits told, median": middle([f.taught_bits for f in fates]),
        "bits told, most": max(f.taught_bits for f in fates),
        "bits told of one picture without distances, most": max(f.most_of_one for f in fates),
        "wrong bits before": sum(f.wrong_before for f in fates),
        "wrong bits after": sum(f.wrong_after for f in fates),
        "entries found, most": max(f.found for f in fates),
    }


def honest(uploads: int, tier: Tier, seed: int) -> dict[str, Any]:
    """A day of an honest host; where its key stood at its worst, and what was withheld from it."""
    limits, watch = LIMITS[tier], Watch(tag_of)
    host = Host(np.random.default_rng(seed))
    withheld = blurred = near = exact = 0
    worst = Totals()
    began, inside = time.perf_counter(), 0.0
    for number in range(uploads // BATCH):
        asked = host.batch(BATCH)
        before = time.perf_counter()
        answer = watch.look(asked, limits, DAY)
        inside += time.perf_counter() - before
        withheld += len(answer.closed)
        blurred += len(answer.blurred)
        near += len({hit.place for hit in asked.near})
        exact += len(asked.settled)
        if number % 100 == 99:
            worst = totals_of(watch)
            step, _ = rules.judge(worst, limits)
            assert step.value in {"open", "noticed"}, (step, worst)
    step, sign = rules.judge(worst, limits)
    told = {
        "tier": tier.value,
        "uploads": uploads,
        "near matches": near,
        "exact matches": exact,
        "step": step.value,
        "sign": sign.value if sign else None,
        "withheld": withheld,
        "distances withheld": blurred if tier is Tier.DETAIL else None,
        "microseconds each": round(inside / uploads * 1e6, 2),
        "totals": asdict(worst),
        "allowed matches": round(rules.free_matches(worst, limits)[0]),
    }
    print(f"honest, {tier}: {time.perf_counter() - began:.0f} s", told)
    return told


class Host:
    """An image host: batches of uploads, as fingerprints that belong to no picture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._listed = self._fresh(LISTED)
        self._memes = self._fresh(2_000)
        self._earlier = self._fresh(200_000)
        self._place = 0
        self._meme_odds = 1 / np.arange(1, 2_001) ** 1.1
        self._meme_odds /= self._meme_odds.sum()

    def batch(self, size: int) -> Asked:
        """The next uploads as the guard sees them, key radius 31."""
        rng, parts = self._rng, []
        listed = rng.binomial(size, BASE_RATE)
        repeats, resized, frames, memes = (int(size * s) for s in (0.12, 0.10, 0.03, 0.06))
        parts.append(self._earlier[rng.integers(0, len(self._earlier), repeats)])
        parts.append(self._bursts(resized, 5, 14))
        parts.append(self._bursts(frames, 15, 24))
        popular = rng.choice(2_000, memes, p=self._meme_odds)
        parts.append(self._edited(self._memes[popular], 24))
        new = self._fresh(size - listed - repeats - resized - frames - memes)
        self._keep(new)
        parts.append(new)
        words, entries, distances = self._known(listed)
        exact = rng.random(listed) < 0.6
        words = np.concatenate([words, *parts])
        names = words.copy()
        # Two uploads of one hash are mostly two files: their digests differ.
        names[:, 0] ^= rng.integers(0, 4, size).astype(np.uint64)
        met = exact | (distances <= RADIUS_BITS)
        # Two digests, and two dialects of PDQ for each upload.
        others = [names + np.uint64(n) for n in (1, 2)]
        return Asked(
            names=_mixed(names),
            hashes=_mixed(np.concatenate([words, words + np.uint64(1), *others])),
            words=words,
            places=np.arange(size),
            near=[
                NearHit(p, p, number, rules.is_at_edge(int(distances[p]), (RADIUS_BITS,)))
                for p in np.flatnonzero(met & ~exact).tolist()
                for number in _entries_of(int(entries[p]))
            ],
            exact={
                p: frozenset(_entries_of(int(entries[p]))) for p in np.flatnonzero(exact).tolist()
            },
            settled=frozenset(np.flatnonzero(exact).tolist()),
            matched=_mixed(np.repeat(entries[met].astype(np.uint64)[:, None], 4, axis=1)),
            matched_in=np.flatnonzero(met),
            ball_bits=rules.ball_bits(RADIUS_BITS),
        )

    def _known(self, count: int) -> tuple[Words, Any, Any]:
        """Uploads of listed pictures: a quarter of them of a handful that is passed around. Edits
        as a mixture: most close, a tenth cropped or captioned so far that they match no more."""
        rng = self._rng
        viral = rng.random(count) < 0.25
        entries = np.where(viral, rng.integers(0, VIRAL, count), rng.integers(0, LISTED, count))
        bits = np.minimum(rng.geometric(1 / 8, count), 40)
        bits = np.where(rng.random(count) < 0.1, rng.integers(32, 90, count), bits)
        words = _flipped(self._rng, self._listed[entries], bits)
        distances = np.bitwise_count(words ^ self._listed[entries]).sum(axis=1)
        return words, entries, distances

    def _fresh(self, count: int) -> Words:
        return self._rng.integers(0, 2**64, (count, 4), np.uint64)

    def _bursts(self, count: int, length: int, most_bits: int) -> Words:
        pictures = self._fresh(max(1, count // length))
        return self._edited(np.repeat(pictures, length, axis=0)[:count], most_bits, count)

    def _edited(self, words: Words, most_bits: int, count: int | None = None) -> Words:
        if count is not None and len(words) < count:
            words = np.concatenate([words, self._fresh(count - len(words))])
        return _flipped(self._rng, words, self._rng.integers(0, most_bits + 1, len(words)))

    def _keep(self, words: Words) -> None:
        end = min(self._place + len(words), len(self._earlier))
        self._earlier[self._place : end] = words[: end - self._place]
        self._place = 0 if end == len(self._earlier) else end


def recall(seed: int) -> dict[str, float]:
    """How many near-identical hashes the table of recent ones finds, by distance, when full."""
    rng = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for bits in (4, 8, 16, 24, 31):
        recent = Recent()
        words = rng.integers(0, 2**64, (8_192, 4), np.uint64)
        recent.add(words)
        trial = _flipped(rng, words, np.full(len(words), bits))
        near = np.bitwise_count(trial ^ words).sum(axis=1) > 0
        found[str(bits)] = round(float(recent.seen(trial)[near].mean()), 4)
    return found


def cost(seed: int) -> dict[str, float]:
    """Microseconds for a query by batch size, with the balls that a host or an attacker has; the
    memory of a key in kB."""
    told: dict[str, float] = {}
    host = Host(np.random.default_rng(seed))
    Watch(tag_of).look(host.batch(BATCH), LIMITS[Tier.ACTION], DAY)  # compiles and opens all
    tracemalloc.start()
    watch = Watch(tag_of)
    start = tracemalloc.get_traced_memory()[0]
    for _ in range(50):
        watch.look(host.batch(BATCH), LIMITS[Tier.ACTION], DAY)
    told["memory of a key, kB"] = round((tracemalloc.get_traced_memory()[0] - start) / 1_000)
    tracemalloc.stop()
    for anchors in (0, 100, 1_000):
        for batch in (1, 100, BATCH):
            told[f"us each, {anchors} anchors, {batch} at once"] = _look_time(seed, anchors, batch)
    told.update(_asked_time(seed))
    return told


def _look_time(seed: int, anchors: int, batch: int) -> float:
    host, watch = Host(np.random.default_rng(seed)), Watch(tag_of)
    for number in range(anchors // 8):
        for word in host._fresh(8):
            watch.balls.meet(number + 1, word.tobytes())
    batches = [host.batch(batch) for _ in range(30 if batch > 1 else 200)]
    times = []
    for asked in batches:
        began = time.perf_counter()
        watch.look(asked, LIMITS[Tier.ACTION], DAY)
        times.append((time.perf_counter() - began) / batch * 1e6)
    return round(statistics.median(times), 2)


def _asked_time(seed: int) -> dict[str, float]:
    """What it takes to bring queries of the door into the guard's shape."""
    from tocsin.domain.matching.guard.shaping import as_asked
    from tocsin.domain.matching.types import CheckKey, PolicyTerms, Query

    rng = Random(seed)
    key = CheckKey("tk", 1, Tier.ACTION, 1, 1, None, "", PolicyTerms())
    queries = [
        Query(
            "", md5=rng.randbytes(16), sha1=rng.randbytes(20), pdq=rng.randbytes(32), pdq_quality=90
        )
        for _ in range(BATCH)
    ]
    times = []
    for _ in range(30):
        began = time.perf_counter()
        as_asked(key, queries, {}, tag_of)
        times.append((time.perf_counter() - began) / BATCH * 1e6)
    return {"us each, brought into shape": round(statistics.median(times), 2)}


def _entries_of(picture: int) -> range:
    """The entries of a listed picture: a third of them stands on two lists, a third on three."""
    return range(3 * picture + 1, 3 * picture + 2 + picture % 3)


def _flipped(rng: np.random.Generator, words: Words, bits: Any) -> Words:
    """Each row with about so many of its bits turned over: one may be turned back."""
    out = words.copy()
    for turn in range(int(bits.max(initial=0))):
        rows = np.flatnonzero(bits > turn)
        places = rng.integers(0, BITS, len(rows))
        out[rows, places >> 6] ^= np.uint64(1) << (places & 63).astype(np.uint64)
    return out


def _mixed(words: Words) -> Words:
    """64 bits that depend on all of uint64[n, 4]."""
    mixed = np.zeros(len(words), np.uint64)
    for column in range(4):
        mixed = (mixed ^ words[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    return (mixed * np.uint64(0xD6E8FEB86659FD93)) ^ (mixed >> np.uint64(29))


if __name__ == "__main__":
    print(datetime.now(UTC).isoformat(timespec="seconds"))
    main()

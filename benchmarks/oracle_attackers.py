"""Attackers on the check, who do not know the guard, and a world for them to ask.

Each wants to know where the hash of a listed picture lies, or which of its own hashes are listed.
What it may ask with, its steps and its patience are drawn at random by whoever makes it; so are the
radius of the key and the listed hashes. `World` answers as the checker does, with the guard's own
`Watch` and rules and without a database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import log2
from random import Random

import numpy as np
import numpy.typing as npt

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.guard.counted import Counted
from tocsin.domain.matching.guard.types import (
    GOOD_STANDING,
    LIMITS,
    Asked,
    Limits,
    NearHit,
    Standing,
    Step,
    Totals,
    Withheld,
)
from tocsin.domain.matching.guard.watch import Watch

BITS = 256
JUDGED_EACH = 10
START = datetime(2026, 3, 3, tzinfo=UTC)

Distances = npt.NDArray[np.int64]


class Stopped(Exception):
    """The key is paused: nothing is answered any more."""


class GaveUp(Exception):
    """The attacker's patience is at its end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one question was answered: matched, did not, or neither (`held`), and how far."""

    matched: bool | None
    distance_bits: int | None = None


@dataclass
class Ledger:
    """What the key asked until it was stopped, and what truthful answers around matches it got."""

    asked: int = 0
    around: dict[int, list[int]] = field(default_factory=dict)
    distances: int = 0
    slowed_at: int | None = None
    stopped_at: int | None = None
    first_closed_at: int | None = None

    def taught_bits(self) -> float:
        """At most so many bits were told: for each picture, its answers times what one of them says
        (nothing where all were alike), and four for each distance."""
        return 4 * self.distances + sum(
            len(said) * _entropy(sum(said) / len(said)) for said in self.around.values()
        )

    def most_of_one(self) -> float:
        """The same for the picture about which most was told, distances left out."""
        return max(
            (len(said) * _entropy(sum(said) / len(said)) for said in self.around.values()),
            default=0,
        )


def _entropy(share: float) -> float:
    if share in {0.0, 1.0}:
        return 0.0
    return -share * log2(share) - (1 - share) * log2(1 - share)


@dataclass
class World:
    """Listed hashes (as numbers of 256 bits), a key of a tier and radius, and its guard."""

    listed: Sequence[int]
    radius_bits: int
    tier: Tier
    limits: Limits | None = None
    ledger: Ledger = field(default_factory=Ledger)
    day: int = 0

    def __post_init__(self) -> None:
        self._limits = self.limits or LIMITS[self.tier]
        self._watch = Watch(tag_of)
        self._standing: Standing = GOOD_STANDING
        self._days: list[Counted] = []
        self._requests = 0
        self._words = words_of(self.listed)

    @property
    def step(self) -> Step:
        """Where the key stands now."""
        return self._standing.at(self._now()).step

    def ask(self, hashes: Sequence[int]) -> list[Reply]:
        """Answer a batch of PDQ hashes; raises Stopped."""
        if self.step is Step.PAUSED:
            raise Stopped
        bits = self._distances(hashes)
        entries = bits.argmin(axis=1).tolist()
        distances = bits.min(axis=1).tolist()
        withheld = self._watch.look(self._asked(hashes, bits), self._limits, self._date())
        replies = [
            self._reply(place, distances[place], entries[place], withheld)
            for place in range(len(hashes))
        ]
        self._requests += 1
        # The real guard judges once a second.
        if self._requests % JUDGED_EACH == 0:
            self._judge()
        return replies

    def _reply(self, place: int, distance_bits: int, entry: int, withheld: Withheld) -> Reply:
        self.ledger.asked += 1
        if place in withheld.beyond:
            return Reply(None)
        if place in withheld.closed:
            self.ledger.first_closed_at = self.ledger.first_closed_at or self.ledger.asked
            return Reply(None)
        matched = distance_bits <= self.radius_bits
        if distance_bits <= self.radius_bits + 20:
            self.ledger.around.setdefault(entry, []).append(matched)
        slowed = self.step is Step.SLOWED
        if not matched or slowed:
            # A slowed key hears `held` for every near match: that is a yes for whoever looks.
            return Reply(None if matched else False)
        if self.tier is not Tier.DETAIL or place in withheld.blurred:
            return Reply(True)
        self.ledger.distances += 1
        return Reply(True, -(-distance_bits // 4) * 4)

    def sleep(self) -> None:
        """It is tomorrow."""
        self._days.append(self._watch.counted)
        self.day += 1

    def _asked(self, hashes: Sequence[int], bits: Distances) -> Asked:
        places, entries = np.nonzero(bits <= self.radius_bits)
        met = list(zip(places.tolist(), entries.tolist(), strict=True))
        edges = (self.radius_bits,)
        names = np.array([tag_of(h.to_bytes(32, "little")) for h in hashes], np.uint64)
        return Asked(
            names=names,
            hashes=names,
            words=words_of(hashes),
            places=np.arange(len(hashes)),
            near=[
                NearHit(p, p, entry + 1, rules.is_at_edge(int(bits[p, entry]), edges))
                for p, entry in met
            ],
            exact={},
            settled=frozenset(),
            matched=np.array([tag_of(b"entry %d" % entry) for _, entry in met], np.uint64),
            matched_in=places.astype(np.int64),
            ball_bits=rules.ball_bits(self.radius_bits),
        )

    def _distances(self, hashes: Sequence[int]) -> Distances:
        """From each hash to each listed one: int64[n, m]."""
        asked = words_of(hashes)
        apart = np.bitwise_count(asked[:, None] ^ self._words[None])
        bits: Distances = apart.sum(axis=2).astype(np.int64)
        return bits

    def _judge(self) -> None:
        step, sign = rules.judge(self._totals(), self._limits)
        worse = rules.raised(self._standing, step, sign, self._now())
        if worse is None:
            return
        self._standing = worse
        if worse.step is Step.SLOWED:
            self.ledger.slowed_at = self.ledger.slowed_at or self.ledger.asked
        if worse.step is Step.PAUSED:
            self.ledger.stopped_at = self.ledger.asked

    def _totals(self) -> Totals:
        self._watch.begin(self._date())
        return totals_of(self._watch, self._days[-27:])

    def _now(self) -> datetime:
        return START + timedelta(days=self.day)

    def _date(self) -> date:
        return self._now().date()


def totals_of(watch: Watch, before: Sequence[Counted] = ()) -> Totals:
    """What a watch counted, today and on the days before, as the database adds it up."""
    window = Counted()
    for counted in (watch.counted, *before):
        window.merge(counted)
    asked_today, hashes_today, matched_today = watch.counted.estimates()
    asked, _, matched = window.estimates()
    pictures: list[Ball] = []
    for ball in watch.balls:
        if ball.closed and not any(ball.is_around_the_picture_of(other) for other in pictures):
            pictures.append(ball)
    return Totals(
        asked_today=asked_today,
        hashes_today=hashes_today,
        matched_today=matched_today,
        asked=asked,
        matched=matched,
        closed_balls=len(pictures),
        run_share=watch.run_share(),
    )


def tag_of(data: bytes) -> int:
    """A digest of 64 bits; the guard's own has a key."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def words_of(hashes: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    """Numbers of 256 bits as uint64[n, 4]."""
    joined = b"".join(value.to_bytes(32, "little") for value in hashes)
    return np.frombuffer(joined, np.uint64).reshape(-1, 4)


def flipped(value: int, bits: Sequence[int]) -> int:
    """The hash with these bits turned over."""
    for bit in bits:
        value ^= 1 << bit
    return value


@dataclass
class Attack:
    """Asks `world` about some listed pictures of which the attacker has copies (`starts`).

    `noise` unrelated hashes go along with each question; after `a_day` questions it waits for
    tomorrow, and after `patience` of them it gives up. A `stubborn` one takes `held` for yes and
    goes on.
    """

    world: World
    starts: Sequence[int]
    rng: Random
    noise: int = 0
    a_day: int | None = None
    asked_today: int = 0
    stubborn: bool = False
    patience: int = 1_000_000

    def ask(self, hashes: Sequence[int]) -> list[Reply]:
        """The attacker's questions hidden among others; raises Stopped and GaveUp."""
        replies: list[Reply] = []
        for value in hashes:
            self.patience -= 1
            if self.patience < 0:
                raise GaveUp
            mixed = [self.rng.getrandbits(BITS) for _ in range(self.noise)]
            place = self.rng.randrange(len(mixed) + 1)
            mixed.insert(place, value)
            replies.append(self.world.ask(mixed)[place])
            self.asked_today += 1
            if self.a_day is not None and self.asked_today >= self.a_day:
                self.world.sleep()
                self.asked_today = 0
        return replies

    def yes(self, value: int) -> bool | None:
        """Whether one hash matches; None when that is not told."""
        matched = self.ask([value])[0].matched
        return True if matched is None and self.stubborn else matched


def walk(attack: Attack, picture: int, step_bits: int) -> Iterator[tuple[int, int]]:
    """Walk outwards until the match ends, then try each bit there: about a question for each bit.

    At the last step inside, a bit that ends the match when it is turned was right as it was.
    """
    rng, value = attack.rng, attack.starts[picture]
    order = rng.sample(range(BITS), BITS)
    inside = 0
    while (answer := attack.yes(flipped(value, order[: inside + step_bits]))) is not False:
        inside += step_bits
        if answer is None or inside > BITS:
            return
    low, high = inside, inside + step_bits
    while high - low > 1:
        middle = (low + high) // 2
        if attack.yes(flipped(value, order[:middle])):
            low = middle
        else:
            high = middle
    edge = flipped(value, order[:low])
    for bit in rng.sample(range(BITS), BITS):
        answer = attack.yes(flipped(edge, [bit]))
        if answer is None:
            return
        right = edge >> bit & 1
        yield bit, right if answer is False else 1 - right


def bisect(attack: Attack, picture: int, paths: int) -> Iterator[tuple[int, int]]:
    """Many ways out, the end of the match on each found by halving; a vote for each bit.

    A way turns bits in a random order; those before the end were mostly right.
    """
    rng, value = attack.rng, attack.starts[picture]
    votes = [0] * BITS
    for _ in range(paths):
        order = rng.sample(range(BITS), BITS)
        low, high = 0, 128
        while high - low > 1:
            middle = (low + high) // 2
            answer = attack.yes(flipped(value, order[:middle]))
            if answer is None:
                return
            low, high = (middle, high) if answer else (low, middle)
        for bit in order[:high]:
            votes[bit] += 1
        # The bit at the very end made the difference: it was right before.
        yield order[low], value >> order[low] & 1


def measure(attack: Attack, picture: int, flips: int) -> Iterator[tuple[int, int]]:
    """Read the distance for each bit turned (a few more, to stand where it is rounded up)."""
    rng, value = attack.rng, attack.starts[picture]
    start = flipped(value, rng.sample(range(BITS), flips))
    told = attack.ask([start])[0].distance_bits
    for bit in rng.sample(range(BITS), BITS):
        reply = attack.ask([flipped(start, [bit])])[0]
        if reply.matched is None:
            return
        if told is None or reply.distance_bits is None or reply.distance_bits == told:
            continue
        right = start >> bit & 1
        yield bit, right if reply.distance_bits > told else 1 - right


def scatter(attack: Attack, picture: int, flips: int) -> Iterator[tuple[int, int]]:
    """Turn many bits at random each time and see which of them go with a lost match: no order in
    it, nothing near the question before."""
    rng, value = attack.rng, attack.starts[picture]
    lost, kept = [0] * BITS, [0] * BITS
    for turn in range(500):
        bits = rng.sample(range(BITS), max(1, min(100, flips + rng.randrange(-4, 5))))
        answer = attack.yes(flipped(value, bits))
        if answer is None:
            return
        for bit in bits:
            (kept if answer else lost)[bit] += 1
        if turn % 250 == 249:
            for bit in range(BITS):
                share = lost[bit] / max(1, lost[bit] + kept[bit])
                right = value >> bit & 1
                yield (
                    bit,
                    right if share >= sum(lost) / max(1, sum(lost) + sum(kept)) else 1 - right,
                )


def enumerate_list(attack: Attack, known: Sequence[int], share: float) -> Iterator[tuple[int, int]]:
    """Ask a collection of which a `share` is listed; each "yes" is one entry learned."""
    for number, value in enumerate(known):
        fillers = int(1 / share) - 1
        unknown = [attack.rng.getrandbits(BITS) for _ in range(fillers)]
        matched = attack.world.ask([value, *unknown])[0].matched
        if matched is None and not attack.stubborn:
            return
        yield number, 1

"""Attackers who do not know the guard, drawn at random: what they learn until they are stopped."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.oracle_attackers import (
    BITS,
    Attack,
    Reply,
    Stopped,
    World,
    bisect,
    enumerate_list,
    flipped,
    measure,
    tag_of,
    totals_of,
    walk,
)
from benchmarks.oracle_guard import DAY, Host
from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.types import LIMITS, Step
from tocsin.domain.matching.guard.watch import Watch

WHATEVER = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def attack_on(
    seed: int, radius_bits: int, tier: Tier, *, pictures: int = 1, noise: int = 0
) -> Attack:
    rng = Random(seed)
    listed = [rng.getrandbits(BITS) for _ in range(200)]
    starts = [flipped(h, rng.sample(range(BITS), radius_bits // 3)) for h in listed[:pictures]]
    return Attack(World(listed, radius_bits, tier), starts, rng, noise=noise)


@WHATEVER
@given(
    seed=st.integers(0, 2**32),
    radius_bits=st.integers(6, 60),
    step_bits=st.integers(1, 24),
    noise=st.sampled_from([0, 1, 20]),
    tier=st.sampled_from([Tier.BOOLEAN, Tier.ACTION]),
)
def test_who_walks_out_of_a_match_learns_few_bits_of_256(
    seed: int, radius_bits: int, step_bits: int, noise: int, tier: Tier
) -> None:
    attack = attack_on(seed, radius_bits, tier, noise=noise)
    learned = dict(walk(attack, 0, step_bits))
    assert len(learned) <= LIMITS[tier].edge_answers
    assert attack.world.ledger.first_closed_at is not None
    assert attack.world.ledger.most_of_one() <= 2 * LIMITS[tier].edge_answers


@WHATEVER
@given(seed=st.integers(0, 2**32), radius_bits=st.integers(6, 60))
def test_halving_many_ways_out_ends_as_soon(seed: int, radius_bits: int) -> None:
    attack = attack_on(seed, radius_bits, Tier.ACTION)
    learned = list(bisect(attack, 0, 400))
    assert len(learned) < LIMITS[Tier.ACTION].edge_answers
    assert attack.world.ledger.asked < 200


@WHATEVER
@given(seed=st.integers(0, 2**32), radius_bits=st.integers(12, 60))
def test_distances_of_one_picture_are_told_a_few_times_only(seed: int, radius_bits: int) -> None:
    attack = attack_on(seed, radius_bits, Tier.DETAIL)
    list(measure(attack, 0, 2))
    assert attack.world.ledger.distances <= LIMITS[Tier.DETAIL].distances


@WHATEVER
@given(
    seed=st.integers(0, 2**32),
    radius_bits=st.integers(6, 29),
    decoys=st.integers(0, 8),
    at_once=st.sampled_from([1, 7, 100]),
)
def test_whatever_is_listed_around_a_picture_as_few_answers_tell_where_its_matches_end(
    seed: int, radius_bits: int, decoys: int, at_once: int
) -> None:
    rng = Random(seed)
    picture = rng.getrandbits(BITS)
    beside = [
        flipped(picture, rng.sample(range(BITS), rng.randrange(1, 4 * radius_bits)))
        for _ in range(decoys)
    ]
    world = World([picture, *beside], radius_bits, Tier.ACTION)
    for listed in (*beside, picture):
        world.ask([flipped(listed, rng.sample(range(BITS), rng.randrange(radius_bits // 2)))])
    # A little inside and a little outside: every one of them is a question about the edge.
    edge = range(radius_bits - rules.EDGE_BITS, radius_bits + 3)
    trials = [
        flipped(picture, rng.sample(range(BITS), max(1, rng.choice(edge)))) for _ in range(300)
    ]
    told = 0
    for first in range(0, len(trials), at_once):
        replies = world.ask(trials[first : first + at_once])
        told += sum(reply.matched is not None for reply in replies)
    assert told <= LIMITS[Tier.ACTION].edge_answers


def test_ten_thousand_trials_in_one_request_learn_no_more() -> None:
    attack = attack_on(1, 31, Tier.ACTION)
    start, rng = attack.starts[0], Random(2)
    trials = [flipped(start, rng.sample(range(BITS), 31 - 10)) for _ in range(5_000)]
    trials += [flipped(start, rng.sample(range(BITS), 40)) for _ in range(5_000)]
    told = [reply for reply in attack.world.ask(trials) if reply.matched is not None]
    closed_ball = attack.world.ask(trials[:200])
    assert all(reply.matched is None for reply in closed_ball)
    assert sum(reply.matched is False for reply in told) <= LIMITS[Tier.ACTION].edge_answers


def test_who_comes_in_from_outside_has_been_counted_all_the_way() -> None:
    attack = attack_on(3, 31, Tier.ACTION)
    listed, rng = attack.world.listed[0], Random(4)
    far = rng.sample(range(BITS), 60)
    for bits in range(60, 30, -1):
        attack.world.ask([flipped(listed, far[:bits])])
    [reply] = attack.world.ask([flipped(listed, [*far[:30], far[40]])])
    assert reply.matched is None


def test_a_match_far_from_all_others_belongs_to_the_picture_that_was_closed_around() -> None:
    attack = attack_on(9, 60, Tier.ACTION)
    attack.stubborn = True
    list(bisect(attack, 0, 20))
    listed, rng = attack.world.listed[0], Random(10)
    elsewhere = [flipped(listed, rng.sample(range(BITS), 55)) for _ in range(50)]
    assert {reply.matched for reply in attack.world.ask(elsewhere)} == {None}


def test_what_drips_in_over_weeks_adds_up() -> None:
    attack = attack_on(5, 31, Tier.ACTION)
    attack.a_day = 2
    learned = list(walk(attack, 0, 6))
    assert attack.world.day > 5
    assert len(learned) <= LIMITS[Tier.ACTION].edge_answers


def test_who_goes_from_picture_to_picture_is_slowed_and_then_paused() -> None:
    attack = attack_on(6, 31, Tier.ACTION, pictures=60)
    attack.stubborn = True

    def all_of_them() -> None:
        for picture in range(60):
            list(walk(attack, picture, 8))

    with pytest.raises(Stopped):
        all_of_them()
    ledger = attack.world.ledger
    assert ledger.slowed_at is not None
    assert ledger.stopped_at is not None
    assert ledger.slowed_at < ledger.stopped_at
    assert ledger.taught_bits() < 60 * LIMITS[Tier.ACTION].edge_answers


def test_who_asks_a_collection_is_told_of_the_pictures_allowed_and_is_held_then() -> None:
    attack = attack_on(7, 31, Tier.BOOLEAN)
    attack.world.listed = [attack.rng.getrandbits(BITS) for _ in range(2_000)]
    attack.world.__post_init__()
    found = [n for n, _ in enumerate_list(attack, attack.world.listed, 0.5)]
    allowed = LIMITS[Tier.BOOLEAN].free_matches
    assert len(found) == pytest.approx(allowed, rel=0.1)
    assert attack.world.ask(attack.world.listed[:1]) == [Reply(None)]
    assert attack.world.step in {Step.OPEN, Step.NOTICED}


def test_a_day_of_an_honest_host_in_small_is_left_alone() -> None:
    watch, host = Watch(tag_of), Host(np.random.default_rng(8))
    for _ in range(60):
        withheld = watch.look(host.batch(1_000), LIMITS[Tier.ACTION], DAY)
        assert not withheld.closed
    assert rules.judge(totals_of(watch), LIMITS[Tier.ACTION])[0] is Step.OPEN

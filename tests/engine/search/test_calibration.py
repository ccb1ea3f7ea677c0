"""The published rates: what the table says, and the limits that follow from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.search import (
    Level,
    RateKind,
    WrongCalibration,
    expected_false_positives,
    limit_for,
    limits_for,
)
from tocsin.engine.search.calibration import calibration_of

near_levels = st.sampled_from([Level.NEAR, Level.THOROUGH])
sizes = st.integers(1, 10**9)


@pytest.mark.parametrize("level", [Level.NEAR, Level.THOROUGH])
def test_the_table_has_every_even_distance_and_rates_only_grow(level: Level) -> None:
    calibration = calibration_of(level)
    assert [step.bits for step in calibration.steps] == list(range(0, 61, 2))
    rates = [step.rate for step in calibration.steps]
    assert rates == sorted(rates)
    assert 0 < rates[0] <= rates[-1] < 1


@pytest.mark.parametrize("level", [Level.NEAR, Level.THOROUGH])
def test_a_rate_is_a_measured_bound_wherever_pairs_were_seen(level: Level) -> None:
    for step in calibration_of(level).steps:
        assert step.kind is RateKind.MEASURED_BOUND or step.found == 0
        assert step.measured_bound >= max(step.found, 2.9) / calibration_of(level).pairs
        assert step.rate <= step.upper <= step.measured_bound
        if step.kind is RateKind.MEASURED_BOUND:
            assert step.rate == step.upper


def test_no_pair_that_may_block_was_seen_within_31_bits() -> None:
    near = calibration_of(Level.NEAR)
    assert near.pairs > 10**9
    assert all(step.found == 0 for step in near.steps if step.bits <= 31)


@given(st.integers(0, 60), near_levels, sizes)
def test_a_list_twice_as_long_gives_twice_as_many(bits: int, level: Level, size: int) -> None:
    once = expected_false_positives(bits, level=level, list_size=size)
    twice = expected_false_positives(bits, level=level, list_size=2 * size)
    assert twice.value == pytest.approx(2 * once.value)
    assert twice.kind is once.kind


@given(st.integers(0, 29), near_levels, sizes)
def test_an_odd_distance_is_as_good_as_the_even_one_below(
    half: int, level: Level, size: int
) -> None:
    even, odd = (
        expected_false_positives(bits, level=level, list_size=size)
        for bits in (2 * half, 2 * half + 1)
    )
    assert even == odd


@given(st.floats(1e-9, 0.5), near_levels, sizes)
def test_the_limit_is_the_last_distance_whose_rate_is_low_enough(
    rate: float, level: Level, size: int
) -> None:
    limit = limit_for(rate, level=level, list_size=size)
    assert 0 <= limit <= 60
    if limit > 0:
        assert expected_false_positives(limit, level=level, list_size=size).value <= rate
    if limit < 60:
        assert expected_false_positives(limit + 2, level=level, list_size=size).value > rate


@given(st.floats(1e-9, 0.5), st.integers(1, 10**8))
def test_limits_never_block_beyond_31_bits_nor_widen_with_the_list(rate: float, size: int) -> None:
    short, long = limits_for(rate, list_size=size), limits_for(rate, list_size=10 * size)
    assert short.block_bits == min(31, limit_for(rate, level=Level.NEAR, list_size=size))
    assert long.block_bits <= short.block_bits <= 31
    assert long.review_bits <= short.review_bits
    assert long.battery_bits <= short.battery_bits


@pytest.mark.parametrize("bits", [-1, 61])
def test_a_distance_outside_of_the_table_is_refused(bits: int) -> None:
    with pytest.raises(WrongCalibration, match="0 to 60"):
        expected_false_positives(bits, level=Level.NEAR, list_size=1)


@pytest.mark.parametrize("rate", [0.0, 1.0, -1e-6])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(WrongCalibration, match="between 0 and 1"):
        limit_for(rate, level=Level.NEAR, list_size=10)


def test_digests_have_no_distance_and_a_list_has_entries() -> None:
    with pytest.raises(WrongCalibration, match="no distance"):
        expected_false_positives(0, level=Level.EXACT, list_size=10)
    with pytest.raises(WrongCalibration, match="at least one"):
        expected_false_positives(0, level=Level.NEAR, list_size=0)


@pytest.mark.parametrize("size", [float("nan"), float("inf")])
def test_a_list_without_a_length_has_no_limits(size: int) -> None:
    with pytest.raises(WrongCalibration):
        limits_for(1e-6, list_size=size)


def test_half_a_bit_is_no_distance() -> None:
    half: int = 31.5  # type: ignore[assignment]
    with pytest.raises(WrongCalibration, match="0 to 60 bits"):
        expected_false_positives(half, level=Level.NEAR, list_size=1_000)

"""Times to removal with some still online: against published examples and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.figures.survival import curve, median, share, within

# Freireich et al. 1963, remission in weeks under 6-mercaptopurine, 9 of 21 ended: the example of
# Cox and Oakes 1984, and of most textbooks since.
WEEKS = np.array(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], np.float64
)
ENDED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], np.bool_)
PLACEBO = np.array(
    [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], np.float64
)


def test_the_textbook_example_comes_out() -> None:
    found = curve(WEEKS, ENDED)
    assert found.hours.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    expected = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert found.there == pytest.approx(expected, abs=0.0006)
    # Greenwood's standard errors of the same table.
    errors = found.there * np.sqrt(found.spread)
    assert errors == pytest.approx(
        [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=1e-4
    )
    middle = median(found)
    # As `survfit(conf.type = "log-log")` prints it.
    assert (middle.value, middle.low, middle.high) == (23, 13, None)


def test_without_anything_still_there_it_is_the_plain_share() -> None:
    gone = np.ones(len(PLACEBO), np.bool_)
    assert median(curve(PLACEBO, gone)).value == 8
    found = within(PLACEBO, gone, 8)
    assert found.share == pytest.approx(13 / 21)
    assert (found.removed, found.still_online, found.too_new) == (13, 8, 0)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 13 / 21 < found.high


def test_who_removes_nothing_does_not_look_fast() -> None:
    hours = np.array([30.0, 40.0, 50.0, 60.0, 5.0])
    gone = np.array([False, False, False, False, True])
    assert median(curve(hours, gone)).value is None
    found = within(hours, gone, 24)
    assert (found.removed, found.still_online) == (1, 4)
    assert found.share == pytest.approx(0.2)


def test_of_what_nobody_has_looked_at_for_so_long_nothing_is_said() -> None:
    hours, gone = np.array([1.0, 2.0, 0.5]), np.array([True, False, False])
    found = within(hours, gone, 672)
    assert (found.share, found.too_new, found.removed) == (None, 2, 1)
    assert within(np.array([]), np.array([], np.bool_), 24).share is None


def test_between_two_looks_the_median_lies_between_two_bounds() -> None:
    seen, missed = np.array([1.0, 3.0, 5.0]), np.array([2.0, 6.0, 9.0])
    gone = np.ones(3, np.bool_)
    found = median(curve(missed, gone), curve(seen, gone))
    assert (found.earliest, found.value) == (3.0, 6.0)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 600),
)
def test_the_curve_only_falls_and_counts_everybody_once(
    drawn: list[tuple[int, bool]], hours: int
) -> None:
    times = np.array([time for time, _ in drawn], np.float64)
    gone = np.array([ended for _, ended in drawn], np.bool_)
    found = curve(times, gone)
    assert (np.diff(found.there) <= 0).all()
    assert ((found.there >= -1e-12) & (found.there <= 1)).all()
    counted = within(times, gone, hours)
    assert counted.removed + counted.still_online + counted.too_new == len(drawn)
    if counted.share is not None:
        assert counted.low is not None
        assert counted.high is not None
        assert 0 <= counted.low <= counted.share + 1e-9
        assert counted.share - 1e-9 <= counted.high <= 1
    if gone.all():
        plain = float((times <= hours).mean())
        assert counted.share == pytest.approx(plain)


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_share_lies_in_its_interval(count: int, more: int) -> None:
    found = share(count, count + more)
    if not count + more:
        assert found.value is None
        return
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1

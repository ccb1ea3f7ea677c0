"""The other tool's quiet hours: as measured from its code before."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from tocsin.site.rehearsal.days.quiet import is_blocked, leaves_at

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - the rule is about local time
STEPS = [MONDAY + timedelta(minutes=10 * n) for n in range(4 * 7 * 144)]


def hours(decided: list[datetime]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([(leaves_at(at) - at).total_seconds() / 3_600 for at in decided])


def test_a_notice_waits_as_long_as_was_measured() -> None:
    waited = hours(STEPS)
    assert np.median(waited) == pytest.approx(6.5, abs=0.1)
    assert waited.mean() == pytest.approx(15.9, abs=0.1)
    assert np.quantile(waited, 0.9) == pytest.approx(51, abs=0.5)
    assert waited.max() == pytest.approx(68, abs=0.5)
    assert np.mean([is_blocked(at) for at in STEPS]) == pytest.approx(0.66, abs=0.01)


def test_in_office_hours_it_waits_less_but_as_long_at_worst() -> None:
    office = [at for at in STEPS if at.weekday() < 5 and 8 <= at.hour < 18]
    waited = hours(office)
    assert np.median(waited) == pytest.approx(1.0, abs=0.05)
    assert waited.mean() == pytest.approx(3.9, abs=0.1)
    assert np.quantile(waited, 0.9) == pytest.approx(2.7, abs=0.1)
    assert waited.max() == pytest.approx(68, abs=0.5)


def test_a_listed_day_is_as_a_weekend() -> None:
    wednesday = MONDAY + timedelta(days=2)
    listed = {wednesday.date()}
    assert is_blocked(wednesday.replace(hour=13), listed)
    assert is_blocked(wednesday - timedelta(hours=5), listed)
    assert is_blocked(wednesday + timedelta(hours=35, minutes=50), listed)
    assert not is_blocked(wednesday + timedelta(hours=36), listed)

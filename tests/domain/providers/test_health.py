"""A provider's page turns red when something is wrong, and one letter says what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.providers.signing import MAIL, confirmed
from tocsin.base.accounts.models import ApiKey
from tocsin.base.letters.models import Letter
from tocsin.domain.matching.actions import CountKey, count_checks
from tocsin.domain.matching.measuring import (
    EDGES_MS,
    MeasureKey,
    hours_from,
    measured,
    measures_from,
)
from tocsin.domain.matching.types import AnswerStatus, DayCount, Door, HourCount, Measures, Query
from tocsin.domain.providers import queries
from tocsin.domain.providers.health import EXPECT_A_HIT_IN, WORDS, lamps
from tocsin.domain.providers.types import Lamp
from tocsin.domain.providers.warning import warn_all

NOW = datetime(2026, 3, 3, 13, tzinfo=UTC)
TODAY = datetime(2026, 3, 3).date()  # noqa: DTZ001 - a day
FINE = Measures({"md5": 900, "sha256": 900, "pdq": 900}, 900, 1, 2)


def days(*counts: tuple[int, int, int, int]) -> list[DayCount]:
    """Days before today, checks, hits, errors."""
    return [DayCount(TODAY - timedelta(days=n), *rest) for n, *rest in counts]


@pytest.mark.parametrize(
    ("counts", "measures", "red"),
    [
        (days(), Measures({}, 0, None, None), ()),
        (days((0, 1000, 1, 3)), FINE, ()),
        (days((0, 60, 0, 40)), FINE, (Lamp.ERRORS,)),
        (days((0, 10, 0, 10)), FINE, ()),
        (days((5, 60, 0, 60), (0, 60, 0, 0)), FINE, ()),
        (days((9, 5, 0, 0), (8, 5, 0, 0), (7, 5, 0, 0)), FINE, (Lamp.STOPPED,)),
        (days((9, 5, 0, 0), (8, 5, 0, 0), (3, 5, 0, 0)), FINE, ()),
        (days((0, 9, 0, 0)), Measures({"sha256": 100, "pdq": 0}, 9, 1, 1), (Lamp.ONLY_SHA256,)),
        (days((0, 9, 0, 0)), Measures({"sha256": 100, "pdq": 1}, 9, 1, 1), ()),
        (days((0, EXPECT_A_HIT_IN, 0, 0)), FINE, (Lamp.NO_HITS,)),
        (days((0, EXPECT_A_HIT_IN, 1, 0)), FINE, ()),
    ],
)
def test_what_turns_red(counts: list[DayCount], measures: Measures, red: tuple[Lamp, ...]) -> None:
    assert lamps(counts, measures, is_live=True, canary_on=TODAY, today=TODAY) == red


def test_a_key_for_trying_out_needs_no_hits() -> None:
    assert (
        lamps(days((0, EXPECT_A_HIT_IN, 0, 0)), FINE, is_live=False, canary_on=None, today=TODAY)
        == ()
    )


@pytest.mark.parametrize(("days_ago", "red"), [(None, True), (8, True), (7, False), (0, False)])
def test_a_live_key_that_never_sends_the_canary_is_red(days_ago: int | None, red: bool) -> None:
    seen = None if days_ago is None else TODAY - timedelta(days=days_ago)
    found = lamps(days((0, 9, 1, 0)), FINE, is_live=True, canary_on=seen, today=TODAY)
    assert (Lamp.NO_CANARY in found) is red


def test_every_lamp_says_what_to_do() -> None:
    assert set(WORDS) == set(Lamp)


@pytest.mark.parametrize("seconds", [0.0, 0.0009, 0.0011, 0.05, 5.1, 600.0])
def test_times_fall_below_their_edge(seconds: float) -> None:
    queries_ = [Query("a", md5=bytes(16), pdq=bytes(32)), Query("b", md5=bytes(16))]
    found = measured(queries_, seconds, at=NOW, key_id="k")
    totals = {key.what: n for key, n in found.items()}
    told = measures_from(totals)
    assert (told.kinds["md5"], told.kinds["pdq"], told.kinds["sha256"]) == (2, 1, 0)
    assert told.requests == 1
    assert told.p95_ms is not None
    assert told.p95_ms >= min(seconds * 1_000, EDGES_MS[-1])


def test_how_pictures_ended_is_counted_by_the_hour() -> None:
    ended = {AnswerStatus.LISTED: 2, AnswerStatus.HELD: 1, AnswerStatus.NOT_LISTED: 5,
             AnswerStatus.CORRUPT: 3, AnswerStatus.UNAVAILABLE: 1}  # fmt: skip
    found = measured([], 0.0, at=NOW, key_id="k", ended=ended)
    rows = [(key.day, key.what, n) for key, n in found.items()]
    assert hours_from(rows) == [HourCount(NOW, 12, 3, 4)]
    assert hours_from([(TODAY, "h1", 9), (TODAY, "ms5", 9)]) == []


def test_percentiles_are_upper_edges() -> None:
    told = measures_from({"ms1": 90, "ms20": 6, "ms500": 4})
    assert (told.p50_ms, told.p95_ms) == (1, 20)
    assert measures_from({}).p50_ms is None


@pytest.mark.django_db
def test_one_letter_for_each_time_it_turns_red(now: datetime) -> None:
    provider = confirmed(now)
    key_id = ApiKey.objects.get().key_id

    def only_sha256(n: int) -> None:
        count_checks({MeasureKey(now.date(), key_id, "sha256"): n})

    def written() -> int:
        warn_all(now)
        warn_all(now)
        return Letter.objects.filter(to=MAIL, purpose="providers.red").count()

    assert written() == 0
    only_sha256(100)
    assert written() == 1
    assert queries.health(provider.pk, at=now) == (Lamp.ONLY_SHA256,)
    count_checks({CountKey(now.date(), key_id, Door.V1, AnswerStatus.UNAVAILABLE): 50})
    assert written() == 2
    count_checks({MeasureKey(now.date(), key_id, "pdq"): 1})
    assert written() == 2
    assert queries.health(provider.pk, at=now) == (Lamp.ERRORS,)

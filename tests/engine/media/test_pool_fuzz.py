"""Every kind of file through the pool, honest and hostile: the short run of `benchmarks.fuzz`."""

import warnings
from collections.abc import Iterator
from itertools import islice

import pytest

from benchmarks.damage import seeds
from benchmarks.fuzz import OPTIONS, cases, run
from tocsin.engine import Status, fingerprint
from tocsin.engine.media import DecoderPool

HONEST = seeds()


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1, deadline_seconds=60) as made:
        yield made


@pytest.mark.parametrize("name", HONEST)
def test_a_worker_sees_in_every_kind_of_file_what_this_process_sees(
    pool: DecoderPool, name: str
) -> None:
    for options in OPTIONS.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as a worker does; here they are errors
            expected = fingerprint(HONEST[name], options=options)
        assert pool.fingerprint(HONEST[name], options) == expected
    assert pool.deaths() == {}


def test_no_file_stops_the_pool_and_nothing_is_left_of_any() -> None:
    some = [case for case in islice(cases(seed=7), 4000) if case.number % 13 == 0]
    report = run(iter(some), workers=1)
    assert report.problems == []
    assert report.cases == len(some) > 300
    assert set(report.statuses) <= {status.value for status in Status}
    # A worker that made a call it may not make would mean that honest files can, too.
    assert "SIGSYS" not in report.deaths


def test_a_case_can_be_made_again_from_its_number() -> None:
    one, other = (list(islice(cases(seed=3), 2000, 2050)) for _ in range(2))
    assert one == other
    assert len({case.data for case in one}) > 40

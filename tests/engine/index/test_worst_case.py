"""Lists made to be slow: what a query looks at stays within a bound, counted and not timed.

The bound, for n rows: at most max(4096, n / 8) records of two bytes looked at; at most
max(256, n / 2048) rows compared (n / 128 beyond a radius of 31 bits) and one flush of 288 more; and
then every row once, if that was not enough.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.index.lists import flipped, random_hashes
from tests.engine.index.test_ring import search, triples, words
from tocsin.engine.index import NearIndex
from tocsin.engine.index.ring import Ring, build_ring, most_candidates, most_compared
from tocsin.engine.index.scan import scan
from tocsin.engine.index.workplace import Effort, workplace

Bytes = npt.NDArray[np.uint8]

OTHERS = random_hashes(20_000, seed=101)
CENTRE = random_hashes(1, seed=102)


def near_duplicates(count: int) -> Bytes:
    """The frames of one video: within 12 bits of one hash."""
    return flipped(np.repeat(CENTRE, count, axis=0), [i % 13 for i in range(count)], seed=103)


def alike_but_for_one_part(count: int) -> Bytes:
    """All in one bucket of fifteen parts."""
    hashes = np.repeat(CENTRE, count, axis=0)
    hashes[:, :2] = np.arange(count, dtype=np.uint16)[:, None].view(np.uint8)
    return hashes


def one_bucket_that_passes_every_filter(count: int) -> Bytes:
    """Near the query in thirteen pairs of neighbouring parts, and yet too far away altogether.

    A search without a bound would compare every row thirteen times.
    """
    hashes = alike_but_for_one_part(count)
    hashes[:, 2::4] ^= 1
    hashes[:, 4::4] ^= 2
    hashes[:, 30:] ^= 0xFF
    return hashes


LISTS = {
    "near duplicates": near_duplicates(9_000),
    "near duplicates among others": np.concatenate((near_duplicates(4_000), OTHERS)),
    "one bucket": alike_but_for_one_part(9_000),
    "every filter passed": one_bucket_that_passes_every_filter(9_000),
    "unrelated": OTHERS,
}


@pytest.fixture(scope="module", params=LISTS, ids=lambda name: name.replace(" ", "-"))
def ring(request: pytest.FixtureRequest) -> Ring:
    """The tables over one of the lists."""
    return build_ring(words(np.unique(LISTS[request.param], axis=0)))


def cost(ring: Ring, asked: Bytes, radius_bits: int) -> Effort:
    """Check the answer, and give what it took."""
    assert triples(search(ring, words(asked), radius_bits)) == triples(
        scan(ring.rows, words(asked), radius_bits)
    )
    # Searching again, since the first search may have been continued by looking at every row.
    search(ring, words(asked), radius_bits)
    return workplace().effort(ring, len(asked), radius_bits)


@pytest.mark.parametrize("radius_bits", [0, 31, 47])
@pytest.mark.parametrize("away_bits", [0, 20, 34, 40, 60])
def test_what_a_query_costs_is_bounded_on_every_list(
    ring: Ring, away_bits: int, radius_bits: int
) -> None:
    asked = np.concatenate(
        (flipped(np.repeat(CENTRE, 20, axis=0), [away_bits] * 20, seed=104), OTHERS[:5])
    )
    spent = cost(ring, asked, radius_bits)
    n = len(ring.rows)
    gone_on = spent.candidates[~spent.all_rows]
    assert (gone_on <= most_candidates(n)).all()
    assert (spent.compared <= most_compared(n, radius_bits) + 288).all()


def test_queries_at_the_edge_of_a_cluster_are_given_to_the_scan_and_others_are_not() -> None:
    rows = np.unique(LISTS["near duplicates among others"], axis=0)
    ring = build_ring(words(rows))
    edge = flipped(np.repeat(CENTRE, 50, axis=0), [34] * 50, seed=105)
    spent = cost(ring, np.concatenate((edge, OTHERS[:50])), 31)
    assert spent.all_rows[:50].sum() > 25
    assert not spent.all_rows[50:].any()


def test_a_query_whose_buckets_hold_the_whole_list_looks_at_no_record() -> None:
    rows = np.unique(LISTS["one bucket"], axis=0)
    ring = build_ring(words(rows))
    spent = cost(ring, CENTRE, 31)
    assert spent.all_rows.all()
    assert (spent.compared <= most_compared(len(rows), 31) + 288).all()


def test_the_bounds_are_small_beside_a_look_at_every_row() -> None:
    assert most_candidates(1_000_000) == 125_000
    assert most_compared(1_000_000, 31) == 488
    assert most_compared(1_000_000, 47) == 7_812


@pytest.mark.parametrize("most_ids", [1, 5, 64, 1_000])
@pytest.mark.parametrize("radius_bits", [31, 60])
def test_a_cap_lets_a_look_at_every_row_narrow_and_changes_no_answer(
    most_ids: int, radius_bits: int
) -> None:
    hashes = LISTS["near duplicates among others"]
    ids = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    # Every third entry stands for two hashes, and many of the nearest do not count.
    ids[::3] = ids[1::3]
    index = NearIndex.build(hashes, ids)
    asked = flipped(np.repeat(CENTRE, 90, axis=0), [i % 30 for i in range(90)], seed=106)
    for _ in range(3):
        capped, full = (
            index.query(asked, radius_bits, most_ids=most_ids),
            index.query(asked, radius_bits),
        )
        for i in range(len(asked)):
            start, end = capped.offsets[i : i + 2]
            first = int(full.offsets[i])
            assert end - start == min(most_ids, full.offsets[i + 1] - first)
            assert capped.ids[start:end].tolist() == full.ids[first : first + end - start].tolist()
        index.withdraw(full.ids[full.offsets[0] : full.offsets[0] + 900])


@pytest.mark.parametrize("most_ids", [1, 64, 300])
def test_one_query_into_a_cluster_of_shared_hashes_gives_the_nearest_entries(most_ids: int) -> None:
    # Seventy entries share each hash, so that the ids of a few rows are enough; and many entries
    # have several hashes, so that counting them once leaves too few.
    hashes = np.repeat(near_duplicates(60), 70, axis=0)
    for ids in (np.arange(1, 4_201), np.arange(4_200) % 67 + 1):
        index = NearIndex.build(np.concatenate((hashes, OTHERS)), with_others(ids))
        for away in (0, 5, 20):
            asked = flipped(CENTRE, [away], seed=107)
            capped, full = index.query(asked, most_ids=most_ids), index.query(asked)
            assert capped.ids.tolist() == full.ids[:most_ids].tolist()
            assert capped.distances.tolist() == full.distances[:most_ids].tolist()


def with_others(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """These ids, and one for each of the others."""
    return np.concatenate((ids, np.arange(len(OTHERS)) + 10_000)).astype(np.uint64)

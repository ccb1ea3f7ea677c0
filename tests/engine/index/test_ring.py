"""The sixteen tables, apart from the index that holds them."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.index.lists import flipped, random_hashes
from tocsin.engine.index import ring as ring_module
from tocsin.engine.index.ring import Ring, build_ring, most_candidates, openings
from tocsin.engine.index.scan import Hits, scan

Words = npt.NDArray[np.uint64]


def words(hashes: npt.NDArray[np.uint8]) -> Words:
    """uint8[n, 32] as uint64[n, 4]."""
    return hashes.view("<u8")


def triples(hits: Hits) -> list[tuple[int, int, int]]:
    """Sorted (query, row, distance)."""
    return sorted(
        zip(hits.query.tolist(), hits.row.tolist(), hits.distance_bits.tolist(), strict=True)
    )


ROWS = random_hashes(3_000, seed=21)
RING = build_ring(words(ROWS))


@pytest.mark.parametrize("radius_bits", range(48))
def test_each_radius_finds_exactly_what_the_scan_finds(radius_bits: int) -> None:
    asked = words(flipped(ROWS[:40], [min(radius_bits + i % 2, 256) for i in range(40)], seed=22))
    assert triples(RING.search(asked, radius_bits)) == triples(
        scan(words(ROWS), asked, radius_bits)
    )


def test_a_radius_of_31_opens_17_buckets_in_each_part() -> None:
    opened = openings(31)
    assert np.bincount(opened.part).tolist() == [17] * 16
    assert opened.allowed.max() == 3


@pytest.mark.parametrize("radius_bits", range(48))
def test_the_weights_of_a_radius_leave_no_split_of_the_distance_uncovered(radius_bits: int) -> None:
    opened = openings(radius_bits)
    reach = {
        (int(part), int(flips)): int(allowed)
        for part, flips, allowed in zip(
            opened.part, np.bitwise_count(opened.mask), opened.allowed, strict=True
        )
    }
    rng = np.random.default_rng(radius_bits)
    for _ in range(200):
        split = rng.multinomial(radius_bits, rng.dirichlet(np.full(16, 0.3)))
        assert any(
            split[(part + 1) % 16] <= reach.get((part, int(split[part])), -1) for part in range(16)
        )


def test_small_blocks_give_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = words(flipped(ROWS[:100], [20] * 100, seed=23))
    expected = triples(RING.search(asked, 31))
    monkeypatch.setattr(ring_module, "BLOCK_CANDIDATES", 10)
    monkeypatch.setattr(ring_module, "BLOCK_OPENINGS", 300)
    assert triples(RING.search(asked, 31)) == expected
    assert len(expected) == 100


def test_a_query_with_too_many_candidates_looks_at_every_row_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scanned: list[int] = []

    def watched(rows: Words, queries: Words, radius_bits: int) -> Hits:
        scanned.append(len(queries))
        return scan(rows, queries, radius_bits)

    monkeypatch.setattr(ring_module, "scan", watched)
    cluster = flipped(np.repeat(ROWS[:1], 6_000, axis=0), [i % 9 for i in range(6_000)], seed=24)
    rows = np.unique(np.concatenate((cluster, ROWS)), axis=0)
    asked = words(np.concatenate((ROWS[:1], ROWS[50:60])))
    found = triples(build_ring(words(rows)).search(asked, 31))
    assert scanned == [1]
    assert found == triples(scan(words(rows), asked, 31))


def test_a_query_never_considers_more_than_a_fraction_of_the_rows() -> None:
    assert most_candidates(1_000_000) == 250_000
    assert most_candidates(100_000_000) == 1 << 22


def test_a_sample_is_found_in_all_tables_and_a_damaged_table_shows() -> None:
    sample = np.arange(0, len(ROWS), 50)
    assert RING.finds(sample)
    for damaged in (_with(RING, "numbers"), _with(RING, "beside"), _with(RING, "directory")):
        assert not damaged.finds(sample)


def _with(ring: Ring, name: str) -> Ring:
    """The same ring with one table shifted by one place."""
    return dataclasses.replace(ring, **{name: np.roll(getattr(ring, name), 1, axis=1)})

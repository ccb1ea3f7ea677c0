"""The sixteen tables, apart from the index that holds them; compiled and plain."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.index.lists import flipped, random_hashes
from tocsin.engine.index import workplace as workplace_module
from tocsin.engine.index.compiled import kernels
from tocsin.engine.index.finding import Finder
from tocsin.engine.index.plain import search_plainly
from tocsin.engine.index.ring import Ring, build_ring, flips, weights
from tocsin.engine.index.scan import Hits, scan
from tocsin.engine.index.workplace import Rows, TooMuchAtOnce, Wanted, scan_rows

Words = npt.NDArray[np.uint64]
Search = Callable[[Ring, Words, int], Hits]


def words(hashes: npt.NDArray[np.uint8]) -> Words:
    """uint8[n, 32] as uint64[n, 4]."""
    return hashes.view("<u8")


def triples(hits: Hits) -> list[tuple[int, int, int]]:
    """Sorted (query, row, distance)."""
    return sorted(
        zip(hits.query.tolist(), hits.row.tolist(), hits.distance_bits.tolist(), strict=True)
    )


def search(ring: Ring, asked: Words, radius_bits: int) -> Hits:
    """By the compiled search."""
    assert kernels() is not None
    return Finder(Rows.of(ring.rows), ring).search_words(asked, radius_bits)


ROWS = random_hashes(3_000, seed=21)
RING = build_ring(words(ROWS))
BOTH = pytest.mark.parametrize("by", [search, search_plainly], ids=["compiled", "plain"])


@BOTH
@pytest.mark.parametrize("radius_bits", range(48))
def test_each_radius_finds_exactly_what_the_scan_finds(by: Search, radius_bits: int) -> None:
    asked = words(flipped(ROWS[:40], [min(radius_bits + i % 2, 256) for i in range(40)], seed=22))
    assert triples(by(RING, asked, radius_bits)) == triples(scan(words(ROWS), asked, radius_bits))


@pytest.mark.parametrize("count", [*range(1, 80), 500, 513, 1_030])
def test_the_compiled_scan_sees_the_last_row_whatever_their_number(count: int) -> None:
    rows = words(ROWS[:count])
    asked = words(np.concatenate((ROWS[:count:7], ROWS[count - 1 : count])))
    compiled = kernels()
    assert compiled is not None
    hits = scan_rows(compiled, Rows.of(rows), Rows.of(asked), Wanted(60))
    assert hits is not None
    assert triples(hits) == triples(scan(rows, asked, 60))


def test_a_radius_of_31_opens_17_buckets_in_each_part() -> None:
    assert [len(flips(weight)) for weight in weights(31)] == [17] * 16


@pytest.mark.parametrize("radius_bits", range(48))
def test_the_weights_of_a_radius_leave_no_split_of_the_distance_uncovered(radius_bits: int) -> None:
    share = weights(radius_bits)
    assert sum(share) == radius_bits + 1
    rng = np.random.default_rng(radius_bits)
    for _ in range(200):
        split = rng.multinomial(radius_bits, rng.dirichlet(np.full(16, 0.3)))
        assert any(
            split[part] < share[part]
            and split[part] + split[(part + 1) % 16] < share[part] + share[(part + 1) % 16]
            for part in range(16)
        )


@pytest.mark.parametrize("count", [511, 512, 2_048])
@pytest.mark.parametrize("radius_bits", [15, 31, 33])
def test_so_many_queries_that_they_are_put_in_order_find_what_the_scan_finds(
    count: int, radius_bits: int
) -> None:
    # Many rows that share a bucket of every part but one, so that some buckets are long.
    alike = np.repeat(ROWS[:1], 300, axis=0)
    alike[:, 4:6] = random_hashes(300, seed=24)[:, :2]
    rows = words(np.concatenate((ROWS, alike)))
    near = flipped(ROWS[: min(count, 1_500)], [i % 40 for i in range(min(count, 1_500))], seed=25)
    asked = words(np.concatenate((near, random_hashes(count - len(near), seed=26))))
    found = search(build_ring(rows), asked, radius_bits)
    assert triples(found) == triples(scan(rows, asked, radius_bits))


def test_many_more_queries_than_a_block_are_answered() -> None:
    asked = words(flipped(np.concatenate((ROWS, ROWS)), [20] * 6_000, seed=23))
    assert triples(search(RING, asked, 31)) == triples(scan(words(ROWS), asked, 31))


def test_more_hits_than_there_is_room_for_make_room_or_ask_for_fewer_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = flipped(np.repeat(ROWS[:1], 90, axis=0), [i % 9 for i in range(90)], seed=24)
    rows = words(np.unique(np.concatenate((cluster, ROWS)), axis=0))
    ring, asked = build_ring(rows), np.repeat(words(ROWS[:1]), 1_000, axis=0)
    expected = triples(scan(rows, asked, 31))
    each = len(expected) // 1_000
    assert each > 64
    assert triples(search(ring, asked, 31)) == expected
    workplace_module.workplace().make_room(1_000)
    monkeypatch.setattr(workplace_module, "MOST_ROOM", 2_000)
    with pytest.raises(TooMuchAtOnce):
        search(ring, asked, 31)
    assert triples(search(ring, asked[:1], 31)) == expected[:each]
    workplace_module.workplace().make_room(workplace_module.ROOM)


@BOTH
def test_a_sample_is_found_in_all_tables_and_a_damaged_table_shows(by: Search) -> None:
    sample = np.arange(0, len(ROWS), 50)
    assert RING.finds(sample)
    assert len(by(RING, words(ROWS[sample]), 0).query) == len(sample)
    assert not dataclasses.replace(RING, directory=np.roll(RING.directory, 1, axis=1)).finds(sample)
    for name in ("numbers", "beside"):
        shifted = tuple(np.roll(table, 1) for table in getattr(RING, name))
        damaged: dict[str, Any] = {name: shifted}
        assert not dataclasses.replace(RING, **damaged).finds(sample)


@pytest.mark.parametrize("count", [0, 1, 5_000])
def test_compiled_and_plain_building_give_the_same_tables(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = words(random_hashes(count, seed=25))
    compiled = build_ring(rows)
    monkeypatch.setattr("tocsin.engine.index.ring.kernels", lambda: None)
    plain = build_ring(rows)
    assert (compiled.directory == plain.directory).all()
    for part in range(16):
        assert (compiled.beside[part] == plain.beside[part]).all()
        assert (compiled.numbers[part] == plain.numbers[part]).all()

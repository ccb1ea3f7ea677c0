"""Merkle trees as RFC 9162 has them: what is in is proven, and nothing else is."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.receipts import tiles, tree

# The leaves and roots that the authors of Certificate Transparency test with.
KNOWN_LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 300)


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(n).encode()) for n in range(count)]


def by_the_book(told: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if len(told) == 1:
        return told[0]
    k = 1
    while k * 2 < len(told):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_book(told[:k]) + by_the_book(told[k:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    told = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES[:size]]
    assert tree.root(told).hex() == KNOWN_ROOTS[size - 1]


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert tree.root([]) == hashlib.sha256(b"").digest() == tree.root_of(0, tree.nodes_of([]))


@settings(deadline=None)
@given(SIZES)
def test_every_way_to_a_root_leads_to_the_same(size: int) -> None:
    told = leaves(size)
    growing = tree.Growing()
    for leaf in told:
        growing.append(leaf)
    roots = {
        tree.root(told),
        tree.root_of(size, tree.nodes_of(told)),
        growing.root(),
        by_the_book(told),
    }
    assert len(roots) == 1
    assert growing.size == size


@settings(deadline=None)
@given(SIZES, st.data())
def test_every_leaf_is_proven_and_no_other_at_no_other_place(size: int, data: Any) -> None:
    told = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_path(index, size, tree.nodes_of(told))
    whole = tree.root(told)
    assert tree.root_by_inclusion(told[index], index, size, path) == whole
    assert tree.root_by_inclusion(tree.leaf_hash(b"else"), index, size, path) != whole
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index)) if size > 1 else size
    assert tree.root_by_inclusion(told[index], other, size, path) != whole
    assert tree.root_by_inclusion(told[index], index, size, [*path, whole]) != whole
    if path:
        step = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:step], bytes(32), *path[step + 1 :]]
        assert tree.root_by_inclusion(told[index], index, size, changed) != whole
        assert tree.root_by_inclusion(told[index], index, size, path[:-1]) != whole


@settings(deadline=None)
@given(SIZES, st.data())
def test_a_tree_that_only_grew_is_proven_to_have_only_grown(new: int, data: Any) -> None:
    old = data.draw(st.integers(0, new))
    told = leaves(new)
    path = tree.consistency_path(old, new, tree.nodes_of(told))
    before, after = (old, tree.root(told[:old])), (new, tree.root(told))
    assert tree.consistent(before, after, path)
    assert not tree.consistent((old, bytes(32)), after, path)
    if old:
        assert not tree.consistent(before, (new, bytes(32)), path)
        forged = leaves(new)
        forged[data.draw(st.integers(0, old - 1))] = tree.leaf_hash(b"else")
        rewritten = tree.consistency_path(old, new, tree.nodes_of(forged))
        assert not tree.consistent(before, (new, tree.root(forged)), rewritten)
    if path:
        assert not tree.consistent(before, after, path[:-1])
        assert not tree.consistent(before, after, [*path, bytes(32)])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_path(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        tree.inclusion_path(index, size, tree.nodes_of(leaves(size)))
    assert tree.root_by_inclusion(bytes(32), index, size, []) is None


def test_a_tree_cannot_have_shrunk() -> None:
    with pytest.raises(IndexError):
        tree.consistency_path(4, 3, tree.nodes_of(leaves(3)))
    assert not tree.consistent((4, bytes(32)), (3, bytes(32)), [])


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=4))
def test_tiles_give_the_same_proofs_as_the_leaves(steps: list[int]) -> None:
    kept: dict[tiles.Place, list[bytes]] = {}

    def load(level: int, number: int) -> list[bytes]:
        return kept.get((level, number), [])

    size = 0
    for step in steps:
        more = leaves(size + step)[size:]
        kept |= tiles.appended(more, size=size, load=load)
        size += step
    told = leaves(size)
    assert tree.root_of(size, tiles.nodes(load)) == tree.root(told)
    for index in {0, size // 2, size - 1} if size else ():
        wanted = tree.inclusion_path(index, size, tree.nodes_of(told))
        assert tree.inclusion_path(index, size, tiles.nodes(load)) == wanted
        wanted = tree.consistency_path(index, size, tree.nodes_of(told))
        assert tree.consistency_path(index, size, tiles.nodes(load)) == wanted


def test_a_tree_of_three_levels_of_tiles_writes_few_of_them() -> None:
    kept = tiles.appended(leaves(65_536 + 300), size=0, load=lambda *_: ())
    assert len(kept[2, 0]) == 1
    more = tiles.appended([bytes(32)], size=65_836, load=lambda *place: kept[place])
    assert set(more) == {(0, 257)}


def test_a_tile_that_lost_hashes_is_told() -> None:
    short = {(0, 0): leaves(4)}
    with pytest.raises(tiles.TreeDamaged):
        tiles.appended([bytes(32)], size=5, load=lambda *place: short[place])
    with pytest.raises(tiles.TreeDamaged):
        tree.root_of(5, tiles.nodes(lambda *place: short[place]))

"""A tree too large for memory, kept as tiles: rows of up to 256 hashes, each over 256 below it.

Only the last tile of a level ever changes, so a tree grows by writing one or two rows, and any
proof is made from four rows for a thousand million leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from tocsin.engine.receipts import tree

HEIGHT = 8
WIDTH = 1 << HEIGHT

Place: TypeAlias = tuple[int, int]
Load: TypeAlias = Callable[[int, int], Sequence[bytes]]
"""`load(level, number)`: the hashes in a tile; none when there is no such tile."""


class TreeDamaged(Exception):
    """A tile does not hold what the size of the tree says it must."""


def appended(leaves: Iterable[bytes], *, size: int, load: Load) -> dict[Place, list[bytes]]:
    """The tiles (level, number) that change when these leaf hashes follow the first `size`."""
    changed: dict[Place, list[bytes]] = {}

    def put(level: int, index: int, value: bytes) -> None:
        number, offset = divmod(index, WIDTH)
        place = level, number
        if place not in changed:
            changed[place] = list(load(level, number)) if offset else []
        tile = changed[place]
        if len(tile) != offset:
            raise TreeDamaged(f"tile {number} of level {level} holds {len(tile)}, not {offset}")
        tile.append(value)
        if len(tile) == WIDTH:
            put(level + 1, number, tree.root(tile))

    for index, leaf in enumerate(leaves, size):
        put(0, index, leaf)
    return changed


def nodes(load: Load) -> tree.Node:
    """A `Node` over tiles; raises TreeDamaged where one is missing or too short."""

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        number, offset = divmod(index << height, WIDTH)
        found = load(tile_level, number)[offset : offset + (1 << height)]
        if len(found) != 1 << height:
            raise TreeDamaged(f"tile {number} of level {tile_level} is too short")
        return tree.root(found)

    return node

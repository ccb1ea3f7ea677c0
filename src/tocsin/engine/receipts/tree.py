"""Merkle trees as RFC 9162 (section 2.1) hashes them, over SHA-256: roots, proofs, and their proof.

Leaves are given as hashes made by `leaf_hash`. Whoever holds a large tree need not have it in
memory: it gives a `Node`, which answers for every complete subtree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

HASH_BYTES = 32
NOTHING = hashlib.sha256().digest()
"""The root of a tree without leaves."""

Node: TypeAlias = Callable[[int, int], bytes]
"""`node(level, index)`: the hash over the leaves `index * 2**level` to `(index + 1) * 2**level`."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf, 32 bytes. No leaf can pass for an inner node, as that begins with 1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def levels(leaves: Iterable[bytes]) -> list[list[bytes]]:
    """All complete subtrees over these leaf hashes: level 0 is the leaves themselves."""
    level = list(leaves)
    found = [level]
    while len(level) > 1:
        level = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)]
        found.append(level)
    return found


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes, 32 bytes."""
    level = list(leaves)
    if not level:
        return NOTHING
    while len(level) > 1:
        above = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)]
        # One without a partner goes up as it is; that is what the RFC's way of splitting comes to.
        level = above + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def nodes_of(leaves: Iterable[bytes]) -> Node:
    """A `Node` over leaf hashes in memory."""
    found = levels(leaves)
    return lambda level, index: found[level][index]


def root_of(size: int, node: Node) -> bytes:
    """The root over the first `size` leaves of a tree."""
    return _over(0, size, node) if size else NOTHING


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that leaf `index` is one of the first `size` (RFC 9162, 2.1.3.1).

    Raises IndexError when it is not.
    """
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_of(end - start)
        if index < middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the first `old` of `new` leaves are still the same (RFC 9162, 2.1.4.1).

    Empty where there is nothing to prove: for two equal sizes, and from an empty tree.
    """
    if not 0 <= old <= new:
        raise IndexError(f"{old} leaves of {new}")
    path: list[bytes] = []
    start, end = 0, new
    while old not in {0, end}:
        middle = start + _left_of(end - start)
        if old <= middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(start, middle, node))
            start = middle
    if old and start:
        # The old root itself is known to whoever asks, but not a part of it.
        path.append(_over(start, end, node))
    return path[::-1]


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that this path leads to (RFC 9162, 2.1.3.2); None when its length is wrong."""
    if not 0 <= index < size:
        return None
    place, last = index, size - 1
    found = leaf
    for sibling in path:
        if last == 0:
            return None
        if place % 2 or place == last:
            found = node_hash(sibling, found)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether this path proves that the tree (size, root) `new` begins with all of `old`
    (RFC 9162, 2.1.4.2)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size > new_size or (old_size == 0 and old_root != NOTHING):
        return False
    if old_size in {0, new_size}:
        return not path and (old_size == 0 or old_root == new_root)
    whole = old_size & (old_size - 1) == 0
    steps = [old_root, *path] if whole else list(path)
    if not steps:
        return False
    place, last = old_size - 1, new_size - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


class Growing:
    """A tree that is read from its first leaf to its last, of which only the root is wanted."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        level, value = 0, leaf
        while self._peaks and self._peaks[-1][0] == level:
            value = node_hash(self._peaks.pop()[1], value)
            level += 1
        self._peaks.append((level, value))
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return NOTHING
        found = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found


def _left_of(size: int) -> int:
    """How many leaves stand left: the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _over(start: int, end: int, node: Node) -> bytes:
    size = end - start
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, start // size)
    middle = start + _left_of(size)
    return node_hash(_over(start, middle, node), _over(middle, end, node))

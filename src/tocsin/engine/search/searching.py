"""Asking the indexes, for one file or for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tocsin.engine.fingerprints.distinctive import hash_is_distinct
from tocsin.engine.fingerprints.types import Fingerprints
from tocsin.engine.index import ExactIndex, NearIndex
from tocsin.engine.search.limits import DEFAULT_LIMITS, Limits
from tocsin.engine.search.matches import Level, Match
from tocsin.engine.search.rules import (
    DIGESTS,
    Asked,
    Standing,
    asked_of,
    best_of,
    exact_match,
    near_match,
    radius_of,
    standing_of,
    use_of,
)

_WIDTH_BYTES = {"md5": 16, "sha1": 20, "sha256": 32}

Bytes: TypeAlias = npt.NDArray[np.uint8]
Found: TypeAlias = tuple[int, Match]
"""Which file of the batch, and one match of it."""


class WrongIndex(ValueError):
    """An exact index stands under the name of a digest of another length."""


def search(
    prints: Fingerprints,
    *,
    near: NearIndex,
    exact: Mapping[str, ExactIndex],
    level: Level = Level.NEAR,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Match, ...]:
    """The entries that one file matches, each once, best first.

    `exact` holds the indexes by name: those of `md5`, `sha1` and `sha256` are asked, others (a
    PhotoDNA hash cannot be had from a file) are left alone. A file without pixels, or with pictures
    that say too little, is still matched by its digests: look at `Fingerprints.status` before
    calling an empty answer "not listed". The frames of a film are asked for by `search_film`; here
    it matches by digest. Raises `WrongIndex`, ValueError for a level that is none, and
    `IndexDamaged` of the index.
    """
    return search_many([prints], near=near, exact=exact, level=level, limits=limits)[0]


def search_many(
    prints: Sequence[Fingerprints],
    *,
    near: NearIndex,
    exact: Mapping[str, ExactIndex],
    level: Level = Level.NEAR,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[tuple[Match, ...], ...]:
    """`search` for many files, in their order, with one question to each index for all of them.

    When the limits for plain hashes and for the battery differ, the near index is asked once for
    each. Faster than one by one, since an index answers a batch in less time.
    """
    level = Level(level)  # a word from a settings file must not quietly ask for less
    found: list[list[Match]] = [[] for _ in prints]
    for digest in DIGESTS:
        if prints and digest in exact:
            for file, match in _equal(prints, digest, exact[digest], limits):
                found[file].append(match)
    asked_for = [(file, asked) for file, one in enumerate(prints) for asked in asked_of(one, level)]
    for file, match in alike(asked_for, near, limits):
        found[file].append(match)
    return tuple(best_of(matches) for matches in found)


def _equal(
    prints: Sequence[Fingerprints], digest: str, index: ExactIndex, limits: Limits
) -> Iterator[Found]:
    if index.width_bytes != _WIDTH_BYTES[digest]:
        raise WrongIndex(
            f"The index given as {digest} holds values of {index.width_bytes} bytes, "
            f"a {digest} has {_WIDTH_BYTES[digest]}: give the index under its own name."
        )
    values = np.frombuffer(b"".join(getattr(one, digest) for one in prints), np.uint8)
    found = index.query(values.reshape(len(prints), -1), most_ids=limits.most_entries)
    file = np.repeat(np.arange(len(prints)), np.diff(found.offsets))
    for number, entry_id in zip(file.tolist(), found.ids.tolist(), strict=True):
        yield number, exact_match(entry_id, digest)


def alike(
    asked_for: Iterable[tuple[int, Asked]], near: NearIndex, limits: Limits
) -> Iterator[Found]:
    """What hashes of the files with these numbers find that counts, one match for each finding.

    One question to the index for each of the two limits.
    """
    by_radius: dict[int, list[tuple[int, Asked]]] = defaultdict(list)
    for file, asked in asked_for:
        by_radius[radius_of(asked, limits)].append((file, asked))
    for radius_bits, together in by_radius.items():
        yield from _within(radius_bits, together, near, limits)


def _within(
    radius_bits: int, asked_for: list[tuple[int, Asked]], near: NearIndex, limits: Limits
) -> Iterator[Found]:
    values = np.frombuffer(b"".join(asked.value for _, asked in asked_for), np.uint8)
    found = near.query(values.reshape(-1, 32), radius_bits, most_ids=limits.most_entries)
    question = np.repeat(np.arange(len(asked_for)), np.diff(found.offsets))
    answers = zip(question.tolist(), found.ids.tolist(), found.distances.tolist(), strict=True)
    standings = _standings(values.reshape(-1, 32), asked_for, np.unique(question))
    for number, entry_id, distance_bits in answers:
        file, asked = asked_for[number]
        standing = standings[number]
        use = use_of(standing, distance_bits, limits) if standing else None
        if use is not None:
            yield file, near_match(asked, entry_id, distance_bits, use)


def _standings(
    values: Bytes, asked_for: list[tuple[int, Asked]], answered: npt.NDArray[np.int64]
) -> dict[int, Standing | None]:
    """What each hash that found something may carry. Few do, so this is not done for all."""
    distinct = hash_is_distinct(values[answered]).tolist()
    return {
        number: standing_of(asked_for[number][1], distinct=is_distinct)
        for number, is_distinct in zip(answered.tolist(), distinct, strict=True)
    }

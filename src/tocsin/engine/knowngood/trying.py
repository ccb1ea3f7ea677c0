"""Trying a set: were these files on a list, what would the lint say of them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from tocsin.engine.fingerprints import Gate
from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY
from tocsin.engine.knowngood.finding import Found, found_in, groups_in
from tocsin.engine.knowngood.judging import Blanks, Finding, Ids, Judge, OneSet, Values
from tocsin.engine.knowngood.looking import Fingerprint, Looked, look, looks_of
from tocsin.engine.knowngood.packages import DEFAULT_BOUNDS, Bounds
from tocsin.engine.knowngood.sets import KnownGoodSet
from tocsin.engine.knowngood.suspicion import size_flags
from tocsin.engine.knowngood.types import KINDS, WIDTH_BYTES, WORDS, Trouble

_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of an entry made from a picture: `where` it lies, what the lint would find
    (see `Judge`), and the `gate` that keeps its PDQ from matching alone."""

    where: str
    looked: Looked
    findings: tuple[Finding, ...] = ()
    gate: Gate | None = None

    @property
    def held(self) -> Finding | None:
        """What would put the entry in quarantine; None where nothing would."""
        return next((found for found in self.findings if not found.note), None)

    @property
    def held_by(self) -> str | None:
        """The same in one word."""
        return self.held.doubt.value if self.held is not None else None


def try_files(
    known: KnownGoodSet,
    paths: Iterable[Path],
    fingerprint: Fingerprint,
    *,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> Iterator[Tried | Trouble]:
    """Each picture in the files, folders and packages named. Raises OSError for one not there."""
    sets = (OneSet(known.folder.name, known), Blanks())
    for group in groups_in(paths):
        found = found_in(group, bounds, drawings=True)
        pictures = iter(found)
        while batch := list(islice(pictures, _AT_ONCE)):
            yield from _tried(sets, [look(where, data, fingerprint) for where, data in batch])
        yield from _troubles(found)


def _troubles(found: Found) -> Iterator[Trouble]:
    yield from found.troubles
    more = found.trouble_count - len(found.troubles)
    if more:
        yield Trouble(found.group.name, f"{more:,} more could not be read")


def _tried(sets: tuple[OneSet, Blanks], looked: list[Looked]) -> Iterator[Tried]:
    ids = np.arange(len(looked), dtype=np.int64)
    judge = Judge(sets, ids)
    for kind in KINDS:
        values = [getattr(one.digests, WORDS[kind]) for one in looked]
        judge.take_digests(kind, ids, _stacked(values, WIDTH_BYTES[kind]))
    _show_pictures(judge, looked)
    judge.take_sizes(ids, np.array([_too_small(one) for one in looked], np.uint8))
    findings: dict[int, list[Finding]] = {}
    for found in judge.findings():
        findings.setdefault(found.entry_id, []).append(found)
    for number, one in enumerate(looked):
        yield Tried(one.where, one, tuple(findings.get(number, ())), _gate(one))


def _show_pictures(judge: Judge, looked: list[Looked]) -> None:
    """Every look of each picture, since a list may hold any of them."""
    seen = [(number, shown.pdq) for number, one in enumerate(looked) for shown in looks_of(one)]
    ids: Ids = np.array([number for number, _ in seen], np.int64)
    quality: Ids = np.array([pdq.quality for _, pdq in seen], np.int64)
    values = _stacked([pdq.value for _, pdq in seen], 32)
    judge.take_pdqs(ids, values, quality, quality >= FLAT_BELOW_QUALITY)


def _too_small(one: Looked) -> int:
    seen = one.fingerprints
    return size_flags(seen.size_bytes, seen.width, seen.height) if seen else 0


def _gate(one: Looked) -> Gate | None:
    pictures = one.fingerprints.pictures if one.fingerprints else ()
    return pictures[0].gate if pictures else None


def _stacked(values: list[bytes], width: int) -> Values:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)

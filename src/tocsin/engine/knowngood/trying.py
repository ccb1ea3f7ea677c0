"""Trying a set: were these files on a list, which of them would it hold back, and by what?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from tocsin.engine.fingerprints import Digests, Gate
from tocsin.engine.knowngood.finding import Found, found_in, groups_in
from tocsin.engine.knowngood.looking import Fingerprint, Looked, look, looks_of
from tocsin.engine.knowngood.packages import DEFAULT_BOUNDS, Bounds
from tocsin.engine.knowngood.rules import NEAR_BITS, Ground, Judgement, Step, judged
from tocsin.engine.knowngood.sets import KnownGoodSet
from tocsin.engine.knowngood.suspicion import Entry, Reason, reasons_against
from tocsin.engine.knowngood.types import NO_SOURCE, Digest, Source, Trouble

_AT_ONCE: Final = 32
_ALL: Final = Digest.MD5 | Digest.SHA1 | Digest.SHA256


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of an entry made from a picture: `where` it lies, what the set says of it
    (`source` where it knows it), the `gate` that keeps its PDQ from matching alone, and the reasons
    that its fingerprints give by themselves."""

    where: str
    looked: Looked
    judgement: Judgement
    source: Source | None = None
    near_bits: int | None = None
    gate: Gate | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def held_by(self) -> str | None:
        """One word for what holds it back, the surest first; None when nothing does."""
        if self.judgement.step is Step.QUARANTINE:
            return "near" if self.judgement.ground is Ground.NEAR else "exact"
        if self.gate is not None:
            return f"gate {self.gate.value}"
        return f"reason {self.reasons[0].value}" if self.reasons else None


def try_files(
    known: KnownGoodSet,
    paths: Iterable[Path],
    fingerprint: Fingerprint,
    *,
    bounds: Bounds = DEFAULT_BOUNDS,
    radius_bits: int = NEAR_BITS,
) -> Iterator[Tried | Trouble]:
    """Each picture in the files, folders and packages named. Raises OSError for one not there."""
    for group in groups_in(paths):
        found = found_in(group, bounds, drawings=True)
        pictures = iter(found)
        while batch := list(islice(pictures, _AT_ONCE)):
            looked = [look(where, data, fingerprint) for where, data in batch]
            yield from _tried(known, looked, radius_bits)
        yield from _troubles(found)


def _troubles(found: Found) -> Iterator[Trouble]:
    yield from found.troubles
    more = found.trouble_count - len(found.troubles)
    if more:
        yield Trouble(found.group.name, f"{more:,} more could not be read")


def _tried(known: KnownGoodSet, looked: list[Looked], radius_bits: int) -> Iterator[Tried]:
    hits = known.ask(
        md5=_stacked([one.digests.md5 for one in looked]),
        sha1=_stacked([one.digests.sha1 for one in looked]),
        sha256=_stacked([one.digests.sha256 for one in looked]),
    )
    against = known.contradicted(np.full(len(looked), int(_ALL), np.uint8), hits)
    for number, one in enumerate(looked):
        near_bits, near_source = _near(known, one, radius_bits)
        judgement = judged(
            has=_ALL,
            hit=Digest(int(hits.kinds[number])),
            contradicted=Digest(int(against[number])),
            near_bits=near_bits,
            radius_bits=radius_bits,
        )
        source = int(hits.sources[number]) if hits.kinds[number] else near_source
        yield Tried(
            one.where,
            one,
            judgement,
            known.source(source) if source != NO_SOURCE else None,
            near_bits,
            _gate(one),
            reasons_against(_entry(one)),
        )


def _near(known: KnownGoodSet, one: Looked, radius_bits: int) -> tuple[int | None, int]:
    """The nearest known picture to any look of this one, since a list may hold any of them."""
    pdqs = [seen.pdq.value for seen in looks_of(one)]
    if not pdqs:
        return None, NO_SOURCE
    near = known.ask_near(_stacked(pdqs), radius_bits)
    best = int(near.bits.argmin())
    source = int(near.sources[best])
    return (int(near.bits[best]), source) if source != NO_SOURCE else (None, source)


def _gate(one: Looked) -> Gate | None:
    pictures = one.fingerprints.pictures if one.fingerprints else ()
    return pictures[0].gate if pictures else None


def _entry(one: Looked) -> Entry:
    digests: Digests = one.digests
    seen = one.fingerprints
    pdq = ((seen.pdq, seen.pdq_quality),) if seen and seen.pdq is not None else ()
    return Entry(
        (digests.md5, digests.sha1, digests.sha256),
        pdq,
        seen.size_bytes if seen else None,
        seen.width if seen else None,
        seen.height if seen else None,
    )


def _stacked(values: list[bytes]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)

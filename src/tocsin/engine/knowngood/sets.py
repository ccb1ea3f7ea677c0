"""A known-good set that was opened: which of many entries it knows, by what, and from where."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tocsin.engine.fingerprints.distinctive import DISTINCT_BELOW
from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY
from tocsin.engine.index import ExactIndex, NearIndex
from tocsin.engine.knowngood.manifest import Manifest, StoredFile, read_manifest, wrong
from tocsin.engine.knowngood.prefixes import Prefixes
from tocsin.engine.knowngood.rules import NEAR_BITS, NO_DISTANCE
from tocsin.engine.knowngood.types import (
    KINDS,
    NO_SOURCE,
    PDQ_BYTES,
    PDQ_DTYPE,
    WIDTH_BYTES,
    WORDS,
    Bytes,
    Digest,
    Numbers,
    PdqRows,
    Source,
    keys_of,
)
from tocsin.engine.knowngood.writing import source_type

NEAR_AT_ONCE: Final = 1 << 16
_WHOLE_CHECK_BYTES: Final = 64 << 20
_SAMPLED: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Hits:
    """What a set knows of N entries: `kinds` uint8[N] of `Digest` bits, `sources` uint32[N] (that
    of the strongest digest that was found, or NO_SOURCE)."""

    kinds: npt.NDArray[np.uint8]
    sources: Numbers


@dataclass(frozen=True, slots=True)
class NearHits:
    """The nearest known picture of each of N PDQs: `bits` uint8[N] (255: none in the radius) and
    `sources` uint32[N] (or NO_SOURCE)."""

    bits: npt.NDArray[np.uint8]
    sources: Numbers


class KnownGoodSet:
    """An opened set; any number of threads may ask. Its files are mapped and read-only.

    Opening compares sizes, and of a set up to 64 MiB every byte; `verify` does so for any.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """For `open`; not meant to be called by others."""
        self.folder = folder
        self.manifest = manifest
        self._prefixes = {kind: self._opened(kind) for kind in KINDS}
        self._pdqs: PdqRows = self._mapped("pdq.rows", PDQ_DTYPE)
        self._check_sources("pdq.rows", self._pdqs["source"])

    @classmethod
    def open(cls, folder: Path) -> KnownGoodSet:
        """Map the set in a folder; raises WrongSet where it cannot be trusted."""
        opened = cls(folder, read_manifest(folder))
        if sum(one.size_bytes for one in opened.manifest.files.values()) <= _WHOLE_CHECK_BYTES:
            opened.verify()
        return opened

    def verify(self) -> None:
        """Read everything once and compare it with the checksums; raises WrongSet."""
        for name, stored in self.manifest.files.items():
            if _sha256(self.folder / name) != stored.sha256:
                wrong(self.folder, f"its file {name} does not match its checksum")
        for kind, prefixes in self._prefixes.items():
            if not prefixes.in_order():
                wrong(self.folder, f"its {WORDS[kind]} keys are not in order")

    def __len__(self) -> int:
        """How many files are in it."""
        return self.manifest.file_count

    def counts(self) -> dict[str, int]:
        """How many distinct digests of each kind, and PDQs, it holds."""
        return {WORDS[kind]: len(one) for kind, one in self._prefixes.items()} | {
            "pdq": len(self._pdqs)
        }

    @property
    def near_count(self) -> int:
        """How many PDQs say enough to be found by nearness; the others only when equal."""
        return int(self._speaks.sum())

    def source(self, number: int) -> Source:
        """The source of that number; raises WrongSet for one that the set does not have."""
        if not 0 <= number < len(self.manifest.sources):
            wrong(self.folder, f"it names a source {number} that it does not have")
        return self.manifest.sources[number]

    def ask(
        self,
        *,
        md5: Bytes | None = None,
        sha1: Bytes | None = None,
        sha256: Bytes | None = None,
    ) -> Hits:
        """Which of N entries are known by a digest: uint8[N, 16], [N, 20], [N, 32].

        A row of zeros stands for an entry without that digest, and is never known. Raises
        ValueError where nothing is given, the lengths differ or a width is wrong.
        """
        given = {Digest.MD5: md5, Digest.SHA1: sha1, Digest.SHA256: sha256}
        asked = {kind: rows for kind, rows in given.items() if rows is not None}
        if len({len(rows) for rows in asked.values()}) != 1:
            raise ValueError("asking takes arrays of one length, at least one of them")
        count = len(next(iter(asked.values())))
        kinds = np.zeros(count, np.uint8)
        sources = np.full(count, NO_SOURCE, np.uint32)
        for kind, rows in asked.items():  # the strongest comes last, so its source stands
            if rows.dtype != np.uint8 or rows.shape != (count, WIDTH_BYTES[kind]):
                raise ValueError(f"{WORDS[kind]} is uint8[N, {WIDTH_BYTES[kind]}]")
            at, found = self._prefixes[kind].find(keys_of(rows))
            kinds[at] |= np.uint8(kind)
            sources[at] = found
        return Hits(kinds, sources)

    def contradicted(self, has: npt.NDArray[np.uint8], hits: Hits) -> npt.NDArray[np.uint8]:
        """Which digests of each entry differ from those of the file it was found as: `Digest` bits.

        Known only of the kinds that the set keeps for each of its files.
        """
        against = has & ~hits.kinds & np.uint8(self.manifest.keeps)
        return np.where(hits.kinds != 0, against, 0).astype(np.uint8)

    def ask_near(self, pdqs: Bytes, radius_bits: int = NEAR_BITS) -> NearHits:
        """The nearest known picture of each of uint8[N, 32] within `radius_bits` (0 to 60).

        Pictures that say too little to match alone (flat, patterned, small, regular) are found only
        by equal hashes. Raises ValueError for another shape, and WrongRadius.
        """
        bits = np.full(len(pdqs), NO_DISTANCE, np.uint8)
        sources = np.full(len(pdqs), NO_SOURCE, np.uint32)
        for first in range(0, len(pdqs), NEAR_AT_ONCE):
            part = slice(first, first + NEAR_AT_ONCE)
            self._fill(pdqs[part], radius_bits, bits[part], sources[part])
        return NearHits(bits, sources)

    def _fill(
        self, pdqs: Bytes, radius_bits: int, bits: npt.NDArray[np.uint8], sources: Numbers
    ) -> None:
        equal = self._plain.query(pdqs, most_ids=1)
        at = np.flatnonzero(np.diff(equal.offsets))
        bits[at], sources[at] = 0, self._pdqs["source"][equal.ids]
        near = self._near.query(pdqs, radius_bits, most_ids=1)
        at = np.flatnonzero(np.diff(near.offsets))
        bits[at], sources[at] = near.distances, self._pdqs["source"][near.ids]

    @cached_property
    def _near(self) -> NearIndex:
        rows = np.flatnonzero(self._speaks)
        return NearIndex.build(self._values(rows), rows.astype(np.uint64))

    @cached_property
    def _plain(self) -> ExactIndex:
        rows = np.flatnonzero(~self._speaks)
        return ExactIndex.build(self._values(rows), rows.astype(np.uint64))

    @cached_property
    def _speaks(self) -> npt.NDArray[np.bool_]:
        """Which PDQs say enough to be looked for by nearness."""
        rows = self._pdqs
        enough: npt.NDArray[np.bool_] = (
            (rows["gate"] == 0)
            & (rows["quality"] >= FLAT_BELOW_QUALITY)
            & (rows["regularity"] < 10 * DISTINCT_BELOW)
        )
        return enough

    def _values(self, rows: npt.NDArray[np.intp]) -> Bytes:
        return np.ascontiguousarray(self._pdqs["value"][rows]).reshape(-1, PDQ_BYTES)

    def _opened(self, kind: Digest) -> Prefixes:
        keys = self._mapped(f"{WORDS[kind]}.keys", np.dtype("<u8"))
        if len(keys) and not self.manifest.sources:
            wrong(self.folder, "it does not say where its files come from")
        if len(self.manifest.sources) < 2:
            return Prefixes(keys, 0)
        sources = self._mapped(f"{WORDS[kind]}.sources", source_type(len(self.manifest.sources)))
        if len(sources) != len(keys):
            wrong(self.folder, f"it has not as many {WORDS[kind]} sources as keys")
        self._check_sources(f"{WORDS[kind]}.sources", sources)
        return Prefixes(keys, sources)

    def _mapped(self, name: str, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        full = f"{self.manifest.generation:06d}-{name}"
        stored = self.manifest.files.get(full)
        if stored is None:
            wrong(self.folder, f"its file {full} is not in its manifest")
        return _map(self.folder, full, stored, dtype)

    def _check_sources(self, name: str, sources: npt.NDArray[Any]) -> None:
        """All of a small set, or a sample: `source` refuses what slips through."""
        step = max(1, len(sources) // _SAMPLED)
        if len(sources) and int(sources[::step].max()) >= len(self.manifest.sources):
            wrong(self.folder, f"its file {name} names sources that it does not have")


def shipped() -> KnownGoodSet:
    """The set that comes with Tocsin: pictures of well-known Debian, npm and PyPI packages."""
    return KnownGoodSet.open(shipped_folder())


def shipped_folder() -> Path:
    """Where it lies, beside the code."""
    return Path(str(resources.files("tocsin.engine.knowngood"))) / "shipped"


def _map(folder: Path, name: str, stored: StoredFile, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    try:
        size_bytes = (folder / name).stat().st_size
    except OSError as error:
        wrong(folder, f"its file {name}: {error.strerror or error}")
    if size_bytes != stored.size_bytes or size_bytes % dtype.itemsize:
        wrong(folder, f"its file {name} has {size_bytes:,} bytes, not {stored.size_bytes:,}")
    if size_bytes == 0:
        return np.empty(0, dtype)  # nothing cannot be mapped
    return np.memmap(folder / name, dtype, "r")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        wrong(path.parent, f"its file {path.name}: {error.strerror or error}")

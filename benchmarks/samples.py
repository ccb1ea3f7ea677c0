"""The hashes that the false-match benchmark compares: of cuts by motif, and of drawn patterns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import unrelated
from benchmarks.distances import Hashes
from benchmarks.patterns import FAMILIES
from benchmarks.pictures import cache_folder
from benchmarks.unrelated import cuts, is_photograph, luma_of, motifs
from tocsin.engine.fingerprints import FLAT_BELOW_QUALITY, Gate, distinctive, pdq
from tocsin.engine.fingerprints.battery import mean_bands, variants_of
from tocsin.engine.fingerprints.distinctive import gate_of, hash_is_distinct
from tocsin.engine.fingerprints.pdq import Block, LumaPlane, block_of, pdq_of_block, reduced

# The gate by bytes looks at files; cuts are none, so it is left out by naming plenty.
_PLENTY_BYTES = 1 << 20


@dataclass(frozen=True)
class Sample:
    """Hashes uint8[n, 32] in order of their motif int64[n], with quality and gate of each."""

    hashes: Hashes
    motif: npt.NDArray[np.int64]
    quality: npt.NDArray[np.int64]
    gates: tuple[Gate | None, ...]

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which no gate holds back."""
        return np.array([gate is None for gate in self.gates], np.bool_)

    @cached_property
    def to_block(self) -> npt.NDArray[np.bool_]:
        """Which pass the gates and have a distinct hash: those that may block."""
        return self.open & hash_is_distinct(self.hashes)

    @property
    def of_quality(self) -> npt.NDArray[np.bool_]:
        """Which pass the gate by quality alone, as everybody has it."""
        return self.quality >= 50

    def only(self, chosen: npt.NDArray[np.bool_]) -> Sample:
        gates = tuple(gate for gate, stays in zip(self.gates, chosen, strict=True) if stays)
        return Sample(self.hashes[chosen], self.motif[chosen], self.quality[chosen], gates)


@dataclass(frozen=True, slots=True)
class Scenes:
    """Cuts of unrelated pictures: the sample, and which motifs were taken with a camera.

    `asked` are the motif and all hashes, uint8[k, 32], of some cuts that pass the gates, as the
    thorough level asks for them: plain ones and variants, of quality 50 and above, and distinct.
    """

    sample: Sample
    photograph: npt.NDArray[np.bool_]
    asked: tuple[tuple[int, Hashes], ...]


def scenes(cuts_each: int, *, varied_each: int, seed: int = 2026) -> Scenes:
    """So many cuts of each motif of the wallpapers, hashed, and others in all variants."""
    found = motifs()
    sample = _kept(
        f"cuts-{cuts_each}-{seed}",
        lambda: joined(
            [
                sample_of(cuts(paths, count=cuts_each, seed=seed + number), number)
                for number, paths in enumerate(found)
            ]
        ),
    )
    asked: list[tuple[int, Hashes]] = []
    for number, paths in enumerate(found):
        more = cuts(paths, count=varied_each, seed=seed + len(found) + number)
        asked.extend((number, hashes) for hashes in map(_asked_for, more) if len(hashes))
    photograph = np.array([is_photograph(paths) for paths in found])
    return Scenes(sample, photograph, tuple(asked))


def patterns(draws_each: int, *, seed: int = 2026) -> dict[str, Sample]:
    """So many draws of each family of patterns, hashed; a family counts as one motif."""
    return {
        name: sample_of(_drawn(name, draws_each, seed + number), number)
        for number, name in enumerate(FAMILIES)
    }


def sample_of(pictures: Iterable[LumaPlane], motif: int) -> Sample:
    """Hash pictures of one motif."""
    told = [_told(picture) for picture in pictures]
    hashes = np.frombuffer(b"".join(value for value, _, _ in told), np.uint8).reshape(-1, 32)
    return Sample(
        hashes,
        np.full(len(told), motif, np.int64),
        np.array([quality for _, quality, _ in told], np.int64),
        tuple(gate for _, _, gate in told),
    )


def joined(parts: list[Sample]) -> Sample:
    """Samples one after the other."""
    return Sample(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.motif for part in parts]),
        np.concatenate([part.quality for part in parts]),
        tuple(gate for part in parts for gate in part.gates),
    )


def gate_of_block(block: Block, quality: int, picture: LumaPlane) -> Gate | None:
    """The gate of a picture that was never a file."""
    return gate_of(block, quality, (picture.width, picture.height), _PLENTY_BYTES)


def _asked_for(picture: LumaPlane) -> Hashes:
    """All hashes of a cut that passes the gates; none of another."""
    block = block_of(picture)
    value, quality = pdq_of_block(block)
    if gate_of_block(block, quality, picture) is not None:
        return np.empty((0, 32), np.uint8)
    means = reduced(picture, mean_bands(picture.height), mean_bands(picture.width))
    variants = variants_of(means.astype(np.float32), picture.width / picture.height)
    values = [value] + [one.value for one in variants if one.quality >= FLAT_BELOW_QUALITY]
    hashes = np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)
    return hashes[hash_is_distinct(hashes)]


def _kept(name: str, make: Callable[[], Sample]) -> Sample:
    """What `make` gives, kept in the cache folder until a file that it comes from changes."""
    sources = b"".join(
        Path(module.__file__ or "").read_bytes() for module in (distinctive, pdq, unrelated)
    )
    state = hashlib.sha256(sources).hexdigest()[:16]
    path = cache_folder() / f"{name}-{state}.npz"
    if path.exists():
        with np.load(path) as told:
            gates = tuple(Gate(gate) if gate else None for gate in told["gates"].tolist())
            return Sample(told["hashes"], told["motif"], told["quality"], gates)
    made = make()
    told_gates = np.array([str(gate or "") for gate in made.gates])
    np.savez(path, hashes=made.hashes, motif=made.motif, quality=made.quality, gates=told_gates)
    return made


def _told(picture: LumaPlane) -> tuple[bytes, int, Gate | None]:
    block = block_of(picture)
    value, quality = pdq_of_block(block)
    return value, quality, gate_of_block(block, quality, picture)


def _drawn(name: str, draws: int, seed: int) -> Iterable[LumaPlane]:
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield LumaPlane(luma_of(FAMILIES[name](rng)))

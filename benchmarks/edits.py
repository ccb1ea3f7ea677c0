"""How many altered copies the query battery finds, and at what cost: `python -m benchmarks.edits`.

The list holds one full-resolution PDQ of each distinct wallpaper of quality 50 or more. Each edit
of `benchmarks.alterations` makes a copy of each, saved as JPEG (quality 85, longer side 640 before
the edit); counted is whether a hash of the copy lies within 31 (and 45) bits of its original's: PDQ
alone, PDQ and its eight dihedral forms, and the whole battery. The windows were chosen by looking
at some of the originals; the others are reported apart as held out. `pdqhash`, what a user has
today, hashes the same copies in the same run. The battery is counted twice: its hashes by
themselves, and what `search` at level thorough finds of them, with every gate and rule in force.

False finds are counted with the same hashes: the variants of every copy against every other motif,
and the variants of every original against tiles cut from other motifs.
"""

from __future__ import annotations

import importlib
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.alterations import Picture, collage, edits, sized
from benchmarks.edit_families import families_of
from benchmarks.edit_plots import draw
from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from benchmarks.pictures import as_jpeg, distinct_wallpapers, from_jpeg, shown, tiles

if TYPE_CHECKING:
    from tocsin.engine.index import NearIndex

LONGER_SIDE = 640
BLOCK_BITS, REVIEW_BITS = 31, 45
MISSED = 257
TILES_PER_PICTURE = 16
PACKAGES = ("numpy", "pillow", "pdqhash")
COLUMNS = {
    "pdq": 5,
    "dihedral": 7,
    "battery": 8,
    "search": 7,
    "search_held_out": 10,
    "search_45": 6,
}
"""What is printed of each edit, and how wide."""
# The battery's windows were chosen by every second picture of these, by path; by none of the rest.
LOOKED_AT = (
    "desktop-base",
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "plasma-workspace-wallpapers",
    "sway-backgrounds",
    "ukui-wallpapers",
)
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)

Hashes = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Original:
    """What the list holds of a picture, and a copy to alter."""

    path: Path
    listed: Hashes
    copy: Picture
    held_out: bool

    @property
    def motif(self) -> str:
        return motif_of(self.path)


@dataclass(slots=True)
class Trial:
    """What was found of one edit's copies: a distance per original, and which variant had it."""

    plain: list[int] = field(default_factory=list)
    dihedral: list[int] = field(default_factory=list)
    battery: list[int] = field(default_factory=list)
    searched: list[int] = field(default_factory=list)
    searched_held_out: list[int] = field(default_factory=list)
    peer: list[tuple[int, int]] = field(default_factory=list)
    by_variant: list[dict[str, int]] = field(default_factory=list)
    held_out: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Distances to pictures that are not the same: how many at each number of bits."""

    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(257, np.int64))
    near: Counter[str] = field(default_factory=Counter)

    def add(self, distances: npt.NDArray[np.int64], pair: str) -> None:
        self.counts += np.bincount(distances.ravel(), minlength=257)
        if distances.size and distances.min() <= REVIEW_BITS:
            self.near[f"{pair} {distances.min()}"] += 1


@dataclass(slots=True)
class Costs:
    """Milliseconds and counts of every copy."""

    battery_ms: list[float] = field(default_factory=list)
    means_ms: list[float] = field(default_factory=list)
    peer_ms: list[float] = field(default_factory=list)
    variants: list[int] = field(default_factory=list)


def main() -> None:
    """Runs everything, prints it, keeps it and draws the plots."""
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    started = time.perf_counter()
    originals = list(originals_of())
    trials, costs, tally = _tried(originals)
    by_edit = {name: _row(trial) for name, trial in trials.items()}
    result = {
        "originals": len(originals),
        "held_out": sum(original.held_out for original in originals),
        "by_edit": by_edit,
        "families": families_of(_missed_by_pdq(trials)),
        "levels": _levels(trials),
        "cost": _cost(costs),
        "false_finds": {
            "copies_against_other_originals": _false(tally),
            "originals_against_tiles": _false(_against_tiles(originals)),
        },
        "seconds": round(time.perf_counter() - started),
    }
    _print(result)
    print(keep("edits", result, *PACKAGES))
    print(draw(result))


def originals_of() -> Iterator[Original]:
    """The distinct wallpapers of quality 50 or more, by path."""
    from tocsin.engine import fingerprint

    old, new = itertools.count(), itertools.repeat(1)
    for path in distinct_wallpapers():
        found = fingerprint(path.read_bytes())
        if found.pdq is not None and (found.pdq_quality or 0) >= 50:
            with Image.open(path) as opened:
                opened.draft("RGB", (1600, 1600))
                copy = sized(shown(opened), LONGER_SIDE)
            listed = np.frombuffer(found.pdq, np.uint8)
            yield Original(
                path, listed, copy, held_out=next(old if _was_looked_at(path) else new) % 2 == 1
            )


def _was_looked_at(path: Path) -> bool:
    return any(package in path.parts for package in LOOKED_AT)


def motif_of(path: Path) -> str:
    """Files of one motif differ by shape, size, a light and a dark version, or a logo.

    Debian's own themes (`desktop-base`) share their swirl, so they are one motif together.
    """
    parts = path.parts
    if "plasma-workspace-wallpapers" in parts:
        return parts[parts.index("wallpapers", parts.index("plasma-workspace-wallpapers") + 1) + 1]
    if "desktop-base" in parts:
        return "desktop-base"
    stem = path.stem.removesuffix("-l").removesuffix("-d").removesuffix("-logo")
    return stem[:12] if "sway" in path.stem.lower() else stem


def _tried(originals: list[Original]) -> tuple[dict[str, Trial], Costs, Tally]:
    trials: dict[str, Trial] = {}
    costs, tally = Costs(), Tally()
    index = _index_of(originals)
    for number, original in enumerate(originals):
        others = [o for o in originals if o.motif != original.motif]
        listed = np.stack([o.listed for o in others])
        for name, copy in _copies(originals, number):
            data = as_jpeg(copy, quality=85)
            pixels = np.asarray(from_jpeg(data))
            trial = trials.setdefault(name, Trial())
            variants = _try(pixels, original, trial, costs)
            trial.searched.append(_searched(data, number, index))
            if original.held_out:
                trial.searched_held_out.append(trial.searched[-1])
            # A collage shows other originals too: to find those is no mistake.
            if not name.startswith("collage"):
                tally.add(_distances(variants, listed), original.motif)
            _try_peer(pixels, original, trial, costs)
    return trials, costs, tally


def _index_of(originals: list[Original]) -> NearIndex:
    """The list as a provider has it: each original under its number."""
    from tocsin.engine.index import NearIndex

    return NearIndex.build(
        np.stack([original.listed for original in originals]),
        np.arange(len(originals), dtype=np.uint64),
    )


def _searched(data: bytes, number: int, index: NearIndex) -> int:
    """At how many bits the whole engine finds the original of a file; MISSED when it does not."""
    from tocsin.engine import MediaOptions, fingerprint
    from tocsin.engine.search import Level, Limits, search

    limits = Limits(review_bits=REVIEW_BITS, battery_bits=REVIEW_BITS)
    prints = fingerprint(data, options=MediaOptions(battery=True))
    found = search(prints, near=index, exact={}, level=Level.THOROUGH, limits=limits)
    return min((match.distance_bits for match in found if match.entry_id == number), default=MISSED)


def _copies(originals: list[Original], number: int) -> Iterator[tuple[str, Picture]]:
    picture = originals[number].copy
    for name, edit in edits().items():
        yield name, edit(picture)
    others = [originals[(number + 7 * step) % len(originals)].copy for step in (1, 2, 3)]
    yield "collage of 2", collage([picture, others[0]], 2)
    yield "collage of 4", collage([others[0], others[1], picture, others[2]], 2)


def _try(pixels: npt.NDArray[np.uint8], original: Original, trial: Trial, costs: Costs) -> Hashes:
    from tocsin.engine.fingerprints.battery import variants_of
    from tocsin.engine.fingerprints.forms import FORMS
    from tocsin.engine.fingerprints.pdq import pdq_of_luma

    luma = pixels.astype(np.float32) @ LUMA
    plain = np.frombuffer(pdq_of_luma(luma)[0], np.uint8)
    start = time.thread_time()
    means = means_of(luma)
    between = time.thread_time()
    variants = variants_of(means, luma.shape[1] / luma.shape[0])
    costs.battery_ms.append((time.thread_time() - between) * 1000)
    costs.means_ms.append((between - start) * 1000)
    costs.variants.append(len(variants))
    hashes = np.frombuffer(b"".join(v.value for v in variants), np.uint8).reshape(-1, 32)
    distances = _distances(hashes, original.listed[None])[:, 0]
    found = {v.transformation: int(d) for v, d in zip(variants, distances, strict=True)}
    trial.plain.append(int(_distances(plain[None], original.listed[None])[0, 0]))
    turned = [found[name] for name in ("as it is", *FORMS[1:]) if name in found]
    trial.dihedral.append(min([trial.plain[-1], *turned]))
    trial.battery.append(min([trial.plain[-1], *found.values()]))
    if original.held_out:
        trial.held_out.append(trial.battery[-1])
    trial.by_variant.append({n: d for n, d in found.items() if d <= BLOCK_BITS})
    return hashes


def _try_peer(
    pixels: npt.NDArray[np.uint8], original: Original, trial: Trial, costs: Costs
) -> None:
    pdqhash = importlib.import_module("pdqhash")  # in the peers' environment only
    start = time.thread_time()
    vectors, _ = pdqhash.compute_dihedral(pixels)
    costs.peer_ms.append((time.thread_time() - start) * 1000)
    hashes = np.packbits(np.asarray(vectors, np.uint8), axis=1)
    distances = _distances(hashes, original.listed[None])[:, 0]
    trial.peer.append((int(distances[0]), int(distances.min())))


def means_of(luma: Plane) -> Plane:
    """The 256 x 256 means of a luma plane."""
    from tocsin.engine.fingerprints.battery import mean_bands

    tall = np.stack([w @ luma[lo : lo + len(w)] for lo, w in mean_bands(luma.shape[0])])
    return np.stack([tall[:, lo : lo + len(w)] @ w for lo, w in mean_bands(luma.shape[1])], axis=1)


def _distances(some: Hashes, others: Hashes) -> npt.NDArray[np.int64]:
    one = np.ascontiguousarray(some).view(np.uint64)[:, None, :]
    two = np.ascontiguousarray(others).view(np.uint64)[None, :, :]
    bits: npt.NDArray[np.int64] = np.bitwise_count(one ^ two).sum(axis=2, dtype=np.int64)
    return bits


def _against_tiles(originals: list[Original]) -> Tally:
    """The variants of every original against tiles of all other motifs."""
    from tocsin.engine.fingerprints.battery import variants_of
    from tocsin.engine.fingerprints.pdq import pdq_of_luma

    pool: dict[str, list[Hashes]] = {}
    for path in (original.path for original in originals):
        for tile in tiles([path], per_picture=TILES_PER_PICTURE):
            value, quality = pdq_of_luma(np.asarray(tile).astype(np.float32) @ LUMA)
            if quality >= 50:
                pool.setdefault(motif_of(path), []).append(np.frombuffer(value, np.uint8))
    tally = Tally()
    for original in originals:
        luma = np.asarray(original.copy).astype(np.float32) @ LUMA
        variants = variants_of(means_of(luma), luma.shape[1] / luma.shape[0])
        hashes = np.frombuffer(b"".join(v.value for v in variants), np.uint8).reshape(-1, 32)
        for motif, some in pool.items():
            if motif != original.motif:
                tally.add(_distances(hashes, np.stack(some)), f"{original.motif} and {motif}")
    return tally


def _row(trial: Trial) -> dict[str, Any]:
    """Shares found, in per cent."""
    row: dict[str, Any] = {
        "pdq": share(trial.plain, BLOCK_BITS),
        "dihedral": share(trial.dihedral, BLOCK_BITS),
        "battery": share(trial.battery, BLOCK_BITS),
        "battery_held_out": share(trial.held_out, BLOCK_BITS),
        "search": share(trial.searched, BLOCK_BITS),
        "search_held_out": share(trial.searched_held_out, BLOCK_BITS),
        "search_45": share(trial.searched, REVIEW_BITS),
        "pdq_45": share(trial.plain, REVIEW_BITS),
        "battery_45": share(trial.battery, REVIEW_BITS),
        "pdqhash": share([plain for plain, _ in trial.peer], BLOCK_BITS),
        "pdqhash_dihedral": share([least for _, least in trial.peer], BLOCK_BITS),
    }
    best = [min(found, key=found.__getitem__) for found in trial.by_variant if found]
    row["found_mostly_by"] = Counter(best).most_common(1)[0][0] if best else ""
    return row


def share(distances: list[int], bits: int) -> float:
    """Per cent of the distances that are within so many bits."""
    return round(100 * sum(d <= bits for d in distances) / max(1, len(distances)), 1)


def _missed_by_pdq(trials: dict[str, Trial]) -> Iterator[dict[str, int]]:
    for trial in trials.values():
        for plain, found in zip(trial.plain, trial.by_variant, strict=True):
            if plain > BLOCK_BITS:
                yield found


def _levels(trials: dict[str, Trial]) -> dict[str, dict[str, float]]:
    """Mean share found over all edits: every edit counts alike."""
    levels = {
        "pdq": [trial.plain for trial in trials.values()],
        "dihedral": [trial.dihedral for trial in trials.values()],
        "battery": [trial.battery for trial in trials.values()],
        "battery_held_out": [trial.held_out for trial in trials.values()],
        "search": [trial.searched for trial in trials.values()],
        "search_held_out": [trial.searched_held_out for trial in trials.values()],
    }
    return {
        name: {
            f"within_{bits}": round(statistics.mean(share(d, bits) for d in each), 1)
            for bits in (BLOCK_BITS, REVIEW_BITS)
        }
        for name, each in levels.items()
    }


def _cost(costs: Costs) -> dict[str, float]:
    return {
        "battery_ms": round(statistics.median(costs.battery_ms), 2),
        "battery_ms_least": round(min(costs.battery_ms), 2),
        "means_of_a_plane_ms": round(statistics.median(costs.means_ms), 2),
        "pdqhash_dihedral_ms": round(statistics.median(costs.peer_ms), 2),
        "variants": round(statistics.mean(costs.variants), 1),
        "variants_most": max(costs.variants),
    }


def _false(tally: Tally) -> dict[str, Any]:
    counts = tally.counts
    return {
        "comparisons": int(counts.sum()),
        "least_bits": int(np.flatnonzero(counts)[0]),
        "within_31": int(counts[:32].sum()),
        "within_45": int(counts[:46].sum()),
        "within_60": int(counts[:61].sum()),
        "counts_to_80_bits": [int(count) for count in counts[:81]],
        "nearest_pairs": dict(tally.near.most_common(12)),
    }


def _print(result: dict[str, Any]) -> None:
    heads = ("PDQ", "dihed.", "battery", "search", "held out", "<=45")
    widths = COLUMNS.values()
    print(f"{'edit':<36}" + "".join(f"{h:>{w}}" for h, w in zip(heads, widths, strict=True)))
    for name, row in result["by_edit"].items():
        columns = "".join(f"{row[name]:>{width}.0f}" for name, width in COLUMNS.items())
        print(f"{name:<36}{columns}  {row['found_mostly_by']}")
    for part in ("levels", "families", "cost", "false_finds"):
        print(part, *(f"{k}: {v}" for k, v in result[part].items()), sep="\n  ")


if __name__ == "__main__":
    main()

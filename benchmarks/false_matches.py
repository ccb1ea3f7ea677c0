"""How often unrelated pictures match: `python -m benchmarks.false_matches [--write]`.

Cuts of wallpapers of more than a hundred motifs are hashed, and all pairs of different motifs that
pass the gates are compared, more than a thousand million of them; then a part of the cuts once more
as the battery asks for them. Prints the nearest pairs, bounds with 95 % confidence and the line
through the tail; beside it families of drawn patterns, with and without the gates. `--write` keeps
the result, the table that the engine reads and the plot in the documents. About five minutes.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.calibrating import Resampled, Tally, bound, resample, rows, spread
from benchmarks.distances import BITS, Hashes, count_distances
from benchmarks.machine import keep, print_machine, provenance
from benchmarks.peers import ROOT, meet_peers
from benchmarks.samples import Sample, Scenes, patterns, scenes
from tocsin.engine.fingerprints.distinctive import hash_is_patterned, regularity_of

CUTS_EACH = 1_200
VARIED_CUTS_EACH = 8
DRAWS_EACH = 400
BLOCK_BITS = 31
PACKAGES = ("numpy", "numba", "pillow")
TABLE = ROOT / "src" / "tocsin" / "engine" / "search" / "calibration.json"
_SIZES = {"10⁴": 10**4, "10⁵": 10**5, "10⁶": 10**6, "10⁷": 10**7, "10⁸": 10**8}
_LINE = (
    "  {family:10} quality 50+ {quality:4.0%}  held back {held_back:6.1%}  patterned hash "
    "{patterned_hash:4.0%}  own pairs within 31: {own_without} of {own_pairs_without} -> "
    "{own_with} of {own_pairs_with}; with scenes: {scenes_without} -> {scenes_with}"
)
PLOT = ROOT / "docs" / "engine" / "false-matches.svg"


def main() -> None:
    """Runs everything and prints it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep result, table and plot")
    write = parser.parse_args().write
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    started = time.perf_counter()
    made = scenes(CUTS_EACH, varied_each=VARIED_CUTS_EACH)
    _print_sample(made)
    sample, motifs = made.sample, len(made.photograph)
    ladder = {
        "quality only": among(sample.only(sample.of_quality), motifs),
        "gates": among(sample.only(sample.open), motifs),
        "gates, distinct": among(sample.only(sample.to_block), motifs),
    }
    _print_ladder(made.photograph, ladder)
    print_other_limits(sample, made.photograph)
    tallies = {"near": asked_and_listed(made), "thorough": varied(made)}
    levels = {name: _level(name, tally) for name, tally in tallies.items()}
    print_tables(levels)
    print("\nfamilies of patterns")
    families = patterns(DRAWS_EACH)
    drawn = [_family(name, one, made.sample) for name, one in families.items()]
    print(f"\n{time.perf_counter() - started:.0f} s in all")
    if write:
        _write(made, levels, drawn, {"by quality only": ladder["quality only"], **tallies})


def among(sample: Sample, motifs: int) -> Tally:
    """All pairs of different motifs, each once."""
    counts = np.zeros((motifs, motifs, BITS), np.int64)
    parts = _by_motif(sample, motifs)
    for i in range(motifs):
        for j in range(i + 1, motifs):
            counts[i, j] = count_distances(parts[i], parts[j])
    return Tally(counts)


def asked_and_listed(made: Scenes) -> Tally:
    """Hashes that may block, against a list of all hashes of quality: others' lists have no gates.

    A pair of cuts counts twice, since either may be the one asked for.
    """
    motifs = len(made.photograph)
    counts = np.zeros((motifs, motifs, BITS), np.int64)
    asked = _by_motif(made.sample.only(made.sample.to_block), motifs)
    listed = _by_motif(made.sample.only(made.sample.of_quality), motifs)
    for i in range(motifs):
        for j in range(motifs):
            if i != j:
                counts[i, j] = count_distances(asked[i], listed[j])
    return Tally(counts)


def varied(made: Scenes) -> Tally:
    """Pictures asked for with all their hashes, against the same list."""
    motifs = len(made.photograph)
    counts = np.zeros((motifs, motifs, BITS), np.int64)
    parts = _by_motif(made.sample.only(made.sample.of_quality), motifs)
    for motif, hashes in made.asked:
        for other, part in enumerate(parts):
            if other != motif:
                counts[motif, other] += count_distances(hashes, part, len(hashes))
    return Tally(counts)


def _by_motif(sample: Sample, motifs: int) -> list[Hashes]:
    starts = np.searchsorted(sample.motif, np.arange(motifs + 1))
    return [sample.hashes[starts[i] : starts[i + 1]] for i in range(motifs)]


def _print_sample(made: Scenes) -> None:
    sample, photograph = made.sample, made.photograph[made.sample.motif]
    good = sample.of_quality
    print(f"\n{len(good)} cuts of {len(made.photograph)} motifs, {made.photograph.sum()} of them "
          f"photographs; {good.sum()} of quality 50 and above")  # fmt: skip
    for name, kind in (("photographs", photograph), ("drawn", ~photograph)):
        held = [str(gate) for gate, counts in zip(sample.gates, good & kind, strict=True) if counts]
        shares = {gate: held.count(gate) / len(held) for gate in ("periodicity", "entropy")}
        print(f"  held back of {name}: " + ", ".join(f"{g} {s:.2%}" for g, s in shares.items()))
    for name, kind in (("photographs", photograph), ("drawn", ~photograph)):
        passed = sample.to_block[good & kind].mean()
        shapes = hash_is_patterned(sample.hashes[good & kind]).mean()
        print(f"  of {name}: {passed:.1%} may block, {shapes:.2%} look patterned by their hash")


def print_other_limits(sample: Sample, photograph: npt.NDArray[np.bool_]) -> None:
    """What another limit of regularity than the one of `hash_is_distinct` would have brought."""
    print("\nother limits of regularity, under all gates: pairs within 31, 44 and 60 bits")
    regularity, of_photographs = regularity_of(sample.hashes), photograph[sample.motif]
    for limit in (4.0, 6.0, 8.0):
        chosen = sample.open & (regularity < limit)
        within = (tally := among(sample.only(chosen), len(photograph))).within
        told = [int(within[bits]) for bits in (31, 44, 60)]
        share = chosen[sample.of_quality & of_photographs].mean()
        print(f"  {limit}: {told}, nearest {tally.nearest}; of photographs {share:.1%} may block")


def _level(name: str, tally: Tally) -> dict[str, Any]:
    resampled: Resampled = resample(tally)
    times = spread(tally, resampled)
    found = int(tally.within[BLOCK_BITS])
    independent = bound(found, tally.pairs, 1.0)
    honest = bound(found, tally.pairs, times)
    print(f"\nlevel {name}: {tally.pairs:.3g} pairs, nearest {tally.nearest} bits; "
          f"{found} within {BLOCK_BITS}")  # fmt: skip
    print(f"  95 % bound {independent:.2g} were pairs independent; their motifs are not: variance "
          f"{times:.0f} times, bound {honest:.2g}")  # fmt: skip
    steps = rows(tally, resampled)
    for step in steps[::5]:
        print(f"  {step['bits']:3} bits: {step['found']:6} pairs, rate {step['rate']:.2g} "
              f"({step['kind']})")  # fmt: skip
    return {
        "pairs": tally.pairs,
        "nearest_bits": tally.nearest,
        "variance_times": round(times, 1),
        "block_bound_if_independent": float(f"{independent:.3g}"),
        "block_bound": float(f"{honest:.3g}"),
        "steps": steps,
    }


def _print_ladder(photograph: npt.NDArray[np.bool_], tallies: dict[str, Tally]) -> None:
    print("\npairs within 31, 44 and 60 bits")
    both = photograph[:, None] & photograph[None, :]
    neither = ~photograph[:, None] & ~photograph[None, :]
    kinds = {
        "all": np.ones_like(both),
        "photographs": both,
        "drawn": neither,
        "one of each": ~both & ~neither,
    }
    for name, chosen in kinds.items():
        for how, tally in tallies.items():
            part = Tally(tally.counts[chosen][:, None, :])
            told = [int(part.within[bits]) for bits in (31, 44, 60)]
            print(f"  {name:12} {how:18} {part.pairs:.3g} pairs: {told}, nearest {part.nearest}")


def _family(name: str, sample: Sample, scene: Sample) -> dict[str, Any]:
    """How often drawn patterns of one family match each other, and cuts of wallpapers."""
    told: dict[str, Any] = {"family": name, "quality": float(sample.of_quality.mean())}
    told["held_back"] = 1 - float(sample.open.sum() / max(1, sample.of_quality.sum()))
    told["patterned_hash"] = _share(hash_is_patterned(sample.hashes[sample.of_quality]))
    for how, chosen, others in (
        ("without", sample.of_quality, scene.of_quality),
        ("with", sample.to_block, scene.of_quality),
    ):
        hashes = sample.hashes[chosen]
        own = count_distances(hashes, hashes)
        told[f"own_{how}"] = int(own[: BLOCK_BITS + 1].sum() - len(hashes)) // 2
        told[f"own_pairs_{how}"] = len(hashes) * (len(hashes) - 1) // 2
        against = count_distances(hashes, scene.hashes[others])
        told[f"scenes_{how}"] = int(against[: BLOCK_BITS + 1].sum())
        told[f"scene_pairs_{how}"] = int(against.sum())
    print(_LINE.format(**told))
    return told


def print_tables(levels: dict[str, Any]) -> None:
    """The tables of the documents, in Markdown: expected chance matches per image."""
    for name, level in levels.items():
        print(f"\n{name}\n\n| bits | pairs seen | " + " | ".join(_SIZES) + " | |")
        print("|" + "---|" * (len(_SIZES) + 3))
        for step in level["steps"]:
            if step["bits"] % 6 == 0:
                rates = (f"{step['rate'] * size:.1e}" for size in _SIZES.values())
                print(
                    f"| {step['bits']} | {step['found']} | {' | '.join(rates)} | {step['kind']} |"
                )
        for rate in (1e-6, 1e-7):
            limits = (_limit(level["steps"], rate / size) for size in _SIZES.values())
            print(f"| limit at {rate:.0e} | | {' | '.join(limits)} | |")


def _limit(steps: list[dict[str, Any]], rate: float) -> str:
    low_enough = [step["bits"] for step in steps if step["rate"] <= rate]
    return str(low_enough[-1]) if low_enough else "none"


def _share(truths: Any) -> float:
    return float(truths.mean()) if len(truths) else 0.0


def _write(
    made: Scenes, levels: dict[str, Any], drawn: list[dict[str, Any]], curves: dict[str, Tally]
) -> None:
    told = {
        "made_by": "python -m benchmarks.false_matches --write",
        **provenance(*PACKAGES),
        "motifs": len(made.photograph),
        "photographs": int(made.photograph.sum()),
        "cuts": len(made.sample.gates),
        "hashes_each": {
            "near": 1,
            "thorough": round(float(np.mean([len(h) for _, h in made.asked]))),
        },
    }
    TABLE.write_text(json.dumps({**told, "levels": levels}, indent=1) + "\n", "utf-8")
    keep("false-matches", {**told, "levels": levels, "patterns": drawn}, *PACKAGES)
    _plot(PLOT, curves)
    print(f"written: {TABLE.relative_to(ROOT)}, the result and {PLOT.relative_to(ROOT)}")


def _plot(path: Path, curves: dict[str, Tally]) -> None:
    """Pairs within each distance as a share of all, on a logarithmic axis."""
    # Only the peers' environment has it, so that the type checker does not know it.
    figure = import_module("matplotlib.figure").Figure(figsize=(7.5, 4.5), layout="tight")
    axes = figure.subplots()
    bits = np.arange(0, 129, 2)
    for name, tally in curves.items():
        share = tally.within[bits + 1] / tally.pairs
        seen = share > 0
        axes.semilogy(bits[seen], share[seen], label=f"{name} ({tally.pairs:.1e} pairs)")
    axes.axvspan(0, BLOCK_BITS, alpha=0.12, label="may block")
    axes.set(xlabel="distance in bits", ylabel="share of unrelated pairs within it", xlim=(0, 128))
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()

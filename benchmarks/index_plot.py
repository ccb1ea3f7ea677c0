"""Draw how long each engine takes for a query that meets nothing, from the kept results.

Usage: python -m benchmarks.index_plot

Writes `docs/engine/index-speed.svg`; run it after `benchmarks.index_near`.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

from benchmarks.machine import RESULTS
from benchmarks.peers import meet_peers

PLOT = RESULTS.parent.parent / "docs" / "engine" / "index-speed.svg"
SIZES = {1_000_000: "one million hashes", 10_000_000: "ten million hashes"}
OURS, THEIRS = "#1b6ca8", "#9aa3ab"


def main() -> None:
    """One panel for each size that was measured, singles and batches side by side."""
    meet_peers(__spec__)
    # In the peers' environment only.
    mpl = importlib.import_module("matplotlib")
    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "tocsin"  # the same file from the same figures
    mpl.rcParams["svg.fonttype"] = "none"
    plt = importlib.import_module("matplotlib.pyplot")
    told = {size: _engines(size) for size in SIZES if _path(size).exists()}
    figure, panels = plt.subplots(
        1, len(told), figsize=(5.2 * len(told), 4.2), squeeze=False, layout="constrained"
    )
    for panel, (size, engines) in zip(panels[0], told.items(), strict=True):
        _draw(panel, engines)
        panel.set_title(SIZES[size])
    figure.savefig(PLOT, metadata={"Date": None})
    print(f"Written: {PLOT}")


def _path(size: int) -> Any:
    return RESULTS / f"index-near-{size}.json"


def _engines(size: int) -> list[dict[str, Any]]:
    engines: list[dict[str, Any]] = json.loads(_path(size).read_text("utf-8"))["result"]["engines"]
    return engines[::-1]


def _draw(panel: Any, engines: list[dict[str, Any]]) -> None:
    for place, engine in enumerate(engines):
        colour = OURS if engine["name"].startswith("tocsin") else THEIRS
        for shift, kind, alpha in ((0.2, "single_us", 1.0), (-0.2, "batch_us", 0.55)):
            panel.barh(place + shift, engine[kind], 0.36, color=colour, alpha=alpha)
            panel.text(engine[kind] * 1.1, place + shift, f"{engine[kind]:,.0f}", va="center")
    panel.set_yticks(range(len(engines)), [engine["name"] for engine in engines])
    panel.set_xscale("log")
    panel.set_xlim(1, max(engine["single_us"] for engine in engines) * 8)
    panel.set_xlabel("µs a query (light: each of a batch)")
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


if __name__ == "__main__":
    main()

"""The plot of `benchmarks.edits`: share of altered copies found, by edit."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

PLOT = Path(__file__).resolve().parent.parent / "docs" / "engine" / "battery-recall.svg"


def draw(result: dict[str, Any]) -> Path:
    """Write the plot beside the document that shows it; gives its path."""
    # In the peers' environment only.
    mpl = importlib.import_module("matplotlib")
    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "tocsin"  # the same file from the same figures
    mpl.rcParams["svg.fonttype"] = "none"
    plt = importlib.import_module("matplotlib.pyplot")
    rows = result["by_edit"]
    names = list(rows)[::-1]
    places = range(len(names))
    figure, axes = plt.subplots(figsize=(8, 0.19 * len(names) + 1))
    axes.barh(places, [rows[n]["search_45"] for n in names], color="#c9dcec",
              label="search, within 45 bits (review)")  # fmt: skip
    axes.barh(places, [rows[n]["search"] for n in names], color="#3b78a8",
              label="search, within 31 bits")  # fmt: skip
    axes.barh(places, [rows[n]["pdq"] for n in names], height=0.35, color="#e08a2e",
              label="PDQ alone, within 31 bits")  # fmt: skip
    axes.set_yticks(places, names, fontsize=7)
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel(f"per cent of {result['originals']} pictures found")
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, fontsize=7, frameon=False)
    figure.savefig(PLOT, metadata={"Date": None}, bbox_inches="tight")
    return PLOT

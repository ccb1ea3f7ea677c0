"""Put the measured figures into `docs/engine/index.md`, from `benchmarks/results/index-*.json`.

Usage: python -m benchmarks.index_tables

Each table stands between `<!-- figures: NAME -->` and `<!-- end -->`; what has not been measured is
left as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from benchmarks.machine import RESULTS

DOCUMENT = RESULTS.parent.parent / "docs" / "engine" / "index.md"


def main() -> None:
    """Every table for which there is a result."""
    text = DOCUMENT.read_text("utf-8")
    for name, table in TABLES.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            told = json.loads(path.read_text("utf-8"))
            lines = [*table(told["result"]), "", measured_on(told)]
            marked = f"<!-- figures: {name} -->\n" + "\n".join(lines) + "\n<!-- end -->"
            pattern = rf"<!-- figures: {re.escape(name)} -->\n.*?<!-- end -->"
            text = re.sub(pattern, marked.replace("\\", r"\\"), text, flags=re.DOTALL)
    DOCUMENT.write_text(text, "utf-8")


def near(result: dict[str, Any]) -> list[str]:
    """The engines side by side."""
    own = result["engines"][0]
    rows = [
        "| engine | single query, µs | times ours | batch, µs each | times ours | recall |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    rows.extend(
        f"| {told['name']} | {told['single_us']:,.1f} | "
        f"{told['single_us'] / own['single_us']:,.1f} | {told['batch_us']:,.1f} | "
        f"{told['batch_us'] / own['batch_us']:,.1f} | {told['recall']:.3f} |"
        for told in result["engines"]
    )
    ours = (
        f"Ours: 99th percentile of single queries {own['single_p99_us']:,.0f} µs; built in "
        f"{own['built_seconds']:.1f} s; {result['search_bytes_a_hash']:.1f} bytes a hash to "
        f"search, {result['all_bytes_a_hash']:.1f} with postings and policy; opened with its "
        f"self-check in {result['opened_seconds'] * 1e3:.0f} ms. A process with a warm cache "
        f"answers {result['worker_start_seconds']:.2f} s after its first import."
    )
    return [*rows, "", ours]


def worst(result: dict[str, Any]) -> list[str]:
    """Every distance, as a share of one scan."""
    rows = []
    for told in result["lists"]:
        heading = (
            f"{told['name']} ({result['rows']:,} hashes; one compiled look at every row "
            f"{told['scan_us'] / 1e3:.2f} ms):"
        )
        rows += [
            heading,
            "",
            "| bits away | p50, ms | of a look for the same | of a bare look | all rows | ids |",
            "|---:|---:|---:|---:|---:|---:|",
        ]
        rows.extend(
            f"| {at['bits_away']} | {at['p50_us'] / 1e3:.3f} | "
            f"{at['p50_of_scan_with_answer']:.2f} | {at['p50_of_scan']:.2f} | "
            f"{at['share_that_looked_at_all_rows']:.0%} | {at['ids_a_query']:.0f} |"
            for at in told["at"]
        )
        rows.append("")
    return rows[:-1]


def plain(result: dict[str, Any]) -> list[str]:
    """Name and figure, as they were kept."""
    rows = ["| | |", "|---|---:|"]
    for name, value in result.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{key} KiB: {figure:.1f}" for key, figure in value.items())
        else:
            shown = f"{value:,.0f}" if isinstance(value, int) else f"{value:,.3g}"
        rows.append(f"| {name.replace('_', ' ')} | {shown} |")
    return rows


def measured_on(told: dict[str, Any]) -> str:
    """Day, machine and versions."""
    machine = told["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    return (
        f"*{told['measured_on']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory']}, {machine['system']}, Python {machine['python']}; {versions}.*"
    )


TABLES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "index-near-1000000": near,
    "index-near-10000000": near,
    "index-large-100000000": plain,
    "index-worst": worst,
    "index-changes": plain,
    "index-limits-1000000": plain,
    "index-limits-10000000": plain,
}


if __name__ == "__main__":
    main()

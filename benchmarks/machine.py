"""What a measurement was made on, and where its result is kept."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from datetime import date
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def machine() -> dict[str, str]:
    """Processor, cores, memory, system and Python, in words."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(*packages: str) -> dict[str, str]:
    """The installed version of each package, or `not installed`."""
    return {package: _version(package) for package in packages}


def print_machine(*packages: str) -> None:
    """Machine and versions, a line each."""
    for name, value in {**machine(), **versions(*packages)}.items():
        print(f"{name:<14} {value}")


def provenance(*packages: str) -> dict[str, Any]:
    """Day, machine and versions of a measurement."""
    return {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 - the day where it was measured
        "machine": machine(),
        "versions": versions(*packages),
    }


def keep(name: str, result: dict[str, Any], *packages: str) -> Path:
    """Write a result with its machine and versions to `benchmarks/results/NAME.json`."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    told = {**provenance(*packages), "result": result}
    path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return path


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"

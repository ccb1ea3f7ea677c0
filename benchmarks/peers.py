"""An environment in which a benchmark meets its peers: one process, one core, one run.

A benchmark calls `meet_peers(__spec__)` first. The first time this makes a virtual environment in
the cache folder from `requirements/peers.txt` (every file checked against its hash; some peers have
no wheel and are compiled, which needs a C++ compiler and Python's headers); then the benchmark goes
on inside it, with Tocsin's own source and on one core.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from importlib.machinery import ModuleSpec
from pathlib import Path

from benchmarks.pictures import cache_folder

ROOT = Path(__file__).resolve().parent.parent
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def meet_peers(spec: ModuleSpec | None) -> None:
    """Go on as the same command inside the peers' environment; returns there, and only there."""
    if os.environ.get("TOCSIN_AMONG_PEERS"):
        _take_one_core()
        return
    python = environment("peers") / "bin" / "python"
    name = spec.name if spec else "benchmarks"
    settings = {
        **os.environ,
        **dict.fromkeys(_THREADS, "1"),
        "TOCSIN_AMONG_PEERS": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
    }
    # Set on some machines for the sake of old builds of OpenBLAS; it slows current ones.
    for name_of_setting in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        settings.pop(name_of_setting, None)
    os.execve(python, [str(python), "-m", name, *sys.argv[1:]], settings)  # noqa: S606 - our own words


def _take_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def environment(name: str) -> Path:
    """The folder of an environment that holds exactly what `requirements/NAME.txt` says."""
    lock, folder = ROOT / "requirements" / f"{name}.txt", cache_folder() / name
    state = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "tocsin-peers.stamp"
    if stamp.exists() and stamp.read_text("utf-8") == state:
        return folder
    print(f"Making the environment {folder} (minutes, the first time) ...", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    stamp.write_text(state, "utf-8")
    return folder


if __name__ == "__main__":
    print(environment("peers"))

"""Make the known-good set that is shipped: fetch the listed packages, fingerprint their pictures.

Usage: python -m tools.known_good [--packages FOLDER] [--only-build]

Packages are fetched by name with apt-get, npm and pip into FOLDER (default: a new temporary one),
and nothing of them is kept but fingerprints; `known_good_packages.txt` beside this file lists them.
A package that cannot be had is told and left out. The set is written to
`src/tocsin/engine/knowngood/shipped`, and must stay below 6 MB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.knowngood import Plan, Progress, build, options_for, shipped_folder
from tocsin.engine.media import DecoderPool

LIST = Path(__file__).with_name("known_good_packages.txt")
MOST_BYTES = 6_000_000
ORIGIN = "pictures of well-known Debian, npm and PyPI packages"
_SECONDS_EACH = 300
_DECODER_SECONDS = 20.0
_FETCH = {
    "debian": ("apt-get", "download", "-q"),
    "npm": ("npm", "pack", "--silent"),
    "pypi": (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"),
}


def _fingerprint(pool: DecoderPool, data: bytes) -> Fingerprints:
    return pool.fingerprint(data, options_for(data))


def main() -> int:
    """Fetch, build, and say how large it is; 1 when it is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="a folder for the packages, kept")
    parser.add_argument("--only-build", action="store_true", help="from what lies there already")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with _folder(asked.packages) as folder:
        if not asked.only_build:
            for kind, name in listed():
                fetch(kind, name, folder)
        build_from(folder, asked.workers)
    size = sum(path.stat().st_size for path in shipped_folder().iterdir())
    print(f"{size:,} bytes")
    return 0 if size <= MOST_BYTES else 1


def listed() -> Iterator[tuple[str, str]]:
    """Kind and name of each package on the list."""
    for line in LIST.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, _, name = line.partition(" ")
            yield kind, name


def fetch(kind: str, name: str, folder: Path) -> None:
    """Bring one package into `folder`/`kind`, with its registry's own client."""
    into = folder / kind
    into.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [*_FETCH[kind], name], cwd=into, check=False, capture_output=True, timeout=_SECONDS_EACH
        )
    except subprocess.TimeoutExpired:
        print(f"{kind} {name}: took too long, left out", file=sys.stderr)
        return
    if done.returncode:
        print(f"{kind} {name}: cannot be had, left out", file=sys.stderr)


def build_from(folder: Path, workers: int) -> None:
    """Write the set from the packages in a folder."""
    out = shipped_folder()
    plan = Plan(
        name="shipped",
        origin=ORIGIN,
        built_by=f"tocsin {version('tocsin')}",
        at=datetime.now(UTC).replace(microsecond=0),
        workers=workers,
        # Drawings are shown by no hash list, and would be a third of the set.
        drawings=False,
        told=_tell,
    )
    with DecoderPool(workers, _DECODER_SECONDS) as pool:
        fingerprint = partial(_fingerprint, pool)
        built = build([folder], out, fingerprint, plan)
    for one in built.troubles:
        print(f"{one.where.removeprefix(f'{folder}/')}: {one.reason}", file=sys.stderr)
    print(f"{built.pictures:,} pictures of {len(built.manifest.sources)} packages")


def _tell(progress: Progress) -> None:
    print(f"{progress.done} of {progress.of}: {progress.source}", file=sys.stderr, flush=True)


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-packages-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())

"""Benign pictures for benchmarks: what Debian's wallpaper packages hold, and tiles cut from it.

The packages are fetched with `apt-get download` once (some 240 MB, no root needed) and unpacked
below the cache folder; nothing is installed. `python -m benchmarks.pictures` fetches and lists.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

PACKAGES = (
    "desktop-base",
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "lxqt-themes",
    "mate-backgrounds",
    "palapeli-data",
    "plasma-workspace-wallpapers",
    "sway-backgrounds",
    "ukui-wallpapers",
)
ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
LEAST_SIDE = 256
LEAST_SIDE_OF_PHOTOGRAPH = 1080
# A palette's or a page's worth of near-duplicates would count one picture several times over.
ALIKE_BITS = 60


def cache_folder() -> Path:
    """Where fetched packages and peers' environments are kept: outside of the project."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(home) / "tocsin-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def wallpapers() -> list[Path]:
    """Every picture file of the packages with sides of at least 256 pixels, by path.

    One picture at several sizes is several files here; `distinct_wallpapers` keeps one of each.
    """
    folder = cache_folder() / "wallpapers"
    for package in PACKAGES:
        if not (folder / package).is_dir():
            _fetch(package, folder)
    below = (folder / package for package in PACKAGES)
    found = (path for parent in below for path in parent.rglob("*"))
    files = sorted(p for p in found if p.suffix.lower() in ENDINGS and p.is_file())
    return [path for path in files if not path.is_symlink() and _is_large(path)]


def distinct_wallpapers() -> list[Path]:
    """One file of each motif, the largest: those whose PDQ lies within 60 bits are one motif."""
    from tocsin.engine import fingerprint

    kept: list[tuple[int, Path]] = []
    by_size = sorted(wallpapers(), key=lambda p: -p.stat().st_size)
    for path in by_size:
        found = fingerprint(path.read_bytes())
        if found.pdq is None:
            continue
        value = int.from_bytes(found.pdq, "big")
        if all((value ^ other).bit_count() > ALIKE_BITS for other, _ in kept):
            kept.append((value, path))
    return sorted(path for _, path in kept)


def tiles(paths: list[Path], *, per_picture: int, seed: int = 2026) -> Iterator[Image.Image]:
    """Random cuts of each picture (RGB, sides 256 to 1,024), made alike in every run."""
    rng = np.random.default_rng(seed)
    for path in paths:
        with Image.open(path) as opened:
            whole = opened.convert("RGB")
        most = min(1024, *whole.size)
        for _ in range(per_picture):
            width, height = (int(side) for side in rng.integers(256, most + 1, 2))
            left = int(rng.integers(0, whole.width - width + 1))
            top = int(rng.integers(0, whole.height - height + 1))
            yield whole.crop((left, top, left + width, top + height))


def photographs(count: int) -> list[Image.Image]:
    """Up to that many different photographs, RGB, sides of at least 1,080 pixels, largest first."""
    from tocsin.engine import MediaOptions, fingerprint
    from tocsin.engine.media import Precision

    query = MediaOptions(precision=Precision.QUERY)
    kept: list[tuple[int, Path]] = []
    jpegs = [path for path in wallpapers() if path.suffix.lower() in {".jpg", ".jpeg"}]
    for path in sorted(jpegs, key=lambda p: (-p.stat().st_size, p)):
        found = fingerprint(path.read_bytes(), options=query)
        value = int.from_bytes(found.pdq or b"", "big")
        is_large = min(found.width or 0, found.height or 0) >= LEAST_SIDE_OF_PHOTOGRAPH
        if is_large and all((value ^ other).bit_count() > ALIKE_BITS for other, _ in kept):
            kept.append((value, path))
    return [Image.fromarray(rgb(path)) for _, path in kept[:count]]


def as_file(picture: Image.Image, encoder: str, **how: object) -> bytes:
    """The bytes of a file in one of Pillow's formats, made in memory."""
    out = io.BytesIO()
    picture.save(out, encoder, **how)
    return out.getvalue()


def as_jpeg(picture: Image.Image, **how: object) -> bytes:
    """The bytes of a JPEG of this picture, made in memory."""
    return as_file(picture.convert("RGB"), "JPEG", **how)


def from_jpeg(data: bytes) -> Image.Image:
    """The picture that a JPEG shows, in memory, as RGB."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def shown(picture: Image.Image) -> Image.Image:
    """The picture as RGB, what can be seen through on white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    over = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")


def rgb(path: Path) -> npt.NDArray[np.uint8]:
    """The pixels of a file as uint8[height, width, 3]."""
    with Image.open(path) as opened:
        return np.asarray(shown(opened))


def _fetch(package: str, folder: Path) -> None:
    print(f"Fetching Debian's package {package} ...", file=sys.stderr, flush=True)
    packed = folder / "packed"
    packed.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "-q", "download", package], cwd=packed, check=True)
    [archive] = packed.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / package)], check=True)
    archive.unlink()


def _is_large(path: Path) -> bool:
    with Image.open(path) as opened:
        return min(opened.size) >= LEAST_SIDE


if __name__ == "__main__":
    found = wallpapers()
    print(f"{len(found)} pictures below {cache_folder()}, {len(distinct_wallpapers())} distinct")

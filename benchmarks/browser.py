"""How exact and fast the browser's module is: `python -m benchmarks.browser [--peer MODULE]`.

Under node, on Debian's wallpapers and tiles of them: bits and quality beside our Python's, in all
eight forms; milliseconds per megapixel from pixels to hash, and MD5. In chromium: milliseconds from
file to fingerprint. A peer is an ES module that exports `pdqHashFromRGBA(rgba, rows, columns)`, as
SWGfL's TypeScript (`SWGFL/pdq`, `src/vpdq/index.ts`, bundled) does; it gets the same pixels.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Route, sync_playwright

from benchmarks.machine import keep, print_machine
from benchmarks.pictures import as_jpeg, rgb, tiles, wallpapers
from tocsin.engine.browser import FOLDER, NAME, source
from tocsin.engine.fingerprints.pdq import block_of, pdq_of_block
from tools.servers import chromium, node

PACKAGES = ("tocsin", "numpy", "pillow", "playwright")
SIZES = ((4000, 3000), (1600, 1200), (640, 480))
HASH_ALL = """
import { readFileSync } from 'node:fs'
const [module, peer] = await Promise.all(process.argv.slice(1).map((at) => import(at)))
const input = readFileSync(0), answers = []
for (let at = 0; at < input.length;) {
  const width = input.readUInt32LE(at), height = input.readUInt32LE(at + 4)
  const rgba = new Uint8ClampedArray(input.subarray(at += 8, at += width * height * 4))
  const { pdq, pdqQuality, dihedral } = module.pdqOfRgba(rgba, width, height)
  const theirs = peer?.pdqHashFromRGBA(rgba, height, width)
  answers.push({ pdq, pdqQuality, dihedral, peer: theirs?.hash.toHexString() })
}
console.log(JSON.stringify(answers))
"""
TIME_ALL = """
const [module, peer] = await Promise.all(process.argv.slice(1, -1).map((at) => import(at)))
const median = (act) => {
  const times = Array.from({ length: 9 }, () => {
    const from = performance.now()
    act()
    return performance.now() - from
  })
  return times.sort((a, b) => a - b)[4]
}
const told = JSON.parse(process.argv.at(-1)).map(([width, height]) => {
  const rgba = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < rgba.length; i++) rgba[i] = 128 + 90 * Math.sin(i / 977) + (i * 2654435761 >>> 27)
  return {
    width, height, ms: median(() => module.pdqOfRgba(rgba, width, height)),
    peer_ms: peer ? median(() => peer.pdqHashFromRGBA(rgba, height, width)) : null,
  }
})
const bytes = new Uint8Array(4 << 20).map((_, i) => i * 7)
console.log(JSON.stringify({ sizes: told, md5_mb_per_s: bytes.length / 1000 / median(() => module.md5(bytes)) }))
"""  # noqa: E501 - JavaScript


class Held:
    """A picture in memory as a row source."""

    def __init__(self, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def rows(self, first: int, after: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return self.pixels[first:after]


def main() -> None:
    """Runs everything, prints it, and keeps it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peer", type=Path)
    asked.add_argument("--pictures", type=int, default=30, help="wallpapers, about")
    asked.add_argument("--tiles", type=int, default=10, help="cut from each")
    choice = asked.parse_args()
    modules = [(FOLDER / NAME).as_uri()]
    if choice.peer:
        modules.append(choice.peer.resolve().as_uri())
    print_machine(*PACKAGES)
    result = {
        "node": _run_node(["--version"], b"").decode().strip(),
        "agreement": _agreement(modules, choice.pictures, choice.tiles),
        "speed": {**_speed(modules), "python_ms": _python_ms()},
        "chromium": _in_chromium(),
    }
    print(json.dumps(result, indent=1))
    print(keep("browser", result, *PACKAGES))


def _agreement(modules: list[str], most: int, per_picture: int) -> dict[str, int]:
    """Pictures, and how many of their hashes differ from our Python's, by quality."""
    found = wallpapers()
    paths = found[:: max(1, len(found) // most)]
    told = {"pictures": 0, "quality_differs": 0, "peer_bits": 0}
    told |= {f"{what}_{at}": 0 for what in ("pictures", "bits") for at in ("from_50", "below_50")}
    for some in _batches(paths, per_picture):
        for pixels, answer in zip(some, _hashed(modules, some), strict=True):
            _count(told, pixels, answer)
    return told


def _batches(paths: list[Path], per_picture: int) -> Iterator[list[Any]]:
    """Each wallpaper with its tiles, a few pictures in memory at a time."""
    for path in paths:
        yield [rgb(path)]
        yield [np.asarray(tile) for tile in tiles([path], per_picture=per_picture)]


def _hashed(modules: list[str], pictures: list[Any]) -> list[dict[str, Any]]:
    parts = []
    for pixels in pictures:
        alpha = np.full((*pixels.shape[:2], 1), 255, dtype=np.uint8)
        parts.append(struct.pack("<2I", pixels.shape[1], pixels.shape[0]))
        parts.append(np.concatenate([pixels, alpha], axis=2).tobytes())
    answers: list[dict[str, Any]] = json.loads(
        _run_node(["--input-type=module", "-e", HASH_ALL, *modules], b"".join(parts))
    )
    return answers


def _count(told: dict[str, int], pixels: Any, found: dict[str, Any]) -> None:
    block = block_of(Held(pixels))
    up, left = block[::-1], block[:, ::-1]
    forms = (block, left.T, up[:, ::-1], up.T, up, left, block.T, up[:, ::-1].T)
    expected = [pdq_of_block(form) for form in forms]
    where = "from_50" if expected[0][1] >= 50 else "below_50"
    told["pictures"] += 1
    told[f"pictures_{where}"] += 1
    told[f"bits_{where}"] += sum(
        _bits(pdq, text) for (pdq, _), text in zip(expected, found["dihedral"], strict=True)
    )
    told["quality_differs"] += expected[0][1] != found["pdqQuality"]
    if found.get("peer"):
        told["peer_bits"] += _bits(expected[0][0], found["peer"])


def _bits(pdq: bytes, text: str) -> int:
    return (int.from_bytes(pdq, "big") ^ int(text, 16)).bit_count()


def _speed(modules: list[str]) -> dict[str, Any]:
    command = ["--input-type=module", "-e", TIME_ALL, *modules, json.dumps(SIZES)]
    told: dict[str, Any] = json.loads(_run_node(command, b""))
    return told


def _python_ms() -> list[float]:
    """Our Python on pictures of the same sizes, milliseconds, in the order of SIZES."""
    noise = np.random.default_rng(3)
    told = []
    for width, height in SIZES:
        held = Held(noise.integers(0, 256, (height, width, 3), dtype=np.uint8))
        times = [_ms(lambda held=held: pdq_of_block(block_of(held))) for _ in range(9)]
        told.append(sorted(times)[4])
    return told


def _in_chromium() -> dict[str, Any]:
    """Median milliseconds of `fingerprint` for a photograph at three sizes, from file to answer."""
    whole = Image.fromarray(rgb(max(wallpapers(), key=_jpeg_bytes)))
    told: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        told["version"] = browser.version
        page = browser.new_page()
        # A page that nobody serves: the module is fulfilled here and the page counts as secure.
        page.route("**/*", lambda route: route.fulfill(body="<!doctype html>"))
        page.route(f"**/{NAME}", lambda route: route.fulfill(
            body=source().decode(), content_type="text/javascript"))  # fmt: skip
        page.goto("http://localhost:9/")
        for width, height in SIZES:
            data = as_jpeg(whole.resize((width, height)), quality=85)
            page.route("**/picture", _giving(data))
            told[f"{width}x{height}"] = page.evaluate(
                f"""async () => {{
                  const {{ fingerprint }} = await import('/{NAME}')
                  const blob = await (await fetch('/picture')).blob(), times = []
                  for (let i = 0; i < 7; i++) {{
                    const from = performance.now()
                    await fingerprint(blob)
                    times.push(performance.now() - from)
                  }}
                  return times.sort((a, b) => a - b)[3]
                }}"""
            )
        browser.close()
    return told


def _jpeg_bytes(path: Path) -> int:
    return path.stat().st_size if path.suffix == ".jpg" else 0


def _giving(data: bytes) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=data)


def _ms(act: Any) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def _run_node(arguments: list[str], given: bytes) -> bytes:
    program = node()
    if program is None:
        raise SystemExit("node is not installed (Debian's package: nodejs)")
    return subprocess.run([program, *arguments], input=given, check=True, stdout=-1).stdout


if __name__ == "__main__":
    main()

"""Whom the gates hold back: `python -m benchmarks.gates`.

Prints, for cuts of wallpapers taken with a camera, how many of quality 50 and above are held back
as they are, after each of the edits that copies on the web have undergone, and as small files of
the worst settings; then the same for families of drawn patterns. About three minutes.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.machine import keep, print_machine
from benchmarks.patterns import FAMILIES
from benchmarks.pictures import tiles
from benchmarks.unrelated import is_photograph, luma_of, motifs
from tocsin.engine.fingerprints import Gate
from tocsin.engine.fingerprints.distinctive import gate_of, hash_is_distinct, hash_is_patterned
from tocsin.engine.fingerprints.pdq import LumaPlane, block_of, pdq_of_block

CUTS_EACH = 6
DRAWS_EACH = 150
_PLENTY_BYTES = 1 << 20
_PACKAGES = ("numpy", "pillow")

SMALL: Final = (("JPEG", 5), ("JPEG", 20), ("WEBP", 1), ("WEBP", 20), ("AVIF", 5))
Edit: TypeAlias = Callable[[Image.Image], Image.Image]


def main() -> None:
    """Measures and prints everything, and keeps the result."""
    print_machine(*_PACKAGES)
    photographs = [paths[0] for paths in motifs() if is_photograph(paths)]
    told: dict[str, Held] = defaultdict(Held)
    for cut in tiles(photographs, per_picture=CUTS_EACH):
        for name, edit in EDITS.items():
            told[name].add(edit(cut))
        for kind, quality in SMALL:
            for side in (64, 100, 200):
                told[f"small {kind} {quality}"].add(
                    *_again(cut.resize((side, side)), kind, quality)
                )
    for number, (name, draw) in enumerate(FAMILIES.items()):
        rng = np.random.default_rng(number)
        for _ in range(DRAWS_EACH):
            told[name].add(Image.fromarray(draw(rng)))
    print(f"\n{told['as it is'].asked} cuts of {len(photographs)} photographs: the share of")
    print("quality 50 and above; of those: held back, by each gate, may block, looks patterned")
    shares = {name: held.shares() for name, held in told.items()}
    for name, row in shares.items():
        print(f"{name:18}" + "".join(f" {what} {share:.1%};" for what, share in row.items()))
    keep("gates", {"cuts": told["as it is"].asked, "shares": shares}, *_PACKAGES)


@dataclass
class Held:
    """What became of pictures of one kind: how many, and gate and hash of those of quality."""

    asked: int = 0
    gates: list[Gate | None] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    def add(self, picture: Image.Image, size_bytes: int = _PLENTY_BYTES) -> None:
        self.asked += 1
        block = block_of(LumaPlane(luma_of(np.asarray(picture.convert("RGB")))))
        value, quality = pdq_of_block(block)
        gate = gate_of(block, quality, picture.size, size_bytes)
        if gate is not Gate.QUALITY:
            self.gates.append(gate)
            self.hashes.append(value)

    def shares(self) -> dict[str, float]:
        good = max(1, len(self.gates))
        hashes = np.frombuffer(b"".join(self.hashes), np.uint8).reshape(-1, 32)
        passed = np.array([gate is None for gate in self.gates], np.bool_)
        return {
            "quality": len(self.gates) / self.asked,
            "held back": float((~passed).sum()) / good,
            "bytes": self.gates.count(Gate.BYTES) / good,
            "periodicity": self.gates.count(Gate.PERIODICITY) / good,
            "entropy": self.gates.count(Gate.ENTROPY) / good,
            "may block": float((passed & hash_is_distinct(hashes)).sum()) / good,
            "patterned": float(hash_is_patterned(hashes).sum()) / good,
        }


def _again(picture: Image.Image, kind: str, quality: int) -> tuple[Image.Image, int]:
    """The picture as it comes out of a file of that quality, and the length of the file."""
    out = io.BytesIO()
    picture.save(out, kind, quality=quality)
    with Image.open(io.BytesIO(out.getvalue())) as opened:
        return opened.convert("RGB"), len(out.getvalue())


def _as_jpeg(quality: int) -> Edit:
    return lambda picture: _again(picture, "JPEG", quality)[0]


def _letterboxed(picture: Image.Image) -> Image.Image:
    return ImageOps.pad(picture, (picture.width, int(picture.height * 1.4)), color="black")


def _captioned(picture: Image.Image) -> Image.Image:
    """A white bar with a line of words above the picture."""
    bar = picture.height // 5
    page = Image.new("RGB", (picture.width, picture.height + bar), "white")
    page.paste(picture, (0, bar))
    _words(page, bar // 3, bar // 3)
    return page


def _with_words(picture: Image.Image) -> Image.Image:
    written = picture.copy()
    _words(written, picture.height // 16, picture.height // 10, "white")
    _words(written, picture.height - picture.height // 6, picture.height // 10, "white")
    return written


def _words(page: Image.Image, top: int, high: int, ink: str = "black") -> None:
    pen = ImageDraw.Draw(page)
    rng, x = np.random.default_rng(page.width), page.width // 12
    while x < page.width * 11 // 12:
        wide = int(rng.integers(high // 4, high))
        pen.rectangle((x, top + int(rng.integers(0, high // 2)), x + wide, top + high), fill=ink)
        x += wide + int(rng.integers(high // 6, high // 2 + 1))


def _shrunk(side: int) -> Edit:
    return lambda picture: ImageOps.contain(picture, (side, side))


EDITS: Final[dict[str, Edit]] = {
    "as it is": lambda picture: picture,
    "JPEG quality 20": _as_jpeg(20),
    "shrunk to 200": _shrunk(200),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "cropped 10 %": lambda picture: ImageOps.crop(picture, min(picture.size) // 10),
    "border 10 %": lambda picture: ImageOps.expand(picture, min(picture.size) // 10, "white"),
    "letterboxed": _letterboxed,
    "caption bar": _captioned,
    "words over it": _with_words,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(min(picture.size) / 150)),
    "equalised": ImageOps.equalize,
    "posterised": lambda picture: ImageOps.posterize(picture, 3),
    "turned 3 degrees": lambda picture: picture.rotate(3),
}


if __name__ == "__main__":
    main()

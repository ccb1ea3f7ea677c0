"""Whom the gates hold back: `python -m benchmarks.gates`.

Prints, for cuts of wallpapers taken with a camera, how many of quality 50 and above are held back
as they are, after each of the edits that copies on the web have undergone, and as small files of
the worst settings; then the same for families of drawn patterns. About two minutes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.machine import keep, print_machine
from benchmarks.patterns import FAMILIES
from benchmarks.pictures import tiles
from benchmarks.unrelated import is_photograph, luma_of, motifs
from tocsin.engine.fingerprints import Gate
from tocsin.engine.fingerprints.distinctive import gate_of, hash_is_patterned
from tocsin.engine.fingerprints.pdq import LumaPlane, block_of, pdq_of_block

CUTS_EACH = 24
DRAWS_EACH = 150
_PLENTY_BYTES = 1 << 20
_PACKAGES = ("numpy", "pillow")

Edit: TypeAlias = Callable[[Image.Image], Image.Image]


def main() -> None:
    """Measures and prints everything, and keeps the result."""
    print_machine(*_PACKAGES)
    photographs = [paths[0] for paths in motifs() if is_photograph(paths)]
    cuts = list(tiles(photographs, per_picture=CUTS_EACH))
    print(f"\n{len(cuts)} cuts of {len(photographs)} photographs")
    shares = {name: _held((edit(cut), None) for cut in cuts) for name, edit in EDITS.items()}
    small = [cut.resize((side, side)) for cut in cuts[::4] for side in (64, 100, 200)]
    for kind, quality in (("JPEG", 5), ("JPEG", 20), ("WEBP", 1), ("WEBP", 20), ("AVIF", 5)):
        shares[f"small {kind} {quality}"] = _held(_again(one, kind, quality) for one in small)
    print("\nfamilies of patterns")
    for number, (name, draw) in enumerate(FAMILIES.items()):
        rng = np.random.default_rng(number)
        drawn = (Image.fromarray(draw(rng)) for _ in range(DRAWS_EACH))
        shares[name] = _held((picture, None) for picture in drawn)
    print(f"{'':22} quality 50+   held back, of these by bytes, periodicity, entropy; hash looks")
    for name, told in shares.items():
        print(f"{name:22} " + " ".join(f"{share:9.2%}" for share in told.values()))
    keep("gates", {"cuts": len(cuts), "shares": shares}, *_PACKAGES)


def _held(pictures: Iterable[tuple[Image.Image, int | None]]) -> dict[str, float]:
    """Shares: of quality 50 and above; of these held back, and by which gate."""
    asked, gates, hashes = 0, [], []
    for picture, size_bytes in pictures:
        asked += 1
        block = block_of(LumaPlane(luma_of(np.asarray(picture.convert("RGB")))))
        value, quality = pdq_of_block(block)
        gate = gate_of(block, quality, picture.size, size_bytes or _PLENTY_BYTES)
        if gate is not Gate.QUALITY:
            gates.append(gate)
            hashes.append(value)
    good = max(1, len(gates))
    rows = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
    return {
        "quality": len(gates) / asked,
        "held_back": sum(gate is not None for gate in gates) / good,
        "bytes": gates.count(Gate.BYTES) / good,
        "periodicity": gates.count(Gate.PERIODICITY) / good,
        "entropy": gates.count(Gate.ENTROPY) / good,
        "patterned_hash": float(hash_is_patterned(rows).sum()) / good,
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
    for x in range(page.width // 12, page.width - page.width // 12, high + high // 3):
        pen.rectangle((x, top, x + high * 2 // 3, top + high), fill=ink)


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

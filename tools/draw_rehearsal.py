"""Draws the rehearsal's pictures and writes the list that knows some of them.

    python -m tools.draw_rehearsal

Writes into src/tocsin/site/rehearsal: `uploads/` (pictures to try), `uploads.json` (what is to be
expected of each), `rehearsal-list.jsonl` (the project's own list format), and the same as a CSV
with its mapping. The landscapes come from seeds, so a second run with the same Pillow writes the
same bytes; what counts is what is committed. Every picture carries a needle of 64 bytes in its
comment, so that a search can prove that no picture was written to disk.
"""

import hashlib
import io
import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance
from PIL.PngImagePlugin import PngInfo

from tocsin.engine import Fingerprints, fingerprint
from tools.landscapes import (
    AUTUMN,
    DAWN,
    DESERT,
    DUSK,
    NIGHT,
    NOON,
    STORM,
    WINTER,
    Scene,
    draw,
)

FOLDER = Path(__file__).parent.parent / "src/tocsin/site/rehearsal"
JPEG_QUALITY = 85
MADE_AT = "2026-01-05T09:00:00Z"
WITHDRAWN_AT = "2026-01-12T09:00:00Z"
Encode = Callable[[Image.Image, str], bytes]

LISTED = (
    Scene("harbour", 11, DAWN, (0.68, 0.36, 0.05), ((0.5, 0.08), (0.8, 0.04)), sea=0.55, houses=3),
    Scene("pines", 12, NOON, (0.2, 0.18, 0.04), ((0.45, 0.2), (0.62, 0.1), (0.8, 0.05)), trees=16),
    Scene(
        "village", 13, AUTUMN, (0.82, 0.2, 0.045), ((0.4, 0.16), (0.66, 0.06)), houses=6, trees=7
    ),
    Scene("sunset", 14, DUSK, (0.4, 0.48, 0.075), ((0.56, 0.05),), sea=0.6, clouds=0.3),
    Scene("snow", 15, WINTER, (0.7, 0.16, 0.035), ((0.34, 0.3), (0.7, 0.08)), trees=9, clouds=0.7),
    Scene("dunes", 16, DESERT, (0.28, 0.26, 0.06), ((0.46, 0.05), (0.6, 0.14), (0.84, 0.12))),
)
LISTED_BY_PDQ = Scene(
    "bridge", 17, STORM, (0.55, 0.2, 0.05), ((0.46, 0.12),), sea=0.66, bridge=True
)
WITHDRAWN = Scene("lighthouse", 18, STORM, (0.8, 0.22, 0.03), ((0.86, 0.06),), sea=0.5, tower=0.3)
UNRELATED = (
    Scene("moon", 21, NIGHT, (0.74, 0.22, 0.06), ((0.5, 0.2), (0.78, 0.06)), houses=3, clouds=0.15),
    Scene("island", 22, NOON, (0.5, 0.14, 0.04), ((0.5, 0.14),), sea=0.62, clouds=0.8),
    Scene("orchard", 23, AUTUMN, (0.14, 0.3, 0.05), ((0.55, 0.08), (0.7, 0.03)), trees=24),
    Scene("fjord", 24, DAWN, (0.3, 0.3, 0.04), ((0.3, 0.3), (0.44, 0.2)), sea=0.7, clouds=0.4),
    Scene("farm", 25, NOON, (0.86, 0.14, 0.05), ((0.58, 0.06), (0.74, 0.03)), houses=2, trees=5),
    Scene("peaks", 26, DUSK, (0.62, 0.3, 0.05), ((0.36, 0.34), (0.6, 0.2), (0.86, 0.05))),
    Scene("ice", 27, WINTER, (0.22, 0.24, 0.07), ((0.6, 0.3),), sea=0.74, clouds=0.3),
    Scene(
        "canyon", 28, DESERT, (0.6, 0.12, 0.04), ((0.3, 0.1), (0.5, 0.3), (0.7, 0.3)), clouds=0.4
    ),
)


@dataclass(frozen=True)
class Upload:
    """One file to try: what it is, and which answer it should bring."""

    file: str
    data: bytes
    expect: str
    made: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """One line of the list. ``kinds`` are the fingerprints it gives."""

    number: int
    prints: dict[str, tuple[str, int | None]]
    code: str
    member: str = "rehearsal"
    scheme: str = "ncmec-industry"
    withdrawn: bool = False

    @property
    def source_entry_id(self) -> str:
        return f"r-{self.number:04d}"


def needle(file: str) -> str:
    """Give the 64 characters that ``file`` carries and nothing else does."""
    return ("TOCSIN-NEEDLE-" + hashlib.sha256(file.encode()).hexdigest())[:64]


def jpeg(picture: Image.Image, mark: str, quality: int = JPEG_QUALITY, chroma: int = 2) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=chroma, comment=mark.encode())
    return out.getvalue()


def png(picture: Image.Image, mark: str) -> bytes:
    out, info = io.BytesIO(), PngInfo()
    info.add_text("Comment", mark)
    picture.save(out, "PNG", optimize=True, pnginfo=info)
    return out.getvalue()


def webp(picture: Image.Image, mark: str) -> bytes:
    out = io.BytesIO()
    note = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- {mark} --></x:xmpmeta>'
    picture.save(out, "WEBP", quality=80, method=6, xmp=note.encode())
    return out.getvalue()


def reopened(data: bytes) -> Image.Image:
    """Decode: an edit starts from the file that went round, not from the drawing."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def smaller(picture: Image.Image) -> Image.Image:
    return picture.resize((400, 300), Image.Resampling.LANCZOS)


def brighter(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.15)


def with_logo(picture: Image.Image) -> Image.Image:
    marked = picture.copy()
    pen = ImageDraw.Draw(marked)
    pen.rounded_rectangle((580, 452, 632, 472), radius=6, fill=(220, 220, 220))
    pen.ellipse((585, 455, 599, 469), fill=(30, 120, 200))
    pen.rectangle((605, 459, 627, 465), fill=(30, 120, 200))
    return marked


def edited(originals: dict[str, bytes]) -> list[Upload]:
    """Make the eight edits; each is near its original and none has its bytes."""

    def same(picture: Image.Image) -> Image.Image:
        return picture

    plans: list[tuple[str, str, str, str, Callable[[Image.Image], Image.Image], Encode]] = [
        ("harbour", "harbour-smaller.jpg", "400 x 300", "r-0001", smaller, jpeg),
        ("pines", "pines-q50.jpg", "JPEG quality 50", "r-0002", same, lambda p, m: jpeg(p, m, 50)),
        ("village", "village-logo.jpg", "a small logo in a corner", "r-0003", with_logo, jpeg),
        ("sunset", "sunset-brighter.jpg", "15 % brighter", "r-0004", brighter, jpeg),
        ("snow", "snow-smaller.png", "400 x 300, PNG", "r-0005", smaller, png),
        ("snow", "snow-by-way-of-png.jpg", "by way of PNG, full chroma", "r-0005",
         lambda p: reopened(png(p, "")), lambda p, m: jpeg(p, m, 90, 0)),
        ("dunes", "dunes.webp", "WebP", "r-0006", same, webp),
        ("bridge", "bridge-grey.jpg", "grey", "r-0012",
         lambda p: p.convert("L").convert("RGB"), jpeg),
    ]  # fmt: skip
    return [
        Upload(
            file=f"edited/{file}",
            data=encode(edit(reopened(originals[name])), needle(f"edited/{file}")),
            expect="near",
            made=made,
            entries=(entry,),
        )
        for name, file, made, entry, edit, encode in plans
    ]


def odd(other: bytes) -> list[Upload]:
    """Make what is no whole picture."""
    white = png(Image.new("RGB", (320, 240), (255, 255, 255)), needle("odd/white.png"))
    dot = np.random.default_rng(31).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    tiny = png(Image.fromarray(dot), needle("odd/tiny.png"))
    text = f"This is a letter and no picture.\n{needle('odd/letter.jpg')}\n".encode()
    return [
        Upload("odd/cut-off.jpg", other[: len(other) * 8 // 10], "partial", "its end is missing"),
        Upload("odd/empty.jpg", b"", "corrupt", "no bytes at all"),
        Upload("odd/letter.jpg", text, "unsupported", "a text that is called a picture"),
        Upload("odd/white.png", white, "flat", "nothing but white"),
        Upload("odd/tiny.png", tiny, "too_small", "8 x 8"),
    ]


def drawn(scene: Scene, folder: str) -> bytes:
    return jpeg(draw(scene), needle(f"{folder}/{scene.name}.jpg"))


def uploads() -> tuple[list[Upload], dict[str, bytes]]:
    """Make every file to try, and the originals by name (one of them is never shipped)."""
    originals = {scene.name: drawn(scene, "exact") for scene in (*LISTED, LISTED_BY_PDQ)}
    originals[WITHDRAWN.name] = drawn(WITHDRAWN, "withdrawn")
    also = {"harbour": ("r-0007",), "pines": ("r-0008",)}
    files = [
        Upload(f"exact/{s.name}.jpg", originals[s.name], "listed", "the listed file itself",
               (f"r-{n:04d}", *also.get(s.name, ())))
        for n, s in enumerate(LISTED, 1)
    ]  # fmt: skip
    files += edited(originals)
    files += [
        Upload(f"unrelated/{s.name}.jpg", drawn(s, "unrelated"), "not_listed", "on no list")
        for s in UNRELATED
    ]
    files.append(
        Upload("withdrawn/lighthouse.jpg", originals["lighthouse"], "not_listed",
               "its entry was withdrawn", ("r-0011",))
    )  # fmt: skip
    cut_from = Scene("hut", 32, WINTER, (0.3, 0.2, 0.05), ((0.4, 0.3), (0.6, 0.1)), houses=1)
    files += odd(jpeg(draw(cut_from), needle("odd/cut-off.jpg")))
    return files, originals


def all_kinds(found: Fingerprints) -> dict[str, tuple[str, int | None]]:
    if found.pdq is None:
        raise SystemExit("the engine gave no PDQ for a drawn landscape")
    return {
        "md5": (found.md5.hex(), None),
        "sha1": (found.sha1.hex(), None),
        "sha256": (found.sha256.hex(), None),
        "pdq": (found.pdq.hex(), found.pdq_quality),
    }


def known(originals: dict[str, bytes]) -> list[Known]:
    """Make the twelve lines of the list."""
    of = {name: all_kinds(fingerprint(data)) for name, data in originals.items()}
    codes = ("A1", "A2", "B1", "B2", "A1", "B2")
    lines = [Known(n, of[s.name], codes[n - 1]) for n, s in enumerate(LISTED, 1)]
    lines.append(Known(7, of["harbour"], "baseline", "second-source", "interpol-baseline"))
    lines.append(Known(8, {"md5": of["pines"]["md5"]}, "A2", "second-source"))
    rng = np.random.default_rng(33)
    sizes = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
    for number in (9, 10):
        by_lot = {
            kind: (rng.bytes(size).hex(), 100 if kind == "pdq" else None)
            for kind, size in sizes.items()
        }
        lines += [Known(number, by_lot, "B1")]  # belongs to no file at all
    lines.append(Known(11, of["lighthouse"], "A2", withdrawn=True))
    lines.append(Known(12, {"pdq": of["bridge"]["pdq"]}, "B1"))
    return lines


def record(line: Known) -> dict[str, object]:
    """Write one line as the canonical hash entry, version 1."""
    status = "withdrawn" if line.withdrawn else "active"
    return {
        "schema": "hash-entry/1",
        "entry_id": str(uuid7(line.number)),
        "source": {
            "list_id": "rehearsal",
            "format": "native",
            "provider": "tocsin",
            "environment": "test",
            "member_id": line.member,
        },
        "source_entry_id": line.source_entry_id,
        "media_type": "image",
        "list_purpose": "test",
        "status": status,
        "tombstone": line.withdrawn,
        "source_created_at": MADE_AT,
        "source_updated_at": WITHDRAWN_AT if line.withdrawn else MADE_AT,
        "fingerprints": [fingerprint_record(k, v, q) for k, (v, q) in line.prints.items()],
        "classifications": [
            {
                "scheme": line.scheme,
                "code": line.code,
                "label": "a label for the rehearsal; the picture is a drawn landscape",
                "asserted_by": line.member,
                "asserted_at": MADE_AT,
                "method": "import",
            }
        ],
        "tags": ["rehearsal"],
    }


def fingerprint_record(kind: str, value: str, quality: int | None) -> dict[str, object]:
    written: dict[str, object] = {"algo": kind, "value": value, "of": "file"}
    return written if quality is None else {**written, "quality": quality}


def uuid7(number: int) -> uuid.UUID:
    """Give a version 7 UUID that is the same on every run."""
    milliseconds = 1_767_603_600_000 + number  # MADE_AT
    tail = int.from_bytes(hashlib.sha256(f"rehearsal {number}".encode()).digest()[:10])
    value = milliseconds << 80 | 0x7 << 76 | (tail >> 64 & 0xFFF) << 64
    return uuid.UUID(int=value | 0b10 << 62 | tail & ((1 << 62) - 1))


def write_uploads(files: list[Upload]) -> None:
    shutil.rmtree(FOLDER / "uploads", ignore_errors=True)
    for upload in files:
        path = FOLDER / "uploads" / upload.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(upload.data)
    expected = [
        {
            "file": upload.file,
            "expect": upload.expect,
            "entries": upload.entries,
            "made": upload.made,
            "needle": needle(upload.file) if upload.data else None,
        }
        for upload in files
    ]
    (FOLDER / "uploads.json").write_text(json.dumps(expected, indent=1) + "\n")


def write_list(lines: list[Known]) -> None:
    text = "".join(json.dumps(record(line), separators=(",", ":")) + "\n" for line in lines)
    (FOLDER / "rehearsal-list.jsonl").write_text(text)


def write_csv(lines: list[Known]) -> None:
    """Write the lines that have it all as a foreign CSV, and how to read it."""
    full = [n for n in lines if {"md5", "sha1", "pdq"} <= n.prints.keys() and not n.withdrawn]
    rows = ["md5;sha1;pdq;category;id"]
    words = {"A1": "one", "A2": "two", "B1": "three", "B2": "four", "baseline": "worst"}
    for line in full:
        values = (line.prints[kind][0] for kind in ("md5", "sha1", "pdq"))
        rows.append(";".join((*values, words[line.code], line.source_entry_id)))
    (FOLDER / "rehearsal-list.csv").write_text("\n".join(rows) + "\n")
    mapping = {
        "delimiter": ";",
        "columns": {"md5": "md5", "sha1": "sha1", "pdq": "pdq", "category": "category"},
        "category": {word: code for code, word in words.items()},
        "media_type": "image",
        "id": "id",
    }
    (FOLDER / "rehearsal-mapping.json").write_text(json.dumps(mapping, indent=1) + "\n")


def main() -> None:
    files, originals = uploads()
    lines = known(originals)
    write_uploads(files)
    write_list(lines)
    write_csv(lines)
    total = sum(len(upload.data) for upload in files)
    print(f"{len(files)} files, {total / 1000:.0f} kB, {len(lines)} entries in {FOLDER}")


if __name__ == "__main__":
    main()

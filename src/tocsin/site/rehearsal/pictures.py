"""The drawn uploads of the rehearsal, each with a needle in it, and what each must bring."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.engine import Fingerprints, fingerprint
from tocsin.site.rehearsal import needles
from tocsin.site.rehearsal.needles import Needle

FOLDER: Final = Path(__file__).parent
UPLOADS: Final = FOLDER / "uploads"
# Their bytes decide what comes of them: listed byte for byte, or odd in a way that an addition
# would change. The others get the needle of this run behind their last byte.
_LEFT_AS_THEY_ARE: Final = ("exact/", "odd/", "withdrawn/")


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """One upload: its bytes in memory, what they must bring, and the needles in them."""

    name: str
    expected: str
    data: bytes
    prints: Fingerprints
    needles: tuple[Needle, ...]

    @property
    def short_name(self) -> str:
        return self.name.rpartition("/")[2]


def pictures(own: bytes) -> list[Picture]:
    """All uploads, in the order of their list; `own` is the needle of this run."""
    listed = json.loads((FOLDER / "uploads.json").read_text("utf-8"))
    return [_picture(entry["file"], entry["expect"], entry["needle"], own) for entry in listed]


def never_seen(like: Picture, own: bytes) -> Picture:
    """A file that nobody has ever seen, with the pixels of another."""
    data = like.data + own
    return Picture(like.name, like.expected, data, fingerprint(data), like.needles)


def _picture(name: str, expected: str, shipped: str | None, own: bytes) -> Picture:
    data = (UPLOADS / name).read_bytes()
    found = needles.slices_of(name, data)
    if shipped:
        found.append(Needle(name, shipped.encode()))
    if not name.startswith(_LEFT_AS_THEY_ARE):
        data += own
    return Picture(name, expected, data, fingerprint(data), tuple(found))

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
# would change. The others get a needle of this run's own behind their last byte.
_LEFT_AS_THEY_ARE: Final = ("exact/", "odd/", "withdrawn/")


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """One upload: its bytes in memory, what they must bring, and the needles in them."""

    name: str
    expected: str
    data: bytes
    prints: Fingerprints
    needles: tuple[Needle, ...]
    fresh: bool

    @property
    def short_name(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def own_needle(self) -> tuple[Needle, ...]:
        """The needle that only this run has ever held, if there is one."""
        return self.needles[-1:] if self.fresh else ()


def pictures() -> list[Picture]:
    """All uploads, in the order of their list."""
    listed = json.loads((FOLDER / "uploads.json").read_text("utf-8"))
    return [_picture(entry["file"], entry["expect"], entry["needle"]) for entry in listed]


def unlisted(like: Picture) -> Picture:
    """A file that nobody has ever seen, with the pixels of another."""
    return _made(like.name, like.expected, like.data, (), fresh=True)


def _picture(name: str, expected: str, shipped: str | None) -> Picture:
    data = (UPLOADS / name).read_bytes()
    kept = (Needle(name, shipped.encode()),) if shipped else ()
    return _made(name, expected, data, kept, fresh=not name.startswith(_LEFT_AS_THEY_ARE))


def _made(
    name: str, expected: str, data: bytes, kept: tuple[Needle, ...], *, fresh: bool
) -> Picture:
    found = (*kept, *needles.slices_of(name, data))
    if fresh:
        own = needles.fresh()
        data, found = data + own, (*found, Needle(name, own))
    return Picture(name, expected, data, fingerprint(data), found, fresh)

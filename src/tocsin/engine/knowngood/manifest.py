"""The manifest of a set: what it holds, where that came from, and how its files must look.

JSON beside the files. It is written last, in one step: a set without one is no set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from tocsin.engine.knowngood.types import MOST_SOURCES, Digest, Maker, Source, WrongSet

FILE_NAME: Final = "manifest.json"
FORMAT: Final = 1
MOST_BYTES: Final = 64 << 20
_NAME: Final = re.compile(
    r"[0-9]{6,12}-(?:md5|sha1|sha256)\.(?:keys|sources)|[0-9]{6,12}-pdq\.rows"
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """How a file of the set must look."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a set says of itself.

    `keeps` are the digests that every file of the set has in it, so that one which is not found
    contradicts. `generation` counts the writings; it begins the names of the files that count.
    """

    name: str
    origin: str
    built_at: datetime
    built_by: str
    generation: int
    keeps: Digest
    file_count: int
    sources: tuple[Source, ...]
    files: Mapping[str, StoredFile] = field(default_factory=dict)

    def as_json(self) -> bytes:
        """Its text."""
        told = {
            "format": FORMAT,
            "name": self.name,
            "origin": self.origin,
            "built_at": self.built_at.isoformat(),
            "built_by": self.built_by,
            "generation": self.generation,
            "keeps": int(self.keeps),
            "file_count": self.file_count,
            "files": {
                name: {"bytes": one.size_bytes, "sha256": one.sha256}
                for name, one in sorted(self.files.items())
            },
            "sources": [[s.maker.value, s.name, s.version, s.licence] for s in self.sources],
        }
        lines = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        # A source a line, so that two versions of a shipped set can be compared by eye.
        return lines.replace('],["', '],\n["').encode("utf-8", "replace") + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder; raises WrongSet where there is none that holds together."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise WrongSet(
            f"There is no known-good set in {folder}: {error.strerror or error}."
        ) from None
    if len(text) > MOST_BYTES:
        wrong(folder, f"its {FILE_NAME} has more than {MOST_BYTES >> 20} MiB")
    try:
        return _manifest(folder, json.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        wrong(folder, f"its {FILE_NAME} is cut short or has another form")


def wrong(folder: Path, what: str) -> NoReturn:
    """Raise WrongSet: what is wrong with the set in a folder, and what to do."""
    raise WrongSet(
        f"The known-good set {folder.name} cannot be used: {what}. Build or import it again."
    )


def _manifest(folder: Path, told: dict[str, Any]) -> Manifest:
    written = told["format"]
    if type(written) is not int or written != FORMAT:
        wrong(folder, f"it has format {written!r}, and this Tocsin reads format {FORMAT}")
    files = {
        str(name): StoredFile(_count(one["bytes"]), str(one["sha256"]))
        for name, one in told["files"].items()
    }
    sources = tuple(
        Source(str(name), str(version), str(licence), Maker(maker))
        for maker, name, version, licence in told["sources"]
    )
    generation = _count(told["generation"])
    ours = f"{generation:06d}-"
    if len(sources) > MOST_SOURCES or not all(
        _NAME.fullmatch(name) and name.startswith(ours) and _SHA256.fullmatch(one.sha256)
        for name, one in files.items()
    ):
        raise ValueError
    return Manifest(
        name=str(told["name"]),
        origin=str(told["origin"]),
        built_at=datetime.fromisoformat(told["built_at"]),
        built_by=str(told["built_by"]),
        generation=generation,
        keeps=Digest(_count(told["keeps"]) & 7),
        file_count=_count(told["file_count"]),
        sources=sources,
        files=files,
    )


def _count(told: object) -> int:
    if type(told) is not int or not 0 <= told < 1 << 48:
        raise ValueError
    return told

"""The small file that says which index is in service, and how its files are named."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.engine.index.segment import REBUILD, IndexTooNew, IndexTooOld, damaged

MANIFEST_NAME = "MANIFEST.json"
# Counted up with the format of the segments, so that an old index is known to be old without
# opening it.
MANIFEST_FORMAT = 2
FOLDER = re.compile(r"generation-\d{12}")
POLICY_FILE = re.compile(r"policy-\d{12}\.seg")
EXACT_FILE = re.compile(r"exact-([a-z0-9_]{1,32})\.seg")
NEAR_FILE = "near.seg"
# Both or neither: an index without films has none.
FRAMES_FILE = "frames.seg"
FILMS_FILE = "films.seg"
# Names from a manifest are opened, so nothing but these may stand in it.
ANY_FILE = re.compile(
    rf"{re.escape(NEAR_FILE)}|{re.escape(FRAMES_FILE)}|{re.escape(FILMS_FILE)}"
    rf"|{EXACT_FILE.pattern}|{POLICY_FILE.pattern}"
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a file must be: its size in bytes and its SHA-256 in hexadecimal."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """An index in service.

    `generation` differs for every publication. `change_no` is the last change that the fingerprints
    hold, `policy_change_no` the last that the policy holds: newer ones have to be applied on top.
    """

    generation: int
    change_no: int
    policy_change_no: int
    folder: str
    previous_folder: str | None
    created_at: datetime
    files: Mapping[str, StoredFile]

    @property
    def exact_names(self) -> list[str]:
        """The names of the exact indexes."""
        return [match[1] for name in self.files if (match := EXACT_FILE.fullmatch(name))]

    @property
    def policy_file(self) -> str:
        """The name of the policy file that counts."""
        return next(name for name in self.files if POLICY_FILE.fullmatch(name))

    @property
    def has_films(self) -> bool:
        """Whether frames of films are among its files."""
        return FILMS_FILE in self.files

    def as_json(self) -> bytes:
        """The text of the file."""
        files = {
            name: {"bytes": file.size_bytes, "sha256": file.sha256}
            for name, file in self.files.items()
        }
        told = {
            "format": MANIFEST_FORMAT,
            "generation": self.generation,
            "change_no": self.change_no,
            "policy_change_no": self.policy_change_no,
            "folder": self.folder,
            "previous_folder": self.previous_folder,
            "created_at": self.created_at.isoformat(),
            "files": files,
        }
        return json.dumps(told, indent=1).encode() + b"\n"


def read_manifest(path: Path) -> Manifest | None:
    """The manifest, None when there is none; raises `IndexDamaged`,
    `IndexTooOld` and `IndexTooNew`."""
    try:
        told = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise damaged(path, "it is not JSON") from None
    try:
        written_format = int(told["format"])
        if written_format > MANIFEST_FORMAT:
            raise IndexTooNew(
                f"The index has manifest format {written_format}, this Tocsin knows up to "
                f"{MANIFEST_FORMAT}. Start the newer Tocsin again, or go back: {REBUILD}"
            )
        if 0 < written_format < MANIFEST_FORMAT:
            raise IndexTooOld(
                f"The index has manifest format {written_format}, from before {MANIFEST_FORMAT}. "
                f"{REBUILD}"
            )
        manifest = _from_json(told)
    except (KeyError, TypeError, ValueError, AttributeError) as gap:
        raise damaged(path, "something is missing in it or has another form") from gap
    if not _names_are_ours(manifest):
        raise damaged(path, "it names files that an index does not have")
    return manifest


def folder_name(generation: int) -> str:
    """The folder of a generation."""
    return f"generation-{generation:012d}"


def policy_name(generation: int) -> str:
    """The policy file that came with a generation."""
    return f"policy-{generation:012d}.seg"


def generation_of(name: str) -> int:
    """The generation in the name of a folder or policy file."""
    return int(re.sub(r"\D", "", name))


def _from_json(told: dict[str, Any]) -> Manifest:
    files = {
        str(name): StoredFile(size_bytes=int(file["bytes"]), sha256=str(file["sha256"]))
        for name, file in told["files"].items()
    }
    return Manifest(
        generation=int(told["generation"]),
        change_no=int(told["change_no"]),
        policy_change_no=int(told["policy_change_no"]),
        folder=str(told["folder"]),
        previous_folder=told["previous_folder"],
        created_at=datetime.fromisoformat(told["created_at"]),
        files=files,
    )


def _names_are_ours(manifest: Manifest) -> bool:
    folders = {manifest.folder, manifest.previous_folder or manifest.folder}
    policies = [name for name in manifest.files if POLICY_FILE.fullmatch(name)]
    return (
        all(isinstance(name, str) and FOLDER.fullmatch(name) for name in folders)
        and all(ANY_FILE.fullmatch(name) for name in manifest.files)
        and NEAR_FILE in manifest.files
        and (FILMS_FILE in manifest.files) == (FRAMES_FILE in manifest.files)
        and len(policies) == 1
    )

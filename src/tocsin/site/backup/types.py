"""What a backup is made of, and why making one or putting one back can be refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
KEYS = "keys.age"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
FOLDERS = ("archive", "journal", "letters", "outside")
KEY_RING = "backup"
"""The ring whose key signs manifests."""


class BackupRefused(Exception):
    """No backup was made and no half file is left; the text says why and what to do."""


class RestoreRefused(Exception):
    """Nothing was put back and nothing was changed; the text says why and what to do."""


class RestoreUnfinished(Exception):
    """Everything is back and paused, but a later step failed; the text says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup: its name in the tar, its size in bytes and its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; signed by the installation that made it.

    `keys` gives for each ring the id of every key with eight bytes that only this key yields, so
    that a restore can tell whether it has the right keys before it begins.
    """

    made_at: datetime
    version: str
    database: str
    migrations: tuple[str, ...]
    keys: Mapping[str, tuple[str, ...]]
    members: tuple[Member, ...]

    def as_bytes(self) -> bytes:
        """The manifest as it lies in the tar."""
        told = asdict(self) | {"format": FORMAT, "made_at": self.made_at.isoformat()}
        return json.dumps(told, indent=1, sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was made: the file, its size in bytes, and files that have no place in a backup."""

    file: Path
    size: int
    members: int
    with_keys: bool
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """The backup, the passphrase of its keys, and the folder of what was pushed outside."""

    file: Path
    passphrase: str | None
    outside: Path


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What is back, and what is not.

    `rows` of the audit are in this copy; `reached` is how far heads outside say it once came;
    `unreadable` lines of what was pushed outside could not be read.
    `problem` is the first thing wrong with the audit chain, `index_problem` why there is no index.
    """

    manifest: Manifest
    rows: int
    reached: int
    unreadable: int
    letters_waiting: int
    problem: str | None
    index_problem: str | None


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in `data`; raises RestoreRefused."""
    try:
        told = json.loads(data)
        if told["format"] > FORMAT:
            raise RestoreRefused(
                f"this backup was made by a newer Tocsin ({told['version']}); install that first."
            )
        return Manifest(
            made_at=datetime.fromisoformat(told["made_at"]),
            version=str(told["version"]),
            database=str(told["database"]),
            migrations=tuple(str(name) for name in told["migrations"]),
            keys={str(ring): tuple(map(str, ids)) for ring, ids in told["keys"].items()},
            members=tuple(
                Member(str(one["name"]), int(one["size"]), str(one["sha256"]))
                for one in told["members"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RestoreRefused("its manifest cannot be read: the file is damaged.") from error

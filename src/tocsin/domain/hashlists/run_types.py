"""What an import speaks of: what is asked of it, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tocsin.domain.hashlists.quarantine_types import LintReason


class RunState(StrEnum):
    """Life of an import: only a released one can be matched."""

    RUNNING = "running"
    READY = "ready"
    RELEASED = "released"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class RunView:
    """One import: what it did and where it stands."""

    id: int
    list_slug: str
    state: RunState
    file_name: str
    started_at: datetime
    finished_at: datetime | None
    released_at: datetime | None
    added: int
    changed: int
    unchanged: int
    duplicates: int
    refused: int
    archived: bool
    quarantined: int
    older: int = 0
    unmatched: int = 0
    unlinted: int = 0
    broken: str = ""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is to be imported, and how far.

    `format`: one of those that `tocsin lists import --format` takes, or nothing to tell it from
    the file. `dry_run` writes nothing; without `release` what came in stays invisible, and so does
    a document that stops before its end without `release_broken`; `report_path` gets every
    refused line with its reason. `name`: what the import is called, where not after its file.
    """

    path: Path
    list_slug: str
    mapping_path: Path | None = None
    dry_run: bool = False
    release: bool = True
    report_path: Path | None = None
    format: str = ""
    release_broken: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken, and why; never what stood in it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come; `linted`: entries the lint has gone over since."""

    bytes_done: int
    bytes_total: int
    lines: int
    taken: int
    refused: int
    linted: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; after a dry run: what it would do. `run_id` is None after a dry run.

    `older`: records that were said before what is known, so that they bring nothing.
    `unmatched`: entries that are kept and found by nothing, as no fingerprint of theirs is of a
    kind that is matched. `unlinted`: those that match by PhotoDNA alone, of which no known-good set
    can speak. After a dry run, `doubts`: why entries would be quarantined; `braked`: sets that
    would silence too many by themselves, with how many, so that nothing is released before a person
    has spoken; `remembered`: how many would come in held, as a person found such a one wrong.
    `left_out` counts fingerprints that only the archive keeps, `first_refusals` holds up to 20.
    `unit`: what `lines` counts, lines or the records of a document. `broken`: why the document
    stops before its end; then nothing of it counts until it is released by itself.
    """

    run_id: int | None
    list_slug: str
    state: RunState | None
    resumed: bool
    lines: int
    added: int
    changed: int
    unchanged: int
    duplicates: int
    refused: int
    left_out: int
    first_refusals: tuple[Refusal, ...]
    unit: str = "line"
    broken: str = ""
    quarantined: int = 0
    older: int = 0
    unmatched: int = 0
    unlinted: int = 0
    doubts: Mapping[LintReason, int] = field(default_factory=dict)
    braked: Mapping[str, int] = field(default_factory=dict)
    remembered: int = 0

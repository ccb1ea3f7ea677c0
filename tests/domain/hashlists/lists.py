"""Lists and lines for these tests: what a source might send, all of it made up."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.base.audit.types import Actor, system
from tocsin.domain.hashlists import actions
from tocsin.domain.hashlists.types import ImportReport, ImportRequest, Purpose

ACTOR = system("test")
ANALYST = Actor("user", "1")
SECOND = Actor("user", "2")


def value(word: str, width: int) -> str:
    """A value of `width` bytes in hex, always the same for a word, half its bits set."""
    return hashlib.shake_256(word.encode()).hexdigest(width)


def entry(own_id: str, **changes: Any) -> dict[str, Any]:
    """A record of our own format; `changes` replace fields."""
    record = {
        "schema": "hash-entry/1",
        "entry_id": "019b8d62-7a81-7a45-8132-589332590ec7",
        "source": {"list_id": "test", "format": "native", "member_id": "m1"},
        "source_entry_id": own_id,
        "media_type": "image",
        "list_purpose": "test",
        "status": "active",
        "fingerprints": [
            {"algo": "md5", "value": value(own_id, 16)},
            {"algo": "sha1", "value": value(own_id, 20)},
            {"algo": "pdq", "value": value(own_id, 32), "quality": 90},
        ],
        "classifications": [{"scheme": "ncmec-industry", "code": "B2"}],
    }
    return {**record, **changes}


def write(path: Path, *records: dict[str, Any] | str) -> Path:
    """A file of such records, one a line; a string is written as it stands."""
    lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def make(at: datetime, slug: str = "test", **changes: Any) -> int:
    """A list to import into."""
    terms: dict[str, Any] = {"name": "Test list", "purpose": Purpose.TEST, "source": "Tester"}
    return actions.make_list(slug=slug, actor=ACTOR, at=at, **{**terms, **changes})


def bring(path: Path, at: datetime, **changes: Any) -> ImportReport:
    """Import a file into the list `test`."""
    request = ImportRequest(**{"path": path, "list_slug": "test", **changes})
    return actions.import_file(request=request, actor=ACTOR, at=at)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    """Added, changed, unchanged, repeated, refused."""
    return (
        report.added,
        report.changed,
        report.unchanged,
        report.duplicates,
        report.refused,
    )

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.listing import Told, a_list, put
from tests.doors.api.conftest import Issue
from tests.doors.api.test_media import landscape
from tocsin.base.accounts.types import IssuedKey
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.checker import Checker
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.facade import NAMES
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import fingerprint


@pytest.fixture
def picture() -> bytes:
    return landscape()


@pytest.fixture
def listed(checker: Checker, picture: bytes, now: datetime) -> Fingerprints:
    """The picture is on a list, by SHA-1 and PDQ."""
    found = fingerprint(picture)
    assert found.pdq is not None
    prints = (
        FingerprintValue(Kind.SHA1, found.sha1),
        FingerprintValue(Kind.PDQ, found.pdq, found.pdq_quality),
    )
    put(now, a_list(now), "landscape", Told(fingerprints=prints))
    checker.follow(now)
    return found


@pytest.fixture
def door(checker: Checker, now: datetime) -> ApiDoor:
    """All facades are open."""
    return ApiDoor(checker=lambda: checker, fingerprint=fingerprint, now=lambda: now, facades=NAMES)


@dataclass(frozen=True, slots=True)
class Lost:
    """The door of a process that finds no index, and a key that it knows."""

    door: ApiDoor
    key: IssuedKey


@pytest.fixture
def without_index(
    checker: Checker, issue: Issue, now: datetime, data_folder: Path
) -> Iterator[Lost]:
    shutil.rmtree(data_folder / "index")
    key = issue()
    lost = Checker.from_settings()
    lost.follow(now)
    door = ApiDoor(checker=lambda: lost, fingerprint=fingerprint, now=lambda: now, facades=NAMES)
    yield Lost(door, key)
    lost.stop()

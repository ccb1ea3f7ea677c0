"""A place to restore into, and a file with the passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.backup.elsewhere import PASSPHRASE, Place, empty_place


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Place]:
    with empty_place(tmp_path / "elsewhere") as place:
        yield place


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(f"{PASSPHRASE}\n", "utf-8")
    return path

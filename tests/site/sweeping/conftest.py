"""A store for the module, lists, and a report to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.checking.lists import publish_rehearsal
from tests.site.sweeping.stores import FaultyStore, running_store
from tools.moto import moto_python


@pytest.fixture(scope="package")
def store() -> Iterator[str]:
    """The address of a filled object store. Must not be changed by a test."""
    if moto_python() is None:
        pytest.skip("there is no moto: python -m tools.moto makes it")
    with running_store() as address:
        yield address


@pytest.fixture
def faulty(store: str) -> Iterator[FaultyStore]:
    before = FaultyStore(store)
    yield before
    before.close()


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A data folder with an index of the rehearsal and no database."""
    data = tmp_path / "lists"
    publish_rehearsal(data / "index")
    return data


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key for the store in the environment, and no files of whoever runs the tests."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-tests")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def rows_of(report: Path) -> dict[str, dict[str, Any]]:
    """Each row of a report by its key; every key once."""
    import pyarrow.parquet as pq

    rows = pq.read_table(report).to_pylist()
    by_key = {row["key"]: row for row in rows}
    assert len(by_key) == len(rows)
    return by_key

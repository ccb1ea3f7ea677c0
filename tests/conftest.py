"""What every test stands on: a data folder of its own, a fixed time, no way out."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoDbBlocker, Settings

from tests.support import use_data_folder

# A change is tried on fewer examples of each property than a release.
hypothesis.settings.register_profile("change", max_examples=30)
hypothesis.settings.register_profile("release", max_examples=1_000, deadline=None)
hypothesis.settings.load_profile("release" if os.environ.get("THOROUGH") else "change")

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
TALKS = ("server", "browser", "journey")
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "client", "admin_client"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses the database, and let only tests with a server of their own open sockets.

    With `TESTS_DEALT` the rooms' tests are dealt out: half of them belong to one database,
    half to the other. What several do at once is tried on both.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES:
            item.add_marker("database")
        if any(item.get_closest_marker(name) for name in TALKS):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
    if dealt := os.environ.get("TESTS_DEALT"):
        others = [item for item in items if _is_of_a_room(item) and _dealt_to(item) != dealt]
        if others:
            config.hook.pytest_deselected(items=others)
            gone = set(others)
            items[:] = [item for item in items if item not in gone]


def _is_of_a_room(item: pytest.Item) -> bool:
    on_database = item.get_closest_marker("django_db")
    alone = on_database is not None and not on_database.kwargs.get("transaction")
    return alone and item.nodeid.startswith(("tests/base/", "tests/domain/"))


def _dealt_to(item: pytest.Item) -> str:
    return "sqlite" if zlib.crc32(item.nodeid.encode()) % 2 else "postgresql"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tables count as made by the migrations: backups and starts ask for that."""
    with django_db_blocker.unblock():
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
        recorder.migration_qs.bulk_create(
            recorder.Migration(app=app, name=name) for app, name in known
        )
    yield
    if connection.vendor == "postgresql":
        # A program that a test stopped a moment ago may still be on the line.
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    """A data folder for this test alone: keys, index, journal, letters, outside."""
    folder = tmp_path / "data"
    use_data_folder(settings, folder)
    return folder


@pytest.fixture(autouse=True)
def empty_book() -> None:
    """What a process remembers of the fingerprints of items is of another test's database."""
    from tocsin.domain.reports.book import SHELF

    SHELF.forget()


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Tuesday 3 March 2026, 10:00 UTC."""
    return datetime(2026, 3, 3, 10, 0, tzinfo=UTC)

"""What several tests need: the worker's round, a data folder, other threads and processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from django.db import connection

from tocsin.base.clock import actions, rounds
from tocsin.base.clock.lifecycle import Lifecycle, MoveRefused
from tocsin.base.letters.transports import Folder
from tocsin.base.secrets import Keyrings

FORGETTING = "retention.forget"

State = TypeVar("State", bound=StrEnum)


def examples(change: int) -> int:
    """How many examples a long property is tried on: so many for a change, ten times a release."""
    return change * 10 if os.environ.get("THOROUGH") else change


def run_worker_round(at: datetime) -> int:
    """What a worker does at `at`: every regular job once, then everything due; how many were due.

    A job that fails raises here; a due thing that fails comes back later, as with a real worker.
    Forgetting asks each table, which took as long as all the rest: `forget_what_is_over` does it.
    """
    for job in rounds.jobs():
        if job.name != FORGETTING:
            job.run(at)
    done = actions.run_round(at=at, worker="test")
    _wait_for_news_of_jobs()
    return done


def forget_what_is_over(at: datetime) -> None:
    """What a worker forgets at `at`."""
    [job] = [job for job in rounds.jobs() if job.name == FORGETTING]
    job.run(at)


def expect_cell(
    life: Lifecycle[State], table: dict[tuple[str, State], State], name: str, state: State
) -> None:
    """The move leads where the table says; where it names no such cell, the move is refused."""
    expected = table.get((name, state))
    if expected is None:
        with pytest.raises(MoveRefused):
            life.target(name, state)
    else:
        assert life.target(name, state) is expected


def _wait_for_news_of_jobs() -> None:
    # A thread that outlives its test finds no database.
    for thread in threading.enumerate():
        if thread.name == "job-ends":
            thread.join(timeout=30)


def use_data_folder(settings: Any, folder: Path) -> None:
    """Point every setting that names a place in the data folder to `folder`."""
    folder.mkdir(exist_ok=True)
    settings.TOCSIN_DATA = folder
    settings.TOCSIN_OUTSIDE = folder / "outside"
    settings.TOCSIN_INDEX = folder / "index"
    settings.TOCSIN_JOURNAL = folder / "journal"
    settings.TOCSIN_KEYS = Keyrings(folder / "keys")
    settings.TOCSIN_LETTER_FOLDER = Folder(folder / "letters")
    settings.TOCSIN_MAIL = settings.TOCSIN_LETTER_FOLDER


def child_environment(folder: Path) -> dict[str, str]:
    """The environment of another process that shares this test's database and data folder.

    The test must be `django_db(transaction=True)`: another process sees only what is committed.
    """
    inherited = {name: value for name, value in os.environ.items() if name[:7] != "TOCSIN_"}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "tocsin.site.settings",
        "TOCSIN_DATA": str(folder),
        "TOCSIN_DATABASE_URL": _url_of_test_database(),
    }


def _url_of_test_database() -> str:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{quote(str(told['NAME']))}"
    login = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}"
    return f"postgresql://{login}@{told['HOST']}:{told['PORT']}/{quote(told['NAME'])}"


def in_threads(*calls: Callable[[], object]) -> list[object]:
    """Run all at the same moment, each on its own connection; results in order, or the failure.

    What a call raised stands in its place in the list.
    """
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))

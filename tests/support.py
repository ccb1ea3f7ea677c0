"""What several tests need: the worker's round, and the settings of one data folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tocsin.base.clock import actions, rounds
from tocsin.base.letters.transports import Folder
from tocsin.base.secrets import Keyrings


def run_worker_round(at: datetime) -> int:
    """What a worker does at `at`: every regular job once, then everything due; how many were due.

    A job that fails raises here; a due thing that fails comes back later, as with a real worker.
    """
    for job in rounds.jobs():
        job.run(at)
    return actions.run_round(at=at, worker="test")


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

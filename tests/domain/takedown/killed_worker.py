"""A worker that dies by SIGKILL at a chosen moment: `python -m … DATABASE FOLDER MOMENT AT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

MOMENTS = ("making", "queued", "before-sending", "after-sending", "noting", "noted")


@dataclass(frozen=True)
class Counting:
    """A mail server that writes down the id of everything it takes."""

    path: Path
    name: str = "counting"

    def send(self, message: EmailMessage) -> str:
        with self.path.open("a", encoding="ascii") as file:
            file.write(f"{message['Message-ID']}\n")
            file.flush()
            os.fsync(file.fileno())
        return "250 taken"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(act: Callable[..., Any]) -> Callable[..., Any]:
    """The act, and death right after it."""

    def run(*args: Any, **named: Any) -> Any:
        act(*args, **named)
        die()

    return run


def plan_death(moment: str) -> None:
    """Put death at its moment."""
    from django.db import transaction

    from tocsin.base.letters import actions as letters
    from tocsin.domain.takedown import actions

    if moment == "making":
        letters.queue = then_die(letters.queue)
    elif moment == "queued":
        queue = letters.queue

        def queue_and_die_after_commit(**named: Any) -> str:
            transaction.on_commit(die)
            return queue(**named)

        letters.queue = queue_and_die_after_commit
    elif moment == "before-sending":
        Counting.send = lambda self, message: die()  # type: ignore[assignment,method-assign,return-value]
    elif moment == "after-sending":
        Counting.send = then_die(Counting.send)  # type: ignore[method-assign]
    elif moment == "noting":
        actions.note_sent = then_die(actions.note_sent)
    elif moment == "noted":
        note_sent = actions.note_sent

        def note_and_die_after_commit(**named: Any) -> None:
            transaction.on_commit(die)
            note_sent(**named)

        actions.note_sent = note_and_die_after_commit


def main(database: str, folder: str, moment: str, at: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup(set_prefix=False)

    from tests.support import use_data_folder
    from tocsin.base.clock import actions as clock

    use_data_folder(settings, Path(folder))
    settings.TOCSIN_MAIL = Counting(Path(folder) / "sent.txt")
    plan_death(moment)
    clock.run_round(at=datetime.fromisoformat(at), worker="doomed")


if __name__ == "__main__":
    main(*sys.argv[1:5])

"""A worker that dies by SIGKILL in the middle of a job: `python -m … DATABASE FOLDER MOMENT AT`."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from tests.domain.takedown.killed_worker import die, then_die

MOMENTS = ("begun", "checked", "given", "counting", "counted")


def plan_death(moment: str) -> None:
    """Put death at its moment."""
    from django.db import transaction

    from tocsin.domain.jobs import actions, spool, working
    from tocsin.domain.matching.checker import Checker

    if moment == "begun":
        spool.asked = then_die(spool.asked)
    elif moment == "checked":
        Checker.check = then_die(Checker.check)  # type: ignore[method-assign]
    elif moment == "given":
        spool.put_given = then_die(spool.put_given)
    elif moment == "counting":
        vars(working)["move"] = then_die(actions.move)
    else:
        move = actions.move

        def move_and_die_after_commit(*args: object, **named: object) -> None:
            if args[1] == "finish":
                transaction.on_commit(die)
            move(*args, **named)  # type: ignore[arg-type]

        vars(working)["move"] = move_and_die_after_commit


def main(database: str, folder: str, moment: str, at: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup(set_prefix=False)

    from tests.support import use_data_folder
    from tocsin.base.clock import actions as clock
    from tocsin.base.clock.threads import OnePerProcess
    from tocsin.domain.matching import queries as matching
    from tocsin.domain.matching.checker import Checker

    use_data_folder(settings, Path(folder))
    now = datetime.fromisoformat(at)
    checker = Checker.from_settings()
    checker.follow(now)
    matching.checker = OnePerProcess(lambda: checker)
    plan_death(moment)
    clock.run_round(at=now, worker="doomed")


if __name__ == "__main__":
    main(*sys.argv[1:5])

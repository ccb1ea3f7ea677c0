"""Starting the process of a rehearsal of many days, and telling what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.site.rehearsal.days.scores import Score, table
from tocsin.site.rehearsal.house import House
from tocsin.site.rehearsal.play import Failed

__all__ = ["Failed", "Wanted", "play_days", "scores_of"]

# Nothing of the installation beside it: no database, no mail server, no door.
_OWN: Final = {
    "TOCSIN_DOORS": "console",
    "TOCSIN_RECHECK_AT_ONCE": "0",
    "TOCSIN_HOSTER_LOOKUP": "no",
    "TOCSIN_VANTAGES": "abroad:US=from:127.0.0.2",
    "TOCSIN_ORGANISATION_COUNTRY": "NL",
    "DJANGO_SETTINGS_MODULE": "tocsin.site.settings",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many days, drawn from this seed, with so many addresses."""

    days: int
    seed: int
    things: int


def play_days(wanted: Wanted, folder: Path, say: Callable[[str], None]) -> str:
    """Both sides' numbers as a table; raises Failed where the process ended early."""
    theirs, ours = scores_of(wanted, folder, say)
    head = f"\n{wanted.days} days, seed {wanted.seed}, {wanted.things} addresses\n"
    return head + table([theirs, ours])


def scores_of(wanted: Wanted, folder: Path, say: Callable[[str], None]) -> tuple[Score, Score]:
    """The other tool's numbers and ours; raises Failed."""
    written = folder / "scores.json"
    say(f"{wanted.days} days begin; their log: {folder / 'log.txt'}")
    command = [
        *(sys.executable, "-m", "tocsin.site.rehearsal.days", "--days", str(wanted.days)),
        *("--seed", str(wanted.seed), "--things", str(wanted.things), "--write", str(written)),
    ]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, env=_environment(folder), stdout=log, stderr=subprocess.PIPE, text=True
        )
        last: list[str] = []
        for line in process.stderr or ():
            last = [*last[-20:], line]
            if line.startswith("  day"):
                say(line.rstrip())
        if process.wait() or not written.exists():
            raise Failed("the process of the days ended early:\n" + "".join(last))
    told = json.loads(written.read_text("utf-8"))
    return Score(**told["theirs"]), Score(**told["ours"])


def _environment(folder: Path) -> dict[str, str]:
    """That of a house of its own, in which nothing of the installation beside it counts."""
    recorded = {"TOCSIN_HOSTING_RECORDED": str(folder / "recorded")}
    return House(folder, _OWN | recorded).environment()

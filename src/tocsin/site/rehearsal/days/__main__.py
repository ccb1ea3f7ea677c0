"""The process of one rehearsal of many days: `tocsin rehearse --days` starts it.

Its environment names a data folder of its own. It prints how far it is, and at the end writes both
sides' numbers as JSON to the file that it was told.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tocsin.site.cli import set_up_django
from tocsin.site.rehearsal.days.scores import Score
from tocsin.site.rehearsal.sites import Sites

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday, at midnight: both sides begin with a week of work."""


def main() -> None:
    """Play our side in this installation, and write the scores."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--things", type=int, required=True)
    parser.add_argument("--write", type=Path, required=True)
    asked = parser.parse_args()
    set_up_django()
    from django.conf import settings
    from django.core.management import call_command

    from tocsin.site.rehearsal.days.baseline import play_baseline
    from tocsin.site.rehearsal.days.world import draw_world

    call_command("migrate", verbosity=0)
    settings.TOCSIN_MAIL = settings.TOCSIN_LETTER_FOLDER
    theirs = play_baseline(
        draw_world(asked.seed, asked.days, asked.things), BEGINS.replace(tzinfo=None)
    )
    with Sites(asked.seed) as sites:
        settings.TOCSIN_REHEARSED_WORLD = sites
        ours = _ours(asked, sites)
    scores = {"theirs": asdict(theirs), "ours": asdict(ours)}
    asked.write.write_text(json.dumps(scores), "utf-8")


def _ours(asked: argparse.Namespace, sites: Sites) -> Score:
    from django.conf import settings

    from tocsin.base.accounts.actions import invite
    from tocsin.base.accounts.queries import people
    from tocsin.base.accounts.types import Role
    from tocsin.base.audit.types import Actor, system
    from tocsin.site.rehearsal.days.ours import Ours
    from tocsin.site.rehearsal.days.registries import Registries
    from tocsin.site.rehearsal.days.world import draw_world

    actor = system("rehearsal")
    for name in ("ana", "bea", "cem"):
        invite(username=name, role=Role.ANALYST, language="en", actor=actor, at=BEGINS)
    analysts = [Actor("user", str(one.pk)) for one in people()]
    world = draw_world(asked.seed, asked.days, asked.things)
    recorded = Registries(Path(settings.TOCSIN_HOSTING_RECORDED or ""))
    return Ours(world, sites, recorded, BEGINS, _say).play(analysts)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()

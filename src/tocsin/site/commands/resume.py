"""`tocsin resume`: somebody has looked; clocks and mail run again."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

HELP = "Let clocks and mail run again, after a restore."
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """Takes none."""


def run(options: argparse.Namespace) -> int:
    """Confirm; 0 also when nothing stood still."""
    from tocsin.base.audit.types import system
    from tocsin.site.backup.resuming import resume

    stood = resume(actor=system("command line"), at=datetime.now(UTC))
    if stood is None:
        print("Nothing stood still.")
    else:
        print(f"Clocks and mail run again. They stood still since {stood.since:%Y-%m-%d %H:%M} UTC")
        print(f"({stood.why}).")
    return 0

"""`tocsin restore FILE`: a backup back into an empty place, paused until somebody confirms."""

from __future__ import annotations

import argparse
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.site.backup.types import RestoreReport

HELP = "Put a backup back into an empty data folder and database. Exit status 1: look again."
NEEDS_DATABASE = True

SOUND, LOOK_AGAIN = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """The file, its passphrase, and where what was pushed outside lies."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what `tocsin backup` wrote")
    parser.add_argument(
        "--keys-passphrase-file",
        type=Path,
        metavar="F",
        help="the passphrase of the keys in the backup (default: the keys are in place already)",
    )
    parser.add_argument(
        "--outside",
        type=Path,
        metavar="FOLDER",
        help="a copy of what was pushed outside since: withdrawals in it are made again "
        "(default: TOCSIN_OUTSIDE)",
    )


def run(options: argparse.Namespace) -> int:
    """Put it back and say what to look at before `tocsin resume`."""
    from django.conf import settings

    from tocsin.base.audit.types import system
    from tocsin.site.backup.restoring import restore
    from tocsin.site.backup.types import RestoreRefused, RestoreRequest, RestoreUnfinished
    from tocsin.site.commands.backup import read_passphrase

    if options.outside is not None and not options.outside.is_dir():
        raise Stop(f"there is no folder {options.outside}; nothing was changed.")
    passphrase_file = options.keys_passphrase_file
    request = RestoreRequest(
        file=options.file,
        passphrase=read_passphrase(passphrase_file) if passphrase_file is not None else None,
        outside=options.outside or settings.TOCSIN_OUTSIDE,
    )
    # Ended from outside we end as with Ctrl-C, so that what was begun is taken back.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"Restoring {options.file}", flush=True)
    try:
        report = restore(
            request=request,
            actor=system("command line"),
            at=datetime.now(UTC),
            say=lambda text: print(text, flush=True),
        )
    except RestoreRefused as error:
        raise Stop(f"nothing was changed: {error}") from error
    except RestoreUnfinished as error:
        raise Stop(str(error)) from error
    print("\n".join(_to_confirm(report)))
    wrong = report.problem or report.index_problem or report.unreadable
    return LOOK_AGAIN if wrong else SOUND


def _to_confirm(report: RestoreReport) -> list[str]:
    moment = f"{report.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    lines = [
        "",
        "Everything stands still: no clock runs and no letter leaves until `tocsin resume`.",
        f"This is the state of {moment}. Before you confirm, look at what came after:",
        f"  - {report.letters_waiting} letters wait. One that left after {moment} leaves again,",
        "    under the same message id: cancel what must not.",
        "  - People deactivated and keys revoked since then count again. Everybody must log in.",
        "  - Lists imported and findings made since then are gone: import and decide again.",
    ]
    if report.reached > report.rows:
        lines.append(
            f"  - The audit ends at row {report.rows}; heads pushed outside reached row "
            f"{report.reached}. They are kept beside it as audit-heads-lost-….jsonl."
        )
    if report.unreadable:
        lines.append(
            f"  - {report.unreadable} lines of what was pushed outside cannot be read; they are "
            "kept beside it as unreadable-….txt. A withdrawal in them was not made again."
        )
    if report.problem:
        lines.append(f"  - The audit chain is BROKEN: {report.problem}.")
    return lines

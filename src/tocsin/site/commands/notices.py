"""`tocsin notices`: go over the send log, compare it with a hoster's list, read returned mail."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.domain.takedown.reconciling import Compared

HELP = "verify the send log, or compare it with a hoster's own list of notices"
NEEDS_DATABASE = True
MOST_SHOWN = 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """`verify`, `reconcile` or `returned`."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    verify = acts.add_parser("verify", help="go over the whole send log and name what is wrong")
    verify.add_argument("--heads", type=Path, help="the signed heads as kept by somebody else")
    reconcile = acts.add_parser("reconcile", help="compare with a hoster's own CSV of notices")
    reconcile.add_argument("file", type=Path, metavar="FILE", help="the hoster's list")
    reconcile.add_argument("--hoster", type=int, metavar="NUMBER", help="notices to this one only")
    reconcile.add_argument("--zone", default="UTC", help="of times in the list that name none")
    reconcile.add_argument("--csv", type=Path, metavar="OUT", help="write every line there")
    returned = acts.add_parser("returned", help="read a mail server's report of a letter")
    returned.add_argument("file", metavar="FILE", help="the mail, or - for standard input")


def run(options: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is not."""
    acts = {"verify": _verify, "reconcile": _reconcile, "returned": _returned}
    return acts[options.act](options)


def _verify(options: argparse.Namespace) -> int:
    from tocsin.domain.takedown.queries import verify_log

    verdict = verify_log(options.heads)
    print(
        f"{verdict.rows} lines, {verdict.letters} of them messages that left; "
        f"{verdict.waiting} not chained yet; {verdict.heads} signed heads outside."
    )
    print("The log is whole." if verdict.sound else f"Wrong: {verdict.problem}.")
    return 0 if verdict.sound else 1


def _reconcile(options: argparse.Namespace) -> int:
    from tocsin.domain.takedown import queries, reconciling
    from tocsin.domain.takedown.attached import harmless
    from tocsin.engine.addresses import canonical

    def one_form(text: str) -> str:
        return canonical(text).identity_key

    try:
        zone = ZoneInfo(options.zone)
        theirs = reconciling.read(options.file.read_bytes(), zone=zone, canonical=one_form)
    except OSError as error:
        raise Stop(f"{options.file} cannot be read: {error.strerror}.") from error
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Stop(f"{options.zone} is no time zone, as Europe/Amsterdam is.") from error
    except reconciling.UnreadableList as error:
        raise Stop(str(error)) from error
    ours = [
        reconciling.Ours(each.number, one_form(each.url), each.sent_at)
        for each in queries.written(options.hoster)
    ]
    compared = reconciling.compare(ours, theirs)
    _show(compared)
    if options.csv:
        _write(options.csv, reconciling.as_csv(compared, harmless))
    differs = any(each.outcome is not reconciling.Outcome.MATCHED for each in compared)
    return 1 if differs else 0


def _show(compared: list[Compared]) -> None:
    """The table. It names notices and lines of their file, and no address."""
    from tocsin.domain.takedown.reconciling import Outcome, counts

    print(
        f"{'outcome':<14} {'notice':<15} {'sent':<17} {'their line':>10} {'their time':<17} apart"
    )
    rows = [each for each in compared if each.outcome is not Outcome.MATCHED]
    for each in rows[:MOST_SHOWN]:
        ours, theirs = each.ours, each.theirs
        number = ours.number if ours else (theirs.number if theirs else "")
        sent = f"{ours.sent_at:%Y-%m-%d %H:%M}" if ours else ""
        line = str(theirs.line) if theirs else ""
        time = f"{theirs.at:%Y-%m-%d %H:%M}" if theirs and theirs.at else ""
        apart = "" if each.apart is None else f"{each.apart.total_seconds() / 3600:+.1f} h"
        print(f"{each.outcome:<14} {number:<15} {sent:<17} {line:>10} {time:<17} {apart}")
    if len(rows) > MOST_SHOWN:
        print(f"… and {len(rows) - MOST_SHOWN} more; --csv OUT writes all of them.")
    told = counts(compared)
    print(", ".join(f"{number} {outcome}" for outcome, number in told.items()) + ".")


def _write(path: Path, text: str) -> None:
    # It names addresses of items: for whoever asked for it, and nobody else on this machine.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def _returned(options: argparse.Namespace) -> int:
    from tocsin.base.letters.actions import take_returned

    try:
        mail = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as error:
        raise Stop(f"{options.file} cannot be read: {error.strerror}.") from error
    noted = take_returned(mail=mail, at=datetime.now(UTC))
    print(f"It was about {noted} letters of ours.")
    return 0

"""`tocsin rehearse`: the whole chain on drawn landscapes, then a search for any picture's byte."""

from __future__ import annotations

import argparse
import io
import shutil
import signal
import sys
import tempfile
from pathlib import Path

HELP = "Play the whole chain on drawn landscapes, in a house of its own; touches nothing else."
NEEDS_DATABASE = False  # it starts a Tocsin of its own


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--keep` leaves the rehearsal's folder for a look afterwards; `--days` plays many days."""
    parser.add_argument("--keep", action="store_true", help="keep the folder of the rehearsal")
    parser.add_argument(
        "--days",
        type=int,
        help="play so many days with the clock turned, beside another tool's rules",
    )
    parser.add_argument("--seed", type=int, default=1, help="which days: a number, with --days")
    parser.add_argument("--things", type=int, help="how many addresses, with --days")


def run(options: argparse.Namespace) -> int:
    """0 when everything came out as it must, 1 at the first thing that did not."""
    from tocsin.site.rehearsal.chain import rehearse
    from tocsin.site.rehearsal.play import Failed, Play

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no tick mark is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    # Told to stop by another program, it tidies up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.days is not None:
        return _days(options)
    play = Play(_say)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-rehearsal-"))
    try:
        rehearse(folder, play)
    except Failed as failure:
        _say(f"\nThe rehearsal failed: {failure}")
        _say("Say it again with --keep: log.txt in its folder tells more.")
        return 1
    finally:
        if options.keep:
            _say(f"\nThe folder of this rehearsal: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    _say(f"\nAll {play.steps} steps came out as they must ({play.seconds:.0f} s).")
    return 0


def _days(options: argparse.Namespace) -> int:
    """Play many days in a process and a folder of their own, and print both sides' numbers."""
    from tocsin.site.rehearsal.days.playing import Failed, Wanted, play_days

    things = options.things or options.days * 6
    wanted = Wanted(options.days, options.seed, things)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-rehearsal-"))
    try:
        _say(play_days(wanted, folder, _say))
    except Failed as failure:
        _say(f"\nThe rehearsal failed: {failure}")
        return 1
    finally:
        if options.keep:
            _say(f"\nThe folder of this rehearsal: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _say(text: str) -> None:
    print(text, flush=True)

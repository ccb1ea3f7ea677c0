"""`tocsin check PATH…`: which of these files are on a list."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site import asking, environment
from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.site.checking.comparing import PrivateRetro
    from tocsin.site.checking.journal import Journal
    from tocsin.site.checking.retro import Retro
    from tocsin.site.checking.shown import Tally
    from tocsin.site.checking.types import Lists, Result

HELP = "Check files and folders against the lists. Exit status 0 nothing found, 1 found, 2 error."
NEEDS_DATABASE = False  # the index files are enough

NOTHING, FOUND, ERROR = 0, 1, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to check, whom to ask, and how to tell."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file or a folder")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each file")
    asking.arguments(parser)
    parser.add_argument(
        "--level",
        choices=("exact", "near", "thorough"),
        default="near",
        help="digests alone; pictures too (default); or also what they were before an alteration",
    )
    parser.add_argument(
        "--films", action="store_true", help="compare the frames of films; needs the extra `video`"
    )
    parser.add_argument(
        "--inside",
        action="store_true",
        help="look at pictures written in documents as text, and at the parts of mails",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="where a run that is broken off notes how far it came",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep fingerprints, to be asked again with --retro"
    )
    parser.add_argument(
        "--retro",
        action="store_true",
        help="ask again about kept fingerprints, where lists have changed since; no file is read",
    )
    parser.add_argument(
        "--private",
        action="store_true",
        help="with --retro --server: compare digests unsent; altered copies are not found",
    )
    parser.add_argument(
        "--prints", type=Path, metavar="FILE", help="where fingerprints are kept (--keep, --retro)"
    )


def run(options: argparse.Namespace) -> int:
    """Check everything, tell, and return the exit status."""
    from tocsin.engine.media import DecoderUnavailable
    from tocsin.site import dumps
    from tocsin.site.checking.store import StoreUnusable
    from tocsin.site.checking.types import CannotAsk

    _refuse(options)
    dumps.leave_none()
    try:
        lists = asking.lists(options)
        _say(f"Asking the {lists.described}.")
        return _again(lists, options) if options.retro else _read(lists, options)
    except (CannotAsk, StoreUnusable, DecoderUnavailable) as error:
        raise Stop(str(error)) from error


def _refuse(options: argparse.Namespace) -> None:
    if options.workers < 1:
        raise Stop("--workers takes a number from 1.")
    if options.retro == bool(options.paths):
        raise Stop("name a PATH; or say --retro, which asks about all that was kept.")
    if options.private and not (options.retro and options.server):
        raise Stop("--private belongs to --retro --server URL.")
    if options.level == "exact" and (options.films or options.inside or options.keep):
        raise Stop("--level exact takes digests alone: not with --films, --inside or --keep.")
    if options.films and importlib.util.find_spec("av") is None:
        raise Stop("--films needs PyAV: install tocsin[video].")
    if options.prints and not (options.keep or options.retro):
        raise Stop("--prints belongs to --keep or --retro.")


def _read(lists: Lists, options: argparse.Namespace) -> int:
    from tocsin.engine.search import Level
    from tocsin.site.checking.looks import Looks
    from tocsin.site.checking.notes import Notes, default_place, identity_of
    from tocsin.site.checking.running import Run
    from tocsin.site.checking.walking import Walk

    looks = Looks(Level(options.level), films=options.films, inside=options.inside)
    identity = identity_of(options.paths, lists.identity, looks.identity)
    place = options.journal or default_place(state_folder(), identity)
    walk = Walk(options.paths)
    with (
        Notes(place, identity) as notes,
        _journal(lists, options) if options.keep else nullcontext() as journal,
    ):
        run = Run(lists=lists, notes=notes, workers=options.workers, journal=journal, looks=looks)
        tally = _tell(run.results(walk), options.paths, options, _how_many(options.paths))
        if not options.json:
            print(tally.table(walk.passed))
        if run.broken_off is None:
            notes.finish()
        else:
            _say_broken_off(run.broken_off)
    return _status(tally, complete=run.broken_off is None)


def _again(lists: Lists, options: argparse.Namespace) -> int:
    from tocsin.site.checking.comparing import IN_FULL
    from tocsin.site.checking.walking import Passed

    with _journal(lists, options) as journal:
        retro = _retro(lists, journal, options)
        tally = _tell(retro.results(), ["kept fingerprints"], options, len(journal))
        if not options.json:
            print(tally.table(Passed()))
        if retro.not_compared:
            _say(f"{retro.not_compared} files were never asked for, so they were not compared.")
            _say(IN_FULL)
        if retro.broken_off is not None:
            _say_broken_off(retro.broken_off)
    return _status(tally, complete=retro.broken_off is None and not retro.not_compared)


def _retro(lists: Lists, journal: Journal, options: argparse.Namespace) -> Retro | PrivateRetro:
    from tocsin.site.checking.comparing import PrivateRetro
    from tocsin.site.checking.private import PrivateServer, sender
    from tocsin.site.checking.retro import Retro

    if not options.private:
        return Retro(lists=lists, journal=journal)
    server = PrivateServer(sender(options.server, asking.key(options)))
    return PrivateRetro(lists=lists, journal=journal, server=server)


def _journal(lists: Lists, options: argparse.Namespace) -> Journal:
    from tocsin.site.checking import journal

    return journal.Journal(options.prints or journal.default_place(state_folder()), lists.name)


def _say_broken_off(why: str) -> None:
    _say(f"Broken off: {why}")
    _say("Say the same again to go on from here.")


def _tell(
    results: Iterable[Result], roots: list[str], options: argparse.Namespace, total: int | None
) -> Tally:
    from tocsin.site.checking import shown

    tally = shown.Tally(roots)
    bar = shown.Bar(sys.stderr, total)
    for result in results:
        tally.add(result)
        line = shown.as_json(result) if options.json else shown.as_line(result)
        if line is not None:
            bar.clear()
            print(line)
        bar.show(tally.files)
    bar.clear()
    sys.stdout.flush()
    return tally


def _status(tally: Tally, *, complete: bool) -> int:
    from tocsin.site.checking.types import FOUND as FOUND_STATUSES
    from tocsin.site.checking.types import UNREADABLE

    if not complete or tally.of("unavailable"):
        return ERROR
    if tally.of(*FOUND_STATUSES):
        return FOUND
    return ERROR if tally.of(UNREADABLE) else NOTHING


def _how_many(paths: list[str]) -> int | None:
    """The number of files, counted ahead only where a bar will be drawn."""
    from tocsin.site.checking.walking import Walk

    return sum(1 for _ in Walk(paths)) if sys.stderr.isatty() else None


def state_folder() -> Path:
    """The user's folder for what programs note."""
    return Path(environment.text("XDG_STATE_HOME", "") or Path.home() / ".local" / "state")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

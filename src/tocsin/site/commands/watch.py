"""`tocsin watch FOLDER…`: what is written into folders is checked at once."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from tocsin.site import asking
from tocsin.site.commands import Stop
from tocsin.site.commands.check import state_folder

HELP = "Watch folders and check what is written into them; JSON lines for what was found."
NEEDS_DATABASE = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to watch, whom to ask, and what to do with what is found."""
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="watched with all in it")
    asking.arguments(parser)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--prints", type=Path, metavar="FILE", help="the journal of fingerprints")
    parser.add_argument(
        "--on-hit", metavar="COMMAND", help="called for what is found, its path as last argument"
    )
    parser.add_argument(
        "--move-to",
        type=Path,
        metavar="FOLDER",
        help="move what is to be blocked here; on the same file system",
    )


def run(options: argparse.Namespace) -> int:
    """0 when stopped by a signal."""
    from tocsin.engine.media import DecoderUnavailable
    from tocsin.site import dumps
    from tocsin.site.checking import shown
    from tocsin.site.checking.journal import Journal
    from tocsin.site.checking.store import StoreUnusable
    from tocsin.site.checking.types import FOUND, UNREADABLE, CannotAsk, Result
    from tocsin.site.watching.acting import Acting, CannotAct
    from tocsin.site.watching.folders import CannotWatch, Folders
    from tocsin.site.watching.running import Watch

    dumps.leave_none()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        acting = Acting(options.folders, move_to=options.move_to, on_hit=options.on_hit)

        def act(result: Result) -> None:
            done = acting.act(result)
            if result.status in FOUND or result.status == UNREADABLE:
                more = {"moved_to": done.moved_to and shown.printable(done.moved_to)}
                told = json.loads(shown.as_json(result)) | more
                print(json.dumps(told, ensure_ascii=False), flush=True)
            if done.trouble:
                _say(f"{shown.printable(result.path)}: {done.trouble}.")

        lists = asking.lists(options)
        place = options.prints or state_folder() / "tocsin" / "watch.sqlite3"
        with Journal(place, lists.name) as journal, Folders(_real(options.folders)) as folders:
            _say(f"Watching; asking the {lists.described}.")
            Watch(
                lists=lists,
                journal=journal,
                folders=folders,
                act=act,
                say=_say,
                workers=options.workers,
            ).run(stop)
    except (CannotAct, CannotAsk, CannotWatch, StoreUnusable, DecoderUnavailable) as error:
        raise Stop(str(error)) from error
    return 0


def _real(folders: list[str]) -> list[str]:
    for folder in folders:
        if not Path(folder).is_dir():
            raise Stop(f"there is no folder {folder}.")
    return [str(Path(folder).resolve()) for folder in folders]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

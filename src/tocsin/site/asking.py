"""Which lists a command asks: those of this machine, or a server's."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site import environment
from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.domain.matching.types import ListsSeen
    from tocsin.site.checking.local import IndexAlone, LocalLists
    from tocsin.site.checking.server import ServerLists


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whom to ask."""
    parser.add_argument(
        "--lists",
        choices=("live", "test"),
        default="live",
        help="lists that count (default), or lists for trying out, such as the rehearsal's",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="data folder whose lists are asked (default: TOCSIN_DATA)",
    )
    parser.add_argument(
        "--index-only",
        action="store_true",
        help="ask the index files alone, as they were built; needs no database",
    )
    parser.add_argument("--server", metavar="URL", help="ask a server, sending fingerprints only")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="the key for --server")


def lists(options: argparse.Namespace) -> IndexAlone | LocalLists | ServerLists:
    """The lists that the arguments name. Raises CannotAsk and Stop."""
    from tocsin.domain.matching.types import ListsSeen

    if options.server:
        return _server(options)
    if options.key_file:
        raise Stop("--key-file belongs to --server URL.")
    seen = ListsSeen(options.lists)
    data = _data_folder(options.data)
    if options.index_only or not _has_database(data):
        from tocsin.site.checking.local import IndexAlone

        return IndexAlone(data / "index", seen)
    return _with_database(data, seen)


def _with_database(data: Path, seen: ListsSeen) -> LocalLists:
    os.environ["TOCSIN_DATA"] = str(data)
    from tocsin.site.cli import set_up_django

    set_up_django()
    from tocsin.site.checking.local import LocalLists

    return LocalLists(data / "index", seen)


def _server(options: argparse.Namespace) -> ServerLists:
    from tocsin.site import logs
    from tocsin.site.checking.server import ServerLists

    told = key(options)
    logs.configure("console")
    return ServerLists(options.server, told)


def key(options: argparse.Namespace) -> str:
    """The key for the server, out of its file. Raises Stop."""
    if not options.key_file:
        raise Stop("--server needs --key-file FILE: a file that holds the key for it.")
    try:
        return str(options.key_file.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"--key-file: cannot read {options.key_file}.") from error


def _data_folder(named: Path | None) -> Path:
    data = (named or Path(environment.text("TOCSIN_DATA", "data"))).resolve()
    if not data.is_dir():
        raise Stop(
            f"there is no data folder {data}. Name it with --data FOLDER, "
            "or ask a server with --server URL."
        )
    return data


def _has_database(data: Path) -> bool:
    return bool(environment.text("TOCSIN_DATABASE_URL", "")) or (data / "tocsin.sqlite3").exists()

"""`tocsin canaries write FOLDER`: the pictures that every key is told of as found."""

from __future__ import annotations

import argparse
from pathlib import Path

from tocsin.site.commands import Stop

HELP = "Write the canary, which every key is told of as found, for a provider's daily check."
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`write FOLDER`."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    write = what.add_parser("write", help="put both pictures into a folder")
    write.add_argument("folder", type=Path, metavar="FOLDER", help="made when it is not there")


def run(options: argparse.Namespace) -> int:
    """0 written; a file of that name that is another is left alone."""
    from tocsin.domain.providers import queries

    folder: Path = options.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in queries.canaries().items():
            _write(folder / name, data)
            print(f"{folder / name}")
    except OSError as error:
        raise Stop(f"{folder}: {error.strerror or error}.") from error
    print("exact.jpg is told as listed, near.jpg as near where the key hears of near matches.")
    return 0


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        if path.read_bytes() != data:
            raise Stop(f"{path} is there already and is another file; it was left alone.") from None

"""`tocsin audit verify`: is the audit chain whole, and where does it break."""

from __future__ import annotations

import argparse
from pathlib import Path

from tocsin.site.commands import Stop

HELP = "Walk the audit chain and its signed heads. Exit status 0 sound, 1 broken."
NEEDS_DATABASE = True

SOUND, BROKEN = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """`verify`, with the heads that were pushed outside."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    verify = acts.add_parser("verify", help="name the first broken or missing row, or say sound")
    verify.add_argument(
        "--heads",
        type=Path,
        metavar="FILE",
        help="heads kept outside this machine (default: our own copy of what was pushed)",
    )


def run(options: argparse.Namespace) -> int:
    """Walk every row and every head."""
    from tocsin.base.audit.queries import verify_chain

    if options.heads is not None and not options.heads.is_file():
        raise Stop(f"there is no file {options.heads}; --heads takes the heads that were pushed.")
    verdict = verify_chain(options.heads)
    print(f"{verdict.rows} rows walked, {verdict.heads} signed heads compared.")
    if verdict.waiting:
        print(f"{verdict.waiting} rows wait for the seal; a worker seals them within a second.")
    if verdict.problem is not None:
        print(f"BROKEN: {verdict.problem}.")
        return BROKEN
    print("The chain is sound.")
    return SOUND

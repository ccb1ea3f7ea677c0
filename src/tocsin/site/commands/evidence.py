"""`tocsin evidence verify`: is the chain of evidence whole, and where does it break."""

from __future__ import annotations

import argparse

HELP = "Walk the evidence of visits. Exit status 0 sound, 1 broken."
NEEDS_DATABASE = True

SOUND, BROKEN = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """`verify`."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("verify", help="name the first broken or missing record, or say sound")


def run(options: argparse.Namespace) -> int:
    """Walk every record from the first to the last."""
    from tocsin.domain.visits.queries import verify_chain

    verdict = verify_chain()
    print(f"{verdict.rows} records walked; {verdict.emptied} of them were emptied in time.")
    if verdict.problem is not None:
        print(f"BROKEN: {verdict.problem}.")
        return BROKEN
    print("The chain is sound.")
    return SOUND

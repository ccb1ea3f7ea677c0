"""`tocsin corrections`: how far parties have heard, and sending a webhook its feed again."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tocsin.site.commands import Stop

HELP = "show webhooks of corrections, or send one its feed again"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`show` or `resend`."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("show", help="show every webhook and how far it is behind")
    again = acts.add_parser("resend", help="let a webhook that was given up on go on")
    again.add_argument("party", metavar="PARTY", help="the name of the organisation")
    again.add_argument(
        "--after", type=int, metavar="NUMBER", help="begin behind this number of its feed"
    )


def run(options: argparse.Namespace) -> int:
    """0 when done."""
    return _resend(options) if options.act == "resend" else _show()


def _show() -> int:
    from tocsin.domain.corrections.queries import endpoints

    views = endpoints()
    for view in views:
        said = f"  {view.last_error}, {view.attempts} attempts" if view.last_error else ""
        print(f"{view.party_name:<30} {view.state.value:<8} {view.behind:>6} behind{said}")
    print(f"{len(views)} webhooks.")
    return 0


def _resend(options: argparse.Namespace) -> int:
    from tocsin.base.accounts.queries import party_names
    from tocsin.base.audit.types import system
    from tocsin.domain.corrections.actions import resend

    numbers = {name: number for number, name in party_names().items()}
    if options.party not in numbers:
        raise Stop(f"There is no party {options.party}; `tocsin keys list` shows those there are.")
    done = resend(
        party_id=numbers[options.party],
        after=options.after,
        actor=system("command line"),
        at=datetime.now(UTC),
    )
    if not done:
        raise Stop(f"{options.party} has no webhook that was ever proved.")
    print("The worker sends it within a second.")
    return 0

"""`tocsin hosters`: who keeps a server, and where notices to them go."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tocsin.site.commands import Stop

HELP = "add a hoster, or list those on file"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`add` with everything a notice needs, or `list`."""
    what = parser.add_subparsers(dest="what", required=True, metavar="add|list")
    add = what.add_parser("add", help="write a hoster down; notices that wait for it leave")
    add.add_argument("--name", required=True)
    add.add_argument("--country", required=True, help="two capital letters, as NL")
    add.add_argument("--language", required=True, help="en, nl or fr: what notices are written in")
    add.add_argument("--email", required=True, help="where notices go")
    add.add_argument(
        "--place",
        required=True,
        action="append",
        help="a domain, a network as 192.0.2.0/24, or host:port; may be given again",
    )
    add.add_argument("--rehearsal", action="store_true", help="for rehearsals only, never mailed")
    what.add_parser("list", help="show every hoster on file")


def run(options: argparse.Namespace) -> int:
    """Do it; the exit status."""
    return _add(options) if options.what == "add" else _list()


def _add(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hosters import actions
    from tocsin.domain.hosters.types import HosterRefused, HosterTerms, PlaceTaken

    terms = HosterTerms(
        name=options.name,
        country=options.country,
        language=options.language,
        abuse_email=options.email,
        places=tuple(options.place),
        rehearsal=options.rehearsal,
    )
    try:
        number = actions.add(terms=terms, actor=system("command line"), at=datetime.now(UTC))
    except (HosterRefused, PlaceTaken) as error:
        raise Stop(str(error)) from error
    print(f"Hoster {number} is on file: {terms.name}. Notices that waited for it leave now.")
    return 0


def _list() -> int:
    from tocsin.domain.hosters import queries

    found = queries.hosters()
    for hoster in found:
        places = ", ".join(place.value for place in hoster.places)
        notes = "".join(
            (
                " (rehearsal)" if hoster.rehearsal else "",
                "" if hoster.reachable else " (unreachable)",
            )
        )
        print(
            f"{hoster.id}  {hoster.name}{notes}  {hoster.country}  {hoster.language}  "
            f"{hoster.abuse_email}  {places}"
        )
    print(f"{len(found)} hosters on file.")
    return 0

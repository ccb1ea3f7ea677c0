"""`tocsin hosting`: who keeps the server behind a host, found out now and printed."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.domain.hosting.types import Hosting

HELP = "find out who hosts a name, or fetch IANA's newest lists of registries"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`find HOST`, `history HOST`, or `refresh`."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    find = what.add_parser("find", help="ask name servers and registries, keep and print it")
    find.add_argument("host", help="a name or an IP address, with :port where it is not usual")
    past = what.add_parser("history", help="where it was over time, without asking anybody")
    past.add_argument("host", help="a name or an IP address")
    what.add_parser("refresh", help="fetch IANA's lists of which registry is asked about what")


def run(options: argparse.Namespace) -> int:
    """0 found, 1 when nothing is known of the host."""
    known = {"find": _find, "history": _history, "refresh": _refresh}
    return known[options.what](options)


def _find(options: argparse.Namespace) -> int:
    from tocsin.domain.hosting import actions
    from tocsin.domain.hosting.types import NotFound

    try:
        _print(actions.resolve(host=options.host, at=datetime.now(UTC)))
    except NotFound as error:
        print(f"{error} Look whether the name is spelled right, and whether it still exists.")
        return 1
    return 0


def _history(options: argparse.Namespace) -> int:
    from tocsin.domain.hosting import queries

    found = queries.history(options.host)
    for one in found:
        _print(one)
        print()
    if not found:
        print("Nobody has asked yet where this is: `tocsin hosting find HOST` does.")
    return 0 if found else 1


def _refresh(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hosting import actions
    from tocsin.domain.hosting.bootstrap import WrongBootstrap
    from tocsin.domain.hosting.means import NoAnswer

    try:
        published = actions.refresh_registries(actor=system("command line"), at=datetime.now(UTC))
    except (NoAnswer, WrongBootstrap) as error:
        raise Stop(f"{error} The lists that were there before stay in use.") from error
    for part, date in published.items():
        print(f"{part:<5} published {date}")
    return 0


def _print(found: Hosting) -> None:
    seen = f"{found.at:%Y-%m-%d %H:%M} UTC"
    if found.confirmed_at is not None and found.confirmed_at > found.at:
        seen += f", last found the same {found.confirmed_at:%Y-%m-%d %H:%M} UTC"
    network = f"{found.network or '-'} {found.country or '-'}"
    if found.asn is not None:
        network += f", announced by AS{found.asn} {found.asn_name}".rstrip()
    rows = [
        ("host", found.host),
        ("found", seen),
        ("addresses", ", ".join(found.addresses) or "-"),
        ("network", network),
    ]
    if found.cdn:
        told = "its origin is known" if found.origin_known else "its origin is not known"
        rows.append(("in front", f"{found.cdn}; {told}"))
    for name, value in rows:
        print(f"{name:<10} {value}")
    for contact in found.contacts:
        who = " ".join(part for part in (contact.name, contact.country) if part) or "-"
        mails = ", ".join(contact.emails) or "no mail address"
        how = f"{contact.source}, {contact.confidence:.0%}"
        print(f"{contact.role:<10} {who}: {mails} ({how})")
    if not found.contacts:
        print("contacts   nobody is known; write the hoster down: `tocsin hosters add`")

"""`tocsin people`: let the first ones in; later ones are invited in the console."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tocsin.site.commands import Stop

HELP = "invite somebody, renew a one-time link, or list who logs in"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`invite NAME --role …`, `renew-link NAME`, `list`."""
    what = parser.add_subparsers(dest="what", required=True, metavar="invite|renew-link|list")
    invite = what.add_parser("invite", help="make a person and print their one-time link")
    invite.add_argument("name")
    invite.add_argument("--role", required=True, choices=["analyst", "manager", "administrator"])
    invite.add_argument("--language", default="en", choices=["en", "nl", "fr"])
    renew = what.add_parser("renew-link", help="a new one-time link; older ones stop working")
    renew.add_argument("name")
    what.add_parser("list", help="show everybody with a log-in")


def run(options: argparse.Namespace) -> int:
    """Do it; the exit status."""
    if options.what == "invite":
        _invite(options)
    elif options.what == "renew-link":
        _renew(options.name)
    else:
        _list()
    return 0


def _invite(options: argparse.Namespace) -> None:
    from tocsin.base.accounts import actions
    from tocsin.base.accounts.types import Role
    from tocsin.base.audit.types import system

    try:
        secret = actions.invite(
            username=options.name,
            role=Role(options.role),
            language=options.language,
            actor=system("command line"),
            at=datetime.now(UTC),
        )
    except actions.NameTaken as error:
        raise Stop(f"{error} To let them in again: tocsin people renew-link") from error
    _tell(options.name, secret)


def _renew(name: str) -> None:
    from tocsin.base.accounts import actions, queries
    from tocsin.base.audit.types import system

    if name not in {person.username for person in queries.people()}:
        raise Stop(f"There is nobody called {name}. To see who there is: tocsin people list")
    secret = actions.renew_link(username=name, actor=system("command line"), at=datetime.now(UTC))
    _tell(name, secret)


def _list() -> None:
    from tocsin.base.accounts import queries

    for person in queries.people():
        shut = "" if person.is_active else " (shut out)"
        print(f"{person.username}{shut}  {person.role}  {person.language}")


def _tell(name: str, secret: str) -> None:
    from django.conf import settings
    from django.urls import reverse

    path = reverse("console:welcome", args=[secret])
    print(f"One-time link for {name} (works once, for 48 hours):")
    print(f"http://localhost:{settings.TOCSIN_PORT}{path}")

"""`tocsin secrets`: which keys there are, and a newer one for a purpose."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tocsin.site.commands import Stop

HELP = "Show the keys of this installation by name and age, or add a newer one."
NEEDS_DATABASE = True

WHAT_FOR = {
    "archive": "seals the text of imported lists",
    "audit": "signs the heads of the audit chain",
    "backup": "signs backups",
    "django": "signs the pages' cookies",
    "jobs": "seals what jobs ask and what they were answered",
    "form": "signs the tokens of the public form; the first key stays the one in use",
    "journal": "seals hits on their way into the database",
    "receipt": "signs receipts of checks and the heads of their log",
    "reference": "makes the references that providers are given",
    "reporter": "finds receipts of reporters again; the first key stays the one in use",
    "seal": "seals addresses, words and fingerprints in the database",
    "url": "finds addresses again; the first key stays the one in use",
}
RESTART = {"django"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """`list`, or `rotate` with the purpose."""
    what = parser.add_subparsers(dest="what", required=True, metavar="list|rotate")
    what.add_parser("list", help="each purpose, its keys and the day of the newest")
    rotate = what.add_parser("rotate", help="make new things with a newer key from now on")
    rotate.add_argument("name", metavar="NAME", help="a purpose as `tocsin secrets list` shows it")


def run(options: argparse.Namespace) -> int:
    """Show or rotate; never shows a key itself."""
    return _rotate(options.name) if options.what == "rotate" else _list()


def _list() -> int:
    from django.conf import settings

    keyrings = settings.TOCSIN_KEYS
    for name in keyrings.names():
        ring = keyrings.ring(name)
        ids = ", ".join(key.id for key in ring.keys)
        what_for = WHAT_FOR.get(name, "")
        print(f"{name:<12} {ids:<12} newest of {ring.active.created_at[:10]}  {what_for}")
    return 0


def _rotate(name: str) -> int:
    from django.conf import settings

    from tocsin.base.audit.types import system
    from tocsin.site.backup.rotating import rotate

    if name not in settings.TOCSIN_KEYS.names():
        raise Stop(f"there is no key {name}; `tocsin secrets list` shows those there are.")
    try:
        key = rotate(name=name, actor=system("command line"), at=datetime.now(UTC))
    except OSError as error:
        raise Stop(
            f"the key file of {name} cannot be written ({error.strerror}); nothing was changed."
        ) from error
    print(f"{name}: {key.id} is in use from now on; older keys stay for what they made.")
    if name in RESTART:
        print("Restart Tocsin for it to take effect; until then the older key goes on.")
    print("Back the keys up again: older backups do not have this one.")
    return 0

"""`tocsin referrals`: what went to the police, its package again, and whether one is whole."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from tocsin.site.commands import Stop

HELP = "list what went to the police, make a package again, or verify one"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`list`, `package NUMBER FILE` or `verify FILE`."""
    what = parser.add_subparsers(dest="what", required=True, metavar="list|package|verify")
    what.add_parser("list", help="the last fifty")
    package = what.add_parser("package", help="make the encrypted package of a referral again")
    package.add_argument("number", help="as P-2026-000001")
    package.add_argument("file", type=Path, help="where to write it; must not exist")
    verify = what.add_parser("verify", help="check a decrypted package against our keys")
    verify.add_argument("file", type=Path, help="the tar, as it is after decrypting")


def run(options: argparse.Namespace) -> int:
    """Do it; the exit status."""
    if options.what == "list":
        return _list()
    if options.what == "package":
        return _package(options.number, options.file)
    return _verify(options.file)


def _list() -> int:
    from tocsin.domain.referrals import queries

    rows, total = queries.referrals()
    for one in rows:
        answer = one.answer.value if one.answer else "-"
        print(f"{one.number}  {one.item_number}  {one.state:<16} {answer:<14} {one.party_name}")
    print(f"{len(rows)} of {total} referrals.")
    return 0


def _package(number: str, file: Path) -> int:
    from tocsin.domain.referrals import actions
    from tocsin.domain.referrals.types import ReferralRefused, UnknownReferral

    try:
        text, ending = actions.package_again(number=number, at=datetime.now(UTC))
    except (UnknownReferral, ReferralRefused) as error:
        raise Stop(str(error)) from error
    try:
        with file.open("x", encoding="ascii") as target:
            target.write(text)
    except OSError as error:
        raise Stop(f"{file} cannot be written: {error.strerror}.") from error
    print(f"{file} holds the package of {number}, encrypted ({ending}) for the police alone.")
    return 0


def _verify(file: Path) -> int:
    from tocsin.domain.referrals import queries
    from tocsin.domain.referrals.types import PackageDamaged

    try:
        names = queries.verify_package(file.read_bytes())
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}.") from error
    except PackageDamaged as error:
        print(f"{file} is not as we made it: {error}", file=sys.stderr)
        return 1
    print(f"{file} is whole and signed by us: {len(names)} files.")
    for name in names:
        print(f"  {name}")
    return 0

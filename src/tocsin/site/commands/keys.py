"""`tocsin keys`: issue and revoke keys of parties that check and report."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tocsin.site.commands import Stop

HELP = "issue, list and revoke the keys of providers and other parties"
NEEDS_DATABASE = True
TIERS = ["boolean", "action", "detail"]
OUTAGE_POLICIES = ["closed", "hold", "open-and-recheck"]
_PRIVATE = {None: None, "yes": True, "no": False}
KINDS = ["provider", "hotline", "police", "regulator"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """`issue`, `list` or `revoke`."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    issue = acts.add_parser("issue", help="make a key and print its secret, once")
    issue.add_argument("--party", required=True, metavar="NAME", help="made when it is new")
    issue.add_argument("--kind", choices=KINDS, default="provider", help="of a new party")
    issue.add_argument("--contact", default="", metavar="EMAIL", help="of a new party")
    issue.add_argument("--tier", choices=TIERS, default="action", help="how much it is told")
    issue.add_argument("--test", action="store_true", help="asks the test lists only")
    issue.add_argument("--min-sources", type=int, default=1, metavar="N", help="to block")
    issue.add_argument("--radius", type=int, default=31, metavar="BITS", help="of a near match")
    issue.add_argument(
        "--outage-policy",
        choices=OUTAGE_POLICIES,
        required=True,
        help="what the party does with uploads while nothing can be checked: refuse them, keep "
        "them back, or let them through and check them later; stands in every receipt",
    )
    issue.add_argument("--per-second", type=float, default=50.0, metavar="N", help="requests")
    issue.add_argument("--burst", type=int, default=100, metavar="N", help="requests at once")
    issue.add_argument(
        "--private-delta",
        choices=["yes", "no"],
        help="may compare its digests with what is new, unseen (default: all tiers but boolean)",
    )
    acts.add_parser("list", help="show all parties and their keys, without secrets")
    revoke = acts.add_parser("revoke", help="stop a key; it works nowhere after a second")
    revoke.add_argument("key_id", metavar="KEY_ID")


def run(options: argparse.Namespace) -> int:
    """0 when done."""
    if options.act == "issue":
        return _issue(options)
    return _revoke(options.key_id) if options.act == "revoke" else _list()


def _issue(options: argparse.Namespace) -> int:
    from tocsin.base.accounts.actions import KeyTerms, TooManyKeys
    from tocsin.base.accounts.types import OutagePolicy, Tier
    from tocsin.base.audit.types import system
    from tocsin.domain.matching.actions import issue_provider_key
    from tocsin.domain.matching.types import ListsSeen, PolicyTerms, WrongPolicy

    if options.per_second <= 0 or options.burst < 1:
        raise Stop("--per-second and --burst must be above 0.")
    try:
        policy = PolicyTerms(
            lists=ListsSeen.TEST if options.test else ListsSeen.LIVE,
            min_sources=options.min_sources,
            near_radius_bits=options.radius,
            outage_policy=OutagePolicy(options.outage_policy),
            private_delta=_PRIVATE[options.private_delta],
        )
        issued = issue_provider_key(
            party_id=_party(options),
            terms=KeyTerms(Tier(options.tier), options.per_second, options.burst),
            policy=policy,
            actor=system("command-line"),
            at=datetime.now(UTC),
        )
    except (WrongPolicy, TooManyKeys) as error:
        raise Stop(str(error)) from error
    print(f"key id   {issued.key_id}")
    print(f"secret   {issued.secret}")
    print(f"bearer   {issued.bearer}")
    print("The secret is shown this once and kept nowhere.")
    return 0


def _party(options: argparse.Namespace) -> int:
    from tocsin.base.accounts.actions import make_party
    from tocsin.base.accounts.queries import party_names
    from tocsin.base.accounts.types import PartyKind
    from tocsin.base.audit.types import system

    known = {name: number for number, name in party_names().items()}
    if options.party in known:
        return known[options.party]
    return make_party(
        name=options.party,
        kind=PartyKind(options.kind),
        contact_email=options.contact,
        actor=system("command-line"),
        at=datetime.now(UTC),
    )


def _revoke(key_id: str) -> int:
    from tocsin.base.accounts.actions import revoke_key
    from tocsin.base.audit.types import system

    if not revoke_key(key_id=key_id, actor=system("command-line"), at=datetime.now(UTC)):
        raise Stop(f"There is no live key {key_id}; `tocsin keys list` shows those there are.")
    print(f"{key_id} is revoked.")
    return 0


def _list() -> int:
    from tocsin.base.accounts.queries import parties

    for party in parties():
        print(f"{party.name} ({party.kind})")
        for key in party.keys.all():
            state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "live"
            print(f"  {key.key_id}  {key.tier:<8} {key.per_second:g}/s  {state}")
    return 0

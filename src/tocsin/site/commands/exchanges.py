"""`tocsin exchanges`: other organisations' services: note one down, pull from it, see how it is."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.domain.exchanges.types import Counts

HELP = "pull lists from other organisations' services, and see how the pulls go"
NEEDS_DATABASE = True

KINDS = ("ncmec-v2", "stopncii-v1")
PURPOSES = ("illegal", "national_illegal", "exploitative", "victim_submitted", "other", "test")
ADDRESSES = {"stopncii-v1": "https://api.stopncii.org/v1"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand each."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = what.add_parser("add", help="note a service down; it is pulled from at once")
    add.add_argument("slug", help="a short name, as ncmec-industry")
    add.add_argument("--kind", choices=KINDS, required=True, help="what is spoken with it")
    add.add_argument("--url", default="", help="its address, up to before /v2 or /FetchHashes")
    add.add_argument("--purpose", choices=PURPOSES, help="what its lists say of their entries")
    add.add_argument("--source", required=True, help="the organisation behind it")
    add.add_argument("--environment", default="", help="as the service calls it, if it does")
    add.add_argument("--member", action="append", default=[], help="only this member's entries")
    add.add_argument("--since", default="", help="a date; nothing that changed before is fetched")
    what.add_parser("list", help="show every exchange and how its pulls go")
    for name, words in (
        ("pull", "pull until nothing is left to fetch"),
        ("off", "stop pulling; what came in goes on counting"),
        ("on", "pull again"),
        ("retry", "let a vote that could not be sent be tried again"),
    ):
        one = what.add_parser(name, help=words)
        one.add_argument("which", help="its number" if name == "retry" else "its short name")
    votes = what.add_parser("votes", help="send our votes to it, or none")
    votes.add_argument("which", help="its short name")
    votes.add_argument("send", choices=("on", "off"))
    votes.add_argument("--reason", default="", help="its own name of the reason for a vote against")
    members = what.add_parser("members", help="decide about members that were named first")
    members.add_argument("which", help="its short name")
    chosen = members.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--let-in", type=int, metavar="N", help="so many in all have lists")
    chosen.add_argument("--keep", type=int, metavar="N", help="those that have one, not these N")
    texts = what.add_parser("refused", help="why records were no entries, or their text")
    texts.add_argument("which", help="its short name")
    texts.add_argument("--window", type=int, help="write out the text of those of this window")


def run(options: argparse.Namespace) -> int:
    """0 done, 1 when a pull did not go through; what cannot be done is told in words."""
    from tocsin.domain.exchanges import actions

    known = {"add": _add, "list": _list, "members": _members, "pull": _pull, "off": _switch,
             "on": _switch, "refused": _refused, "retry": _retry, "votes": _votes}  # fmt: skip
    try:
        return known[options.what](options)
    except (
        actions.BeingPulled, actions.ExchangeExists, actions.HoldLost, actions.NoSuchExchange,
        actions.PageLost, actions.WrongTerms,
    ) as error:  # fmt: skip
        raise Stop(str(error)) from error


def _add(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions
    from tocsin.domain.exchanges.types import ExchangeKind, ExchangeTerms
    from tocsin.domain.hashlists.types import Purpose

    purpose = options.purpose or ("victim_submitted" if options.kind == "stopncii-v1" else "")
    url = options.url or ADDRESSES.get(options.kind, "")
    if not purpose or not url:
        raise Stop("An exchange of this kind needs --url and --purpose.")
    kind = ExchangeKind(options.kind)
    terms = ExchangeTerms(
        slug=options.slug,
        kind=kind,
        base_url=url,
        purpose=Purpose(purpose),
        source=options.source,
        environment=options.environment,
        members=tuple(options.member),
        since=_since(options.since),
    )
    actions.add(terms=terms, actor=system("command line"), at=datetime.now(UTC))
    print(f"{options.slug} is noted down.")
    try:
        actions.keys_of(options.slug, kind)
    except actions.NoKey as error:
        print(error)
    return 0


def _since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Stop("--since takes a date, as 2026-01-31.") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _list(_: argparse.Namespace) -> int:
    from tocsin.domain.exchanges import queries
    from tocsin.domain.exchanges.types import SENTENCES

    views = queries.exchanges(at=datetime.now(UTC))
    for view in views:
        print(
            f"{view.slug:<20} {view.kind.value:<12} {view.state.value:<8} "
            f"up to {_moment(view.checkpoint)}  whole as of {_moment(view.complete_at)}  "
            f"last page {_moment(view.pulled_at)}  "
            f"next try {_moment(view.next_try_at)}  {len(view.lists)} lists"
        )
        if view.trouble:
            print(f"    {SENTENCES[view.trouble]} ({view.failures} failures in a row)")
        if view.members_named:
            print(
                f"    {view.members_named:,} members in all: tocsin exchanges members {view.slug} "
                f"--let-in {view.members_named}, or --keep {view.members_named} for those known."
            )
        if view.stale:
            print("    Not whole for thirty days: withdrawals since then are missing here.")
        if view.refused:
            records = sum(why.records for why in view.refused)
            print(f"    {records:,} records were no entries: tocsin exchanges refused {view.slug}")
        if not view.sends_votes:
            print("    Our votes are not sent.")
        if view.votes_waiting or view.votes_dead:
            print(f"    Votes: {view.votes_waiting} wait, {view.votes_dead} could not be sent.")
    for vote in queries.dead_votes():
        print(
            f"Vote {vote.id} ({vote.direction}) on entry {vote.entry_id} of {vote.exchange} could "
            f"not be sent: {SENTENCES[vote.trouble]} tocsin exchanges retry {vote.id}"
        )
    print(f"{len(views)} exchanges.")
    return 0


def _pull(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions, queries
    from tocsin.domain.exchanges.types import SENTENCES

    at, actor = datetime.now(UTC), system("command line")
    try:
        for done in actions.pull_until_caught_up(slug=options.which, actor=actor, at=at):
            print(_told(done.counts) if done.released else f"{done.pages} pages.")
    except actions.PullFailed as failure:
        print(SENTENCES[failure.trouble])
        for view in queries.exchanges(at=datetime.now(UTC)):
            if view.slug == options.which:
                print(f"It is tried again at {_moment(view.next_try_at)}; nothing is lost.")
        return 1
    return 0


def _told(counts: Counts) -> str:
    return (
        f"{counts.pages:,} pages, {counts.records:,} records: {counts.added:,} new entries, "
        f"{counts.changed:,} changed, {counts.superseded:,} superseded, "
        f"{counts.refused + counts.unreadable:,} refused, "
        f"{counts.left_out:,} fingerprints in the archive only."
    )


def _refused(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions, queries

    at = datetime.now(UTC)
    if options.window is not None:
        texts = actions.read_refused(
            slug=options.which, window_no=options.window, actor=system("command line"), at=at
        )
        sys.stdout.buffer.write(texts)
        return 0
    for view in queries.exchanges(at=at):
        if view.slug == options.which:
            for why in view.refused:
                print(f"{why.records:>8,}  {why.reason} (last: window {why.window_no})")
            return 0
    raise Stop(f"There is no exchange {options.which}.")


def _switch(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions

    act = actions.switch_off if options.what == "off" else actions.switch_on
    if not act(slug=options.which, actor=system("command line"), at=datetime.now(UTC)):
        raise Stop(f"{options.which} is {options.what} already.")
    print(f"{options.which} is {options.what}.")
    return 0


def _votes(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions

    actions.set_votes(
        slug=options.which,
        send=options.send == "on",
        reason=options.reason,
        actor=system("command line"),
        at=datetime.now(UTC),
    )
    print(f"Votes for {options.which} are {options.send}.")
    return 0


def _members(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions

    act = actions.keep_to_known_members if options.let_in is None else actions.let_members_in
    in_all = options.keep if options.let_in is None else options.let_in
    actor, at = system("command line"), datetime.now(UTC)
    if not act(slug=options.which, in_all=in_all, actor=actor, at=at):
        raise Stop(f"{options.which} does not wait with {in_all} members in all.")
    print(f"{options.which} is tried again.")
    return 0


def _retry(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.exchanges import actions

    if not options.which.isdigit() or not actions.revive_vote(
        vote_id=int(options.which), actor=system("command line"), at=datetime.now(UTC)
    ):
        raise Stop(f"Vote {options.which} does not wait for anybody.")
    print(f"Vote {options.which} is tried again.")
    return 0


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "-"

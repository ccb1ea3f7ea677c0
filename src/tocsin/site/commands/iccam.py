"""`tocsin iccam`: the exchange with ICCAM: connect it, see how it goes, tell something by hand."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.domain.iccam.types import StepView

HELP = "exchange reports and what was done about them with ICCAM"
NEEDS_DATABASE = True

ACTIONS = ("lea", "isp", "removed", "unavailable", "not-illegal")


def arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand each."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    connect = what.add_parser("connect", help="note the exchange down, or otherwise than before")
    connect.add_argument("url", help="its address, up to before /Authentication")
    connect.add_argument("--country", required=True, help="ours, as NL")
    connect.add_argument("--analyst", required=True, help="the name ICCAM knows our system by")
    connect.add_argument("--party", default="", help="the organisation its reports count for")
    connect.add_argument(
        "--files-abroad", action="store_true", help="report by itself what is hosted elsewhere"
    )
    for name, words in (
        ("state", "how it goes, and what waits"),
        ("pull", "do a round now: tell what waits, take in what is new"),
        ("on", "switch it on"),
        ("off", "switch it off; what is to be told waits"),
        ("reasons", "the reasons that go with unavailable and not-illegal"),
    ):
        what.add_parser(name, help=words)
    item = what.add_parser("item", help="everything told, or to be told, of an item")
    item.add_argument("number")
    say = what.add_parser("say", help="tell an action of an item by hand")
    say.add_argument("number", help="of the item, as T-2026-000001")
    say.add_argument("action", choices=ACTIONS)
    say.add_argument("--reason", type=int, default=0, help="see: tocsin iccam reasons")
    report = what.add_parser("file", help="report an item to another country's hotline")
    report.add_argument("number")
    report.add_argument("--country", required=True)
    report.add_argument("--ip", default="")
    report.add_argument("--organisation", default="")
    adopt = what.add_parser("adopt", help="tell which number a report of ours has over there")
    adopt.add_argument("step", type=int)
    adopt.add_argument("--report", type=int, required=True)
    adopt.add_argument("--content", type=int, required=True)
    for name, words in (
        ("revive", "try a step again that was given up"),
        ("pass-over", "do not tell a step; what is behind it goes on"),
    ):
        one = what.add_parser(name, help=words)
        one.add_argument("step", type=int)
        if name == "pass-over":
            one.add_argument("--why", required=True)


def run(options: argparse.Namespace) -> int:
    """0 done, 1 when a round did not go through; what cannot be done is told in words."""
    from tocsin.domain.iccam.types import NotConnected, StepRefused, WrongTerms
    from tocsin.domain.reports.types import UnknownItem

    known = {"connect": _connect, "state": _state, "pull": _pull, "on": _switch, "off": _switch,
             "reasons": _reasons, "item": _item, "say": _say, "file": _file, "adopt": _adopt,
             "revive": _revive, "pass-over": _pass_over}  # fmt: skip
    try:
        return known[options.what](options)
    except (NotConnected, StepRefused, WrongTerms, UnknownItem) as error:
        raise Stop(str(error)) from error


def _connect(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions
    from tocsin.domain.iccam.types import LinkTerms

    terms = LinkTerms(
        base_url=options.url,
        country=options.country,
        analyst=options.analyst,
        party_id=_party(options.party),
        files_abroad=options.files_abroad,
    )
    actions.connect(terms=terms, actor=system("command line"), at=datetime.now(UTC))
    print("ICCAM is noted down. Its keys stand in the folder of keys, in iccam.toml:")
    print('username = "…", password = "…", certificate = "….pem", key = "….pem"')
    return 0


def _state(_: argparse.Namespace) -> int:
    from tocsin.domain.iccam import queries
    from tocsin.domain.iccam.types import SENTENCES

    link = queries.link()
    if link is None:
        raise Stop("No exchange with ICCAM is noted down: tocsin iccam connect")
    print(f"{link.state.value}, whole as of {_moment(link.checkpoint)}")
    print(f"  next try {_moment(link.next_try_at)}")
    if link.trouble:
        print(f"  {SENTENCES[link.trouble]} ({link.failures} failures in a row)")
    print(f"  {link.reports:,} reports, {link.contents:,} addresses ({link.unusable:,} unusable)")
    print(f"  {link.waiting:,} steps wait, {link.dead:,} need somebody")
    for step in queries.dead_steps():
        print(f"  {_told(step)}")
    return 0


def _pull(_: argparse.Namespace) -> int:
    from tocsin.domain.iccam import actions, queries
    from tocsin.domain.iccam.types import SENTENCES

    done = actions.do_round(clock=lambda: datetime.now(UTC))
    if done is None:
        raise Stop("It is switched off, or another process is at it.")
    print(
        f"{done.new:,} new, {done.unusable:,} unusable, {done.sent:,} told, {done.failed:,} failed."
    )
    link = queries.link()
    if link is not None and link.trouble:
        print(SENTENCES[link.trouble])
        return 1
    return 0


def _switch(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions

    on = options.what == "on"
    if not actions.switch(on=on, actor=system("command line"), at=datetime.now(UTC)):
        raise Stop(f"It is {options.what} already, or not noted down.")
    print(f"The exchange is {options.what}.")
    return 0


def _reasons(_: argparse.Namespace) -> int:
    from tocsin.domain.iccam import codelists

    for code in codelists.codes("reasons"):
        print(f"{code.id:>3}  {code.name}")
    return 0


def _item(options: argparse.Namespace) -> int:
    from tocsin.domain.iccam import queries

    for step in queries.steps_of(options.number):
        print(_told(step))
    return 0


def _say(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions
    from tocsin.domain.iccam.types import ActionType, Reason, Told

    types = dict(zip(ACTIONS, ActionType, strict=True))
    at = datetime.now(UTC)
    try:
        reason = Reason(options.reason) if options.reason else None
        told = Told(types[options.action], at, reason)
    except ValueError:
        raise Stop(
            "unavailable and not-illegal need a --reason from tocsin iccam reasons; the others "
            "have none."
        ) from None
    count = actions.say(item_number=options.number, told=told, actor=system("command line"), at=at)
    print(f"Queued for {count} addresses." if count else "This was told, or queued, before.")
    return 0


def _file(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions

    actions.file_item(
        item_number=options.number,
        country=options.country.upper(),
        ip=options.ip,
        organisation=options.organisation,
        actor=system("command line"),
        at=datetime.now(UTC),
    )
    print("Queued.")
    return 0


def _adopt(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions

    if not actions.adopt(
        step_id=options.step,
        number=options.report,
        contents=options.content,
        actor=system("command line"),
        at=datetime.now(UTC),
    ):
        raise Stop("This step does not wait for a number.")
    print("Noted; what comes behind it goes on.")
    return 0


def _revive(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions

    if not actions.revive(step_id=options.step, actor=system("command line"), at=datetime.now(UTC)):
        raise Stop("This step does not wait for anybody.")
    print("It is tried again.")
    return 0


def _pass_over(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.iccam import actions

    if not actions.pass_over(
        step_id=options.step,
        why=options.why,
        actor=system("command line"),
        at=datetime.now(UTC),
    ):
        raise Stop("This step is settled, or being told at this moment.")
    print("Passed over; what comes behind it goes on.")
    return 0


def _party(name: str) -> int | None:
    from tocsin.base.accounts import queries

    if not name:
        return None
    found = [number for number, known in queries.party_names().items() if known == name]
    if not found:
        raise Stop(f"There is no organisation {name} on file.")
    return found[0]


def _told(step: StepView) -> str:
    from tocsin.domain.iccam.types import SENTENCES

    what = f"{step.kind.value} {step.what}".strip()
    about = f"{step.item_number or '-'} (report {step.report_number or '-'})"
    return (
        f"step {step.id}: {what} of {about}: {step.state.value}. {SENTENCES[step.trouble]}".strip()
    )


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "-"

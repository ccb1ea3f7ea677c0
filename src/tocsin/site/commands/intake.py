"""`tocsin intake`: reports as other systems send them: files, mails, and who may send them."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.domain.intake.types import BatchView

HELP = "take in reports from other systems: CSV files, mails, web forms"
NEEDS_DATABASE = True

COMMANDS = ("report", "said_removed", "said_unavailable")


def arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand each."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    csv = what.add_parser("csv", help="take in a CSV file of URL;REFERER;WORKUSER;REFERENCE;…")
    csv.add_argument("file", help="its path, or - for what is piped in")
    csv.add_argument("--source", default="", help="whose lines these are, where they do not say")
    csv.add_argument("--party", default="", help="the organisation on file that sent it")
    csv.add_argument("--asks", choices=COMMANDS, default="report", help="what its lines are")
    what.add_parser("mail", help="read the mailbox that is set, once")
    folder = what.add_parser("mail-folder", help="take in every .eml file of a folder")
    folder.add_argument("folder")
    what.add_parser("list", help="show what came, and how many lines were refused")
    export = what.add_parser("export", help="print every line of a batch and what became of it")
    export.add_argument("batch", type=int, help="its number")
    sender = what.add_parser("sender", help="who may send commands by mail")
    _sender_arguments(sender)
    form = what.add_parser("form", help="note a web form down whose answers come by mail")
    form.add_argument("name")
    form.add_argument("--subject", required=True, help="how the subjects of its mails begin")
    form.add_argument("--source", default="")
    form.add_argument("--field", action="append", default=[], metavar="OURS=THEIRS")
    sign = what.add_parser("sign", help="ask a partner's key to sign its requests")
    sign.add_argument("key_id")
    sign.add_argument("name", help="a name of the signature key (keyid)")
    sign.add_argument("--public-key", default="", help="32 bytes of Ed25519 in base64")
    sign.add_argument("--remove", action="store_true", help="this one counts no more")


def _sender_arguments(parser: argparse.ArgumentParser) -> None:
    does = parser.add_subparsers(dest="does", required=True, metavar="WHAT")
    add = does.add_parser("add", help="take commands from an address")
    add.add_argument("address")
    add.add_argument("--name", required=True, help="whose it is")
    add.add_argument("--source", default="")
    add.add_argument("--party", default="", help="the organisation on file behind it")
    add.add_argument("--may-say-gone", action="store_true", help="..CONTENTREMOVED too")
    add.add_argument(
        "--no-proof", action="store_true", help="take its From line for true: anybody can write it"
    )
    does.add_parser("list", help="show the senders")
    remove = does.add_parser("remove", help="take no more from it")
    remove.add_argument("number", type=int)


def run(options: argparse.Namespace) -> int:
    """0 done, 1 when lines or mails were refused; what cannot be done is told in words."""
    from tocsin.domain.intake import actions
    from tocsin.domain.intake.types import IntakeRefused, SenderRefused, UnknownBatch

    known = {"csv": _csv, "mail": _mail, "mail-folder": _folder, "list": _list, "export": _export,
             "sender": _sender, "form": _form, "sign": _sign}  # fmt: skip
    try:
        return known[options.what](options)
    except (IntakeRefused, SenderRefused, UnknownBatch, actions.MailboxFailed) as error:
        raise Stop(str(error)) from error


def _csv(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.intake import actions
    from tocsin.domain.intake.types import Command, Origin, Way

    try:
        raw = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as error:
        raise Stop(f"The file cannot be read: {error.strerror}.") from error
    origin = Origin(
        Way.FILE, Command(options.asks), source=options.source, party_id=_party(options.party)
    )
    view = actions.take_in(
        raw=raw, origin=origin, actor=system("command line"), at=datetime.now(UTC)
    )
    print(_told(view))
    _print_refused(view.id)
    return 1 if _refused(view) else 0


def _mail(_: argparse.Namespace) -> int:
    from django.conf import settings

    from tocsin.domain.intake import actions

    if settings.TOCSIN_INTAKE_MAILBOX is None:
        raise Stop("No mailbox is set: TOCSIN_INTAKE_IMAP_HOST.")
    done = actions.read_mailbox(box=settings.TOCSIN_INTAKE_MAILBOX, at=datetime.now(UTC))
    return _tell_of(done)


def _folder(options: argparse.Namespace) -> int:
    from tocsin.domain.intake import actions

    folder = Path(options.folder)
    if not folder.is_dir():
        raise Stop("There is no such folder.")
    files = sorted(folder.glob("*.eml"))
    at = datetime.now(UTC)
    return _tell_of([actions.take_in_mail(raw=file.read_bytes(), at=at) for file in files])


def _tell_of(done: list[BatchView]) -> int:
    for view in done:
        print(_told(view))
    print(f"{len(done)} mails.")
    return 1 if any(view.why or _refused(view) for view in done) else 0


def _list(_: argparse.Namespace) -> int:
    from tocsin.domain.intake import queries

    for view in queries.batches():
        print(f"{view.at:%Y-%m-%d %H:%M} UTC  {_told(view)}")
    waiting = len(queries.for_a_person())
    if waiting:
        print(f"{waiting} without an address wait for somebody to read them: see the console.")
    return 0


def _export(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.intake import actions

    text = actions.export(
        batch_id=options.batch, actor=system("command line"), at=datetime.now(UTC)
    )
    sys.stdout.buffer.write(text.encode())
    return 0


def _sender(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.intake import actions, queries
    from tocsin.domain.intake.types import SenderTerms

    actor, at = system("command line"), datetime.now(UTC)
    if options.does == "list":
        for one in queries.senders():
            told = one.terms
            proof = "proof needed" if told.needs_proof else "From line taken for true"
            gone = ", may say that something is gone" if told.may_say_gone else ""
            print(f"{one.id:>4}  {told.address}  {told.name}  {proof}{gone}")
        return 0
    if options.does == "remove":
        if not actions.remove_sender(sender_id=options.number, actor=actor, at=at):
            raise Stop(f"There is no sender {options.number} in use.")
        print("Its mails are refused from now on.")
        return 0
    terms = SenderTerms(
        address=options.address,
        name=options.name,
        source=options.source,
        party_id=_party(options.party),
        needs_proof=not options.no_proof,
        may_say_gone=options.may_say_gone,
    )
    print(f"Sender {actions.add_sender(terms=terms, actor=actor, at=at)} is on file.")
    _warn(options.no_proof)
    return 0


def _warn(no_proof: bool) -> None:
    from django.conf import settings

    if no_proof:
        print("Anybody who writes this address into a From line can now send reports in its name.")
    elif not settings.TOCSIN_INTAKE_AUTHSERV:
        print(
            "Its mails are refused until TOCSIN_INTAKE_AUTHSERV names our own mail server, whose "
            "findings on DKIM and DMARC prove the sender."
        )


def _form(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.intake import actions
    from tocsin.domain.intake.types import FormTerms

    fields = dict(one.partition("=")[::2] for one in options.field)
    terms = FormTerms(options.name, options.subject, options.source, fields)
    actions.add_form(terms=terms, actor=system("command line"), at=datetime.now(UTC))
    print(f"Mails whose subject begins with “{options.subject}” are read as this form.")
    return 0


def _sign(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.intake import actions, queries

    actor, at = system("command line"), datetime.now(UTC)
    if options.remove:
        if not actions.remove_signature_key(
            key_id=options.key_id, name=options.name, actor=actor, at=at
        ):
            raise Stop("There is no signature key of that name in use.")
    else:
        actions.add_signature_key(
            key_id=options.key_id,
            name=options.name,
            public_key=options.public_key,
            actor=actor,
            at=at,
        )
    must = "must sign" if queries.signature_keys(options.key_id) else "need not sign"
    print(f"Reports of {options.key_id} {must}.")
    return 0


def _party(name: str) -> int | None:
    from tocsin.base.accounts import queries

    if not name:
        return None
    found = [number for number, known in queries.party_names().items() if known == name]
    if not found:
        raise Stop(f"There is no organisation {name} on file.")
    return found[0]


def _told(view: BatchView) -> str:
    from tocsin.domain.intake.types import SENTENCES

    head = f"Batch {view.id} ({view.way}, {view.command})"
    if view.why:
        return f"{head}: refused. {SENTENCES[view.why]}"
    counts = ", ".join(f"{n:,} {state.value}" for state, n in sorted(view.counts.items()))
    again = " It was here before: nothing was counted again." if view.again else ""
    return f"{head}: {view.lines:,} lines: {counts}.{again}"


def _refused(view: BatchView) -> int:
    from tocsin.domain.intake.types import LineState

    return view.counts.get(LineState.REFUSED, 0)


def _print_refused(batch_id: int) -> None:
    from tocsin.domain.intake import queries
    from tocsin.domain.intake.types import SENTENCES, LineState

    for line in queries.lines(batch_id, states=[LineState.REFUSED], limit=20):
        # The line's number and not its words: a terminal keeps what it has shown.
        print(f"  line {line.number}: {SENTENCES[line.why]}")

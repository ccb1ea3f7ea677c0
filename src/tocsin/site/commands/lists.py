"""`tocsin lists`: what lists there are; take one in from a file; release or give up an import."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tocsin.site.commands import Stop
from tocsin.site.telling_imports import Bar, PlainLines, refusal_lines, report_lines

HELP = "show lists, take one in from a file, release or give up an import, convert a file, lint"
NEEDS_DATABASE = True

PURPOSES = ("illegal", "national_illegal", "exploitative", "victim_submitted", "benign_allow",
            "test", "other")  # fmt: skip
FORMATS = ("native", "csv", "vics", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper")
WRITTEN = ("native", "vics-1.3", "vics-2.0", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper",
           "csv", "same")  # fmt: skip
_SHOWN_WAITING = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand each."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    what.add_parser("show", help="show every list")
    runs = what.add_parser("imports", help="show imports, newest first")
    runs.add_argument("--list", dest="slug", help="of this list only")
    make = what.add_parser("make", help="make an empty list")
    make.add_argument("slug", help="its short name, as police-nl")
    make.add_argument("--name", help="its full name")
    _add_terms(make, required=True)
    _add_import(what.add_parser("import", help="take entries in from a file"))
    _add_convert(what.add_parser("convert", help="write a list file in another format"))
    for name, words in (
        ("release", "let a whole import that was not released count"),
        ("discard", "give up an import that is not released"),
    ):
        what.add_parser(name, help=words).add_argument("run", type=int, help="its number")
    read = what.add_parser("archive", help="write out the text an import was made from")
    read.add_argument("run", type=int, help="the import's number")
    read.add_argument("--out", type=Path, required=True, help="a new file for it")
    lint = what.add_parser("lint", help="look for entries that are known to be benign, now")
    lint.add_argument("--list", dest="slug", help="on this list only")
    waits = what.add_parser("quarantine", help="show what the lint set aside")
    waits.add_argument("--list", dest="slug", help="of this list only")
    sets = what.add_parser("sets", help="show the known-good sets that the lint asks")
    change = sets.add_mutually_exclusive_group()
    change.add_argument("--without", metavar="SET", help="go on without a damaged one")
    change.add_argument(
        "--confirm", metavar="SET", help="let one that waits set aside what it knows"
    )
    change.add_argument("--ask", metavar="SET", help="ask one again that was left out")
    sets.add_argument(
        "--reason", default="", help="with --without or --confirm: a few words, kept in the audit"
    )
    pull = what.add_parser("wordpress", help="known-good sets of wordpress.org's own checksums")
    pull.add_argument("--release", action="append", metavar="VERSION", help="else those on offer")
    pull.add_argument(
        "--plugin", action="append", default=[], metavar="NAME", help="and a plugin's"
    )
    pull.add_argument("--no-releases", action="store_true", help="the plugins alone")
    withdraw = what.add_parser("withdraw", help="let one entry stop matching, at once")
    withdraw.add_argument("entry", type=int, help="its number")
    withdraw.add_argument("--reason", required=True, help="a few words, kept in the audit")


def run(options: argparse.Namespace) -> int:
    """0 done, 1 when lines were refused; what cannot be done is told in words."""
    from tocsin.domain.hashlists import actions

    known = {
        "show": _show, "imports": _imports, "make": _make, "import": _import,
        "release": _release, "discard": _discard, "archive": _archive, "withdraw": _withdraw,
        "convert": _convert,
        "lint": _lint, "quarantine": _quarantine, "sets": _sets, "wordpress": _wordpress,
    }  # fmt: skip
    try:
        return known[options.what](options)
    except (
        actions.ArchiveFailed, actions.ArchiveUnreadable, actions.DatabaseBusy, actions.DiskFull,
        actions.HoldLost, actions.ImportInProgress, actions.ListExists, actions.NoSuchEntry,
        actions.NoSuchList, actions.NoSuchRun, actions.NotImportable, actions.NotReady,
        actions.UnusableFile, actions.WrongMapping, actions.WrongSet, actions.NoSuchKnownSet,
        actions.SetIsWell, actions.WordsNeeded,
    ) as error:  # fmt: skip
        raise Stop(str(error)) from error


def _add_terms(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--purpose", choices=PURPOSES, required=required, help="what it says")
    parser.add_argument("--source", required=required, help="the organisation it comes from")
    parser.add_argument("--environment", default="", help="as the source calls it, if it does")
    parser.add_argument(
        "--derived-from", action="append", default=[], help="a list that this one re-shares"
    )


def _add_import(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--list", dest="slug", required=True, help="the list's short name")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen")
    parser.add_argument("--no-release", action="store_true", help="leave it invisible for now")
    parser.add_argument(
        "--release-broken",
        action="store_true",
        help="let a document count as far as it is whole, though it stops before its end",
    )
    parser.add_argument("--report", type=Path, help="a file for every refused line")
    _add_terms(parser, required=False)


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a list in one of the formats")
    parser.add_argument("--format", choices=FORMATS, default="", help="else it is told by itself")
    parser.add_argument(
        "--mapping", type=Path, help="what columns or categories mean; see docs/lists/formats.md"
    )


def _add_convert(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--to", choices=WRITTEN, required=True, help="csv is a table for people")
    parser.add_argument("--out", type=Path, required=True, help="a new file for it")


def _show(options: argparse.Namespace) -> int:
    from tocsin.domain.hashlists import queries

    views = queries.lists()
    for view in views:
        last = f"{view.last_release_at:%Y-%m-%d %H:%M}" if view.last_release_at else "-"
        print(
            f"{view.number:>4}  {view.slug:<20} {view.purpose.value:<17} {view.entries:>12,} "
            f"entries  released {last}  {view.source}"
        )
    print(f"{len(views)} lists.")
    return 0


def _imports(options: argparse.Namespace) -> int:
    from tocsin.domain.hashlists import queries

    for view in queries.runs(options.slug):
        print(
            f"{view.id:>4}  {view.list_slug:<20} {view.state.value:<10} "
            f"{view.started_at:%Y-%m-%d %H:%M}  {view.added:,} new, {view.changed:,} changed, "
            f"{view.unchanged:,} unchanged, {view.refused:,} refused, {view.older:,} older  "
            f"{view.file_name}"
        )
        if view.broken:
            print(f"      stopped: {view.broken}")
    return 0


def _make(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions
    from tocsin.domain.hashlists.types import Purpose

    number = actions.make_list(
        slug=options.slug,
        name=getattr(options, "name", None) or options.slug,
        purpose=Purpose(options.purpose),
        source=options.source,
        environment=options.environment,
        derived_from=options.derived_from,
        actor=system("command line"),
        at=datetime.now(UTC),
    )
    print(f"List {number} is there: {options.slug}.")
    return 0


def _import(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions, queries
    from tocsin.domain.hashlists.types import ImportRequest

    if not any(view.slug == options.slug for view in queries.lists()):
        if not options.purpose or not options.source or options.dry_run:
            raise Stop(
                f"There is no list {options.slug}. Make it first: "
                f"tocsin lists make {options.slug} --purpose … --source …"
            )
        _make(options)
    tell = Bar() if sys.stderr.isatty() else PlainLines()
    report = actions.import_file(
        request=ImportRequest(
            path=options.file,
            list_slug=options.slug,
            mapping_path=options.mapping,
            dry_run=options.dry_run,
            release=not options.no_release,
            report_path=options.report,
            format=options.format,
            release_broken=options.release_broken,
        ),
        actor=system("command line"),
        at=datetime.now(UTC),
        progress=tell,
    )
    tell.end()
    for line in report_lines(report, options):
        print(line)
    return 1 if report.refused else 0


def _convert(options: argparse.Namespace) -> int:
    from tocsin.domain.hashlists import actions

    report = actions.convert(
        actions.ConvertRequest(
            path=options.file,
            out=options.out,
            to=options.to,
            format=options.format,
            mapping_path=options.mapping,
        )
    )
    print(
        f"{options.file} is {report.told}: {report.written:,} {report.unit}s are in {options.out}, "
        f"{report.refused:,} could not be written."
    )
    for line in refusal_lines(
        report.first_refusals, report.refused, report.unit, "they are in the file only"
    ):
        print(line)
    if report.broken:
        print(f"The document stops before its end: {report.broken}.")
    return 1 if report.refused or report.broken else 0


def _release(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions

    change = actions.release(run_id=options.run, actor=system("command line"), at=datetime.now(UTC))
    told = "nothing in it was new" if change is None else f"as change {change}"
    print(f"Import {options.run} counts, {told}.")
    return 0


def _discard(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions

    if not actions.discard(run_id=options.run, actor=system("command line"), at=datetime.now(UTC)):
        raise Stop(f"Import {options.run} is not open: it was released or given up before.")
    print(f"Import {options.run} is given up; what it brought is never seen.")
    return 0


def _archive(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions

    pieces = actions.read_archive(
        run_id=options.run, actor=system("command line"), at=datetime.now(UTC)
    )
    try:
        with options.out.open("xb") as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise Stop(f"{options.out} cannot be written: {error.strerror}.") from error
    except actions.ArchiveUnreadable:
        options.out.unlink()
        raise
    print(f"The text of import {options.run} is in {options.out}. Delete it after use.")
    return 0


def _lint(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions, queries

    if options.slug and not any(view.slug == options.slug for view in queries.lists()):
        raise Stop(f"There is no list {options.slug}.")
    done = actions.lint_list(
        options.slug, actor=system("command line"), clock=partial(datetime.now, UTC)
    )
    print(
        f"{done.looked:,} entries gone over: {done.quarantined:,} set aside now, "
        f"{done.noted:,} noted, {done.muted:,} muted in part or not any more."
    )
    if done.quarantined:
        print("Somebody must decide about them: tocsin lists quarantine, or the console.")
    return 0


def _quarantine(options: argparse.Namespace) -> int:
    from tocsin.domain.hashlists import queries

    groups = queries.quarantine_groups(options.slug)
    for group in groups:
        by = f"by {group.known_set}" if group.known_set else ""
        print(
            f"{group.entries:>10,}  {group.list_slug:<20} {group.reason.value:<14} "
            f"since {group.since:%Y-%m-%d}  {by}"
        )
    for view in queries.quarantined(options.slug, limit=_SHOWN_WAITING):
        bits = f" within {view.bits} bits" if view.bits is not None else ""
        print(
            f"  entry {view.entry_id}: {view.reason.value}{bits} "
            f"{view.known_set} {view.source}".rstrip()
        )
    waiting = queries.waiting_entries(options.slug)
    print(f"{waiting:,} entries wait in quarantine; the console decides about them.")
    return 0


def _sets(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions, queries

    actor, at = system("command line"), datetime.now(UTC)
    if options.without:
        actions.go_on_without_set(name=options.without, words=options.reason, actor=actor, at=at)
    elif options.confirm:
        actions.confirm_set(name=options.confirm, words=options.reason, actor=actor, at=at)
    elif options.ask:
        actions.ask_set_again(name=options.ask, actor=actor, at=at)
    views = queries.known_sets()
    for view in views:
        print(f"{view.name:<20} {view.state.value:<9} {view.trouble or view.words}".rstrip())
    return 1 if any(view.state.value in {"damaged", "missing", "waits"} for view in views) else 0


def _wordpress(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions

    try:
        pulled = actions.pull_wordpress(
            puller=actions.Puller(),
            releases=None if options.no_releases else options.release or (),
            plugins=options.plugin,
            actor=system("command line"),
            at=datetime.now(UTC),
        )
    except (actions.NotPulled, actions.WrongSet) as error:
        raise Stop(str(error)) from error
    print(f"{len(pulled.fresh)} new lists; {pulled.refused} lines of them could not be read.")
    for name, files in pulled.sets.items():
        print(f"{name}: {files:,} files. The lists are gone over within a minute.")
    return 0


def _withdraw(options: argparse.Namespace) -> int:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions

    if not actions.withdraw_entry(
        entry_id=options.entry,
        reason=options.reason,
        actor=system("command line"),
        at=datetime.now(UTC),
    ):
        raise Stop(f"Entry {options.entry} did not count any more.")
    print(f"Entry {options.entry} stops matching within a second.")
    return 0

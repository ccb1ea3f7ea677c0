"""`tocsin lists`: what lists there are; take one in from a file; release or give up an import."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.hashlists.types import ImportReport, Progress, Refusal

HELP = "show lists, take one in from a file, release or give up an import, convert a file, lint"
NEEDS_DATABASE = True

PURPOSES = ("illegal", "national_illegal", "exploitative", "victim_submitted", "benign_allow",
            "test", "other")  # fmt: skip
FORMATS = ("native", "csv", "vics", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper")
WRITTEN = ("native", "vics-1.3", "vics-2.0", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper",
           "csv", "same")  # fmt: skip
_BAR_CELLS = 30
_SHOWN_WAITING = 20
_PLAIN_LINE_SECONDS = 10.0


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
        "lint": _lint, "quarantine": _quarantine,
    }  # fmt: skip
    try:
        return known[options.what](options)
    except (
        actions.ArchiveFailed, actions.ArchiveUnreadable, actions.DatabaseBusy, actions.HoldLost,
        actions.ImportInProgress, actions.ListExists, actions.NoSuchEntry, actions.NoSuchList,
        actions.NoSuchRun, actions.NotImportable, actions.NotReady, actions.UnusableFile,
        actions.WrongMapping, actions.WrongSet,
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
            f"{view.unchanged:,} unchanged, {view.refused:,} refused  {view.file_name}"
        )
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
    tell = _Bar() if sys.stderr.isatty() else _PlainLines()
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
    _tell_report(report, options)
    return 1 if report.refused else 0


def _tell_report(report: ImportReport, options: argparse.Namespace) -> None:
    if report.run_id is None:
        print("Dry run: nothing was written.")
    else:
        again = ", gone on with where it had stopped" if report.resumed else ""
        print(f"Import {report.run_id} into {report.list_slug}{again}.")
    print(
        f"{report.lines:,} {report.unit}s: {report.added:,} new entries, "
        f"{report.changed:,} changed, {report.unchanged:,} unchanged, "
        f"{report.duplicates:,} repeated in the file, "
        f"{report.refused:,} refused."
    )
    if report.quarantined:
        print(
            f"{report.quarantined:,} are known to be benign or say too little: they are in "
            f"quarantine and do not count. See: tocsin lists quarantine --list {report.list_slug}"
        )
    if report.left_out:
        print(f"{report.left_out:,} fingerprints of other kinds are kept in the archive only.")
    where = f"all are in {options.report}" if options.report else "--report FILE gets them all"
    _tell_refusals(report.first_refusals, report.refused, report.unit, where)
    own = report.unit == "line" and not options.mapping and not options.format
    if report.refused == report.lines and report.lines and own:
        print("Not one line was of our own format. Columns need --mapping; see docs/lists.md.")
    if report.broken and report.state == "ready":
        print(
            "The document stops before its end, so nothing of it counts yet. Get it whole and "
            f"give this one up: tocsin lists discard {report.run_id}\n"
            f"Or let count what there is: tocsin lists release {report.run_id}"
        )
    elif options.no_release and report.run_id is not None:
        print(f"It does not count yet: tocsin lists release {report.run_id}")


def _tell_refusals(first: Sequence[Refusal], count: int, unit: str, where: str) -> None:
    for refusal in first:
        print(f"  {unit} {refusal.line:,}: {refusal.reason}")
    if count > len(first):
        print(f"  … {count - len(first):,} more; {where}.")


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
    _tell_refusals(report.first_refusals, report.refused, report.unit, "they are in the file only")
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
        f"{done.noted:,} noted."
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
    waiting = sum(group.entries for group in groups)
    print(f"{waiting:,} entries wait in quarantine; the console decides about them.")
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


def _told(progress: Progress) -> str:
    linted = f", {progress.linted:,} gone over" if progress.linted else ""
    return f"{progress.taken:,} taken, {progress.refused:,} refused{linted}"


class _Bar:
    """A bar on one line, for a person at a terminal."""

    def __call__(self, progress: Progress) -> None:
        part = progress.bytes_done / max(progress.bytes_total, 1)
        cells = "#" * int(part * _BAR_CELLS)
        sys.stderr.write(f"\r[{cells:<{_BAR_CELLS}}] {part:>4.0%}  {_told(progress)} ")
        sys.stderr.flush()

    def end(self) -> None:
        sys.stderr.write("\n")


class _PlainLines:
    """A line now and then, for a log."""

    def __init__(self) -> None:
        self._last = datetime.now(UTC)

    def __call__(self, progress: Progress) -> None:
        now = datetime.now(UTC)
        if (now - self._last).total_seconds() >= _PLAIN_LINE_SECONDS:
            self._last = now
            part = progress.bytes_done / max(progress.bytes_total, 1)
            print(f"{part:.0%}: {_told(progress)}")

    def end(self) -> None:
        return

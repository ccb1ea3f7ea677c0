"""Telling at a terminal how far an import is, and what came of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.domain.hashlists.types import ImportReport, Progress, Refusal

_BAR_CELLS = 30
_PLAIN_LINE_SECONDS = 10.0


def report_lines(report: ImportReport, options: argparse.Namespace) -> Iterator[str]:
    """What an import did, or would do, in the order of what matters to whoever ran it."""
    if report.run_id is None:
        yield ("Dry run: nothing was written.")
    else:
        again = ", gone on with where it had stopped" if report.resumed else ""
        yield (f"Import {report.run_id} into {report.list_slug}{again}.")
    yield (
        f"{report.lines:,} {report.unit}s: {report.added:,} new entries, "
        f"{report.changed:,} changed, {report.unchanged:,} unchanged, "
        f"{report.duplicates:,} repeated in the file, "
        f"{report.refused:,} refused."
    )
    yield from _kept_lines(report)
    yield from _doubted_lines(report)
    if report.left_out:
        yield (f"{report.left_out:,} fingerprints of other kinds are kept in the archive only.")
    where = f"all are in {options.report}" if options.report else "--report FILE gets them all"
    yield from refusal_lines(report.first_refusals, report.refused, report.unit, where)
    own = report.unit == "line" and not options.mapping and not options.format
    if report.refused == report.lines and report.lines and own:
        yield ("Not one line was of our own format. Columns need --mapping; see docs/lists.md.")
    if report.broken and report.state == "ready":
        yield (
            "The document stops before its end, so nothing of it counts yet. Get it whole and "
            f"give this one up: tocsin lists discard {report.run_id}\n"
            f"Or let count what there is: tocsin lists release {report.run_id}"
        )
    elif options.no_release and report.run_id is not None:
        yield (f"It does not count yet: tocsin lists release {report.run_id}")


def _kept_lines(report: ImportReport) -> Iterator[str]:
    if report.older:
        yield (
            f"{report.older:,} were said before what is known of their entries: an older delivery "
            "brings nothing back."
        )
    if report.unmatched:
        yield (
            f"{report.unmatched:,} are kept, not matched: no fingerprint of theirs is of a kind "
            "that is matched."
        )
    if report.unlinted:
        yield (
            f"{report.unlinted:,} match by PhotoDNA alone: no known-good check of them is possible."
        )


def _doubted_lines(report: ImportReport) -> Iterator[str]:
    if report.remembered:
        yield (
            f"{report.remembered:,} would come in held: a person found such an entry wrong, or it "
            "is doubted. See the page of held entries."
        )
    for name, silenced in report.braked.items():
        yield (
            f"The known-good set {name} would silence {silenced:,} of them, more than it may by "
            f"itself: nothing is released before somebody has said: tocsin lists sets --confirm "
            f"'{name}', or --without '{name}'."
        )
    if report.doubts:
        told = ", ".join(f"{n:,} {why.value}" for why, n in sorted(report.doubts.items()))
        yield (f"{report.quarantined:,} would go into quarantine: {told}.")
    elif report.quarantined:
        yield (
            f"{report.quarantined:,} are known to be benign or say too little: they are in "
            f"quarantine and do not count. See: tocsin lists quarantine --list {report.list_slug}"
        )


def refusal_lines(first: Sequence[Refusal], count: int, unit: str, where: str) -> Iterator[str]:
    """The first refused lines with their reasons, and where the others are."""
    for refusal in first:
        yield (f"  {unit} {refusal.line:,}: {refusal.reason}")
    if count > len(first):
        yield (f"  … {count - len(first):,} more; {where}.")


def _told(progress: Progress) -> str:
    linted = f", {progress.linted:,} gone over" if progress.linted else ""
    return f"{progress.taken:,} taken, {progress.refused:,} refused{linted}"


class Bar:
    """A bar on one line, for a person at a terminal."""

    def __call__(self, progress: Progress) -> None:
        part = progress.bytes_done / max(progress.bytes_total, 1)
        cells = "#" * int(part * _BAR_CELLS)
        sys.stderr.write(f"\r[{cells:<{_BAR_CELLS}}] {part:>4.0%}  {_told(progress)} ")
        sys.stderr.flush()

    def end(self) -> None:
        sys.stderr.write("\n")


class PlainLines:
    """A line now and then, for a log."""

    def __init__(self) -> None:
        self._last = datetime.now(UTC)

    def __call__(self, progress: Progress) -> None:
        now = datetime.now(UTC)
        if (now - self._last).total_seconds() >= _PLAIN_LINE_SECONDS:
            self._last = now
            part = progress.bytes_done / max(progress.bytes_total, 1)
            sys.stdout.write(f"{part:.0%}: {_told(progress)}\n")

    def end(self) -> None:
        return

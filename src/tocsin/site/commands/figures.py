"""`tocsin figures`: the report of a period, as a table, CSV or JSON."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime

from tocsin.site.commands import Stop

HELP = "count a period: the half-year report, INHOPE's indicators, hosters"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """The first and last day, and how to print."""
    parser.add_argument("--from", dest="first", required=True, help="the first day, as 2026-01-01")
    parser.add_argument("--to", dest="last", required=True, help="the last day, counted too")
    parser.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help="how to print it"
    )


def run(options: argparse.Namespace) -> int:
    """Count and print; the exit status."""
    from tocsin.domain.figures import queries
    from tocsin.domain.figures.types import Period, WrongPeriod

    try:
        period = Period(_day(options.first), _day(options.last))
    except WrongPeriod as error:
        raise Stop(str(error)) from error
    report = queries.report(period, at=datetime.now(UTC))
    if options.format == "table":
        print(queries.as_table(report))
    else:
        write = queries.as_csv if options.format == "csv" else queries.as_json
        sys.stdout.write(write(report))
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Stop(f"{text} is no day: write it as 2026-01-31.") from error

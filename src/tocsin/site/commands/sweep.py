"""`tocsin sweep s3://BUCKET/PREFIX | FOLDER`: which of these stored objects are on a list."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.site import asking
from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from tocsin.site.checking.shown import Bar
    from tocsin.site.sweeping.report import Report
    from tocsin.site.sweeping.running import Sweep
    from tocsin.site.sweeping.types import Place, Row, SweptLists

HELP = (
    "Check what is stored in a bucket or a folder, and write a Parquet report. "
    "Exit status 0 nothing found, 1 found, 2 error."
)
NEEDS_DATABASE = False  # the index files, or a server, are enough

# Daft calls home when it is imported, Ray when it starts; both must find these before.
QUIET: Final = {
    "DAFT_ANALYTICS_ENABLED": "0",
    "SCARF_NO_ANALYTICS": "true",
    "DO_NOT_TRACK": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
}
_MEBI: Final = 1 << 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to sweep, whom to ask, where to write, and who does the work."""
    parser.add_argument("place", metavar="PLACE", help="s3://BUCKET/PREFIX, or a folder")
    parser.add_argument(
        "--report",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="new folder for the report, as Parquet files",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the report that is there already"
    )
    parser.add_argument(
        "--exact-only",
        action="store_true",
        help="fetch nothing: look up the MD5 hashes that the bucket's listing tells",
    )
    parser.add_argument(
        "--with-hashes", action="store_true", help="write the hashes of each object too"
    )
    asking.arguments(parser)
    parser.add_argument("--endpoint", default="", metavar="URL", help="a store other than AWS")
    parser.add_argument("--region", metavar="NAME", help="region of the bucket")
    parser.add_argument("--profile", default="", metavar="NAME", help="profile in ~/.aws")
    parser.add_argument(
        "--runner",
        default="local",
        metavar="RUNNER",
        help="local (default), ray for a Ray of this machine, or ray://HOST:PORT for a cluster",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument(
        "--max-mb",
        type=int,
        default=100,
        metavar="N",
        help="objects above this size get digests only (default: 100)",
    )


def run(options: argparse.Namespace) -> int:
    """Sweep, tell, and return the exit status."""
    os.environ.update(QUIET)
    try:
        from tocsin.site.sweeping.plan import Plan
        from tocsin.site.sweeping.report import Report, ReportUnusable
    except ImportError as error:
        raise Stop("sweeping needs more packages: pip install 'tocsin[sweep]'.") from error
    from tocsin.site.checking.types import CannotAsk
    from tocsin.site.sweeping.credentials import NoCredentials
    from tocsin.site.sweeping.running import Sweep
    from tocsin.site.sweeping.taking import Taking
    from tocsin.site.sweeping.types import CannotList, CannotRun

    _refuse_wrong(options)
    try:
        place = _place(options)
        lists = asking.lists(options)
        about = _about(options, place, lists)
        report = Report(
            options.report, about, resume=options.resume, with_hashes=options.with_hashes
        )
        taking = Taking(options.workers, options.max_mb * _MEBI, exact_only=options.exact_only)
        plan = Plan(place, taking, runner=options.runner, quiet=QUIET)
        _say(f"Asking the {lists.described}.")
        sweep = Sweep(place=place, lists=lists, plan=plan, exact_only=options.exact_only)
        return _tell(sweep, place, report)
    except (CannotAsk, CannotList, CannotRun, NoCredentials, ReportUnusable) as error:
        raise Stop(str(error)) from error


def _tell(sweep: Sweep, place: Place, report: Report) -> int:
    from tocsin.site.checking.shown import Bar
    from tocsin.site.sweeping.shown import Tally

    tally = Tally()
    for status, checked_by in report.statuses():
        tally.add(status, checked_by)
    if tally.objects:
        _say(f"Going on: {tally.objects} objects are in the report already.")
    bar = Bar(sys.stderr, None)
    for rows in sweep.waves(report.has):
        report.write(rows)
        for row in rows:
            tally.add(row.status, row.checked_by)
            _tell_of_find(row, place, bar)
        bar.show(tally.objects)
    bar.clear()
    print(tally.table(), flush=True)
    if sweep.broken_off is not None:
        _say(f"Broken off: {sweep.broken_off}")
        _say("Say the same with --resume to go on from here.")
    return tally.exit_status(complete=sweep.broken_off is None)


def _tell_of_find(row: Row, place: Place, bar: Bar) -> None:
    from tocsin.site.checking.shown import as_line
    from tocsin.site.checking.types import Result

    if row.known is None:
        return  # there may be millions, and the report names each
    stored = row.stored
    line = as_line(Result(place.named(stored.key), 0, stored.size_bytes, row.known))
    if line is not None:
        bar.clear()
        print(line)


def _refuse_wrong(options: argparse.Namespace) -> None:
    if options.workers < 1:
        raise Stop("--workers takes a number from 1.")
    if not 1 <= options.max_mb <= 2_048:
        raise Stop("--max-mb takes a number from 1 to 2048.")
    runner = options.runner
    if runner not in {"local", "ray"} and not runner.startswith("ray://"):
        raise Stop("--runner takes local, ray, or ray://HOST:PORT.")
    if not _is_bucket(options.place):
        if options.exact_only:
            raise Stop("--exact-only is for buckets: a folder tells no MD5 of its files.")
        if options.endpoint or options.region or options.profile:
            raise Stop("--endpoint, --region and --profile belong to s3://BUCKET/PREFIX.")


def _is_bucket(place: str) -> bool:
    return "://" in place


def _place(options: argparse.Namespace) -> Place:
    if not _is_bucket(options.place):
        from tocsin.site.sweeping.folder import folder_of

        return folder_of(options.place)
    from tocsin.site.sweeping.bucket import bucket_of
    from tocsin.site.sweeping.credentials import Profile

    profile = Profile(options.profile)
    bucket = bucket_of(
        options.place, profile=profile, endpoint=options.endpoint, region=options.region
    )
    profile.credentials()  # said at the start, not by each object
    return bucket


def _about(options: argparse.Namespace, place: Place, lists: SweptLists) -> dict[str, str]:
    """What two runs must have in common for the one to go on with the report of the other. Not the
    version of the lists, which grows all the time and stands in each row."""
    asked = f"server {options.server}" if options.server else f"{options.lists} lists"
    return {
        "place": place.text,
        "endpoint": options.endpoint,
        "lists": asked,
        "looked_at": "etag" if options.exact_only else "content",
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

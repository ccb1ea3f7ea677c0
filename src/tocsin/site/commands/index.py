"""`tocsin index`: what is in service on this machine, and building it again from the lists."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tocsin.site.commands import Stop

HELP = "show the index in service, or build it again from the lists"
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`status` or `rebuild`."""
    parser.add_argument("what", choices=["status", "rebuild"], help="what to do")


def run(options: argparse.Namespace) -> int:
    """0 when the index is usable (or was built), 1 when `status` found that it is not."""
    return _rebuild() if options.what == "rebuild" else _status()


def _status() -> int:
    from tocsin.domain.matching.queries import index_state

    state = index_state()
    if state.problem is not None:
        print(state.problem)
        return 1
    print(f"generation {state.generation}, built at {state.built_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"holds changes up to {state.change_no} of {state.last_change_no}")
    print(f"{state.waiting_changes} newer changes are carried beside it")
    for kind, count in sorted(state.fingerprints.items()):
        print(f"{kind:>10} {count:>14,}")
    return 0


def _rebuild() -> int:
    from tocsin.domain.matching.actions import build_index
    from tocsin.domain.matching.types import BuildBusy
    from tocsin.engine.index import PublishFailed

    try:
        report = build_index(at=datetime.now(UTC))
    except (BuildBusy, PublishFailed) as error:
        raise Stop(f"{error} The index that was in service still is.") from error
    print(
        f"Built generation {report.generation} from {report.entries:,} entries "
        f"in {report.seconds:.1f} s; every process opens it within a second."
    )
    return 0

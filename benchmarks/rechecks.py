"""How many looks a worker can decide on with 200,000 items under recheck. Nothing is fetched.

Usage: python -m benchmarks.rechecks [--items 200000] [--looks 3000] [--postgres]

On a fresh SQLite file in a temporary folder, or on a PostgreSQL that it starts itself: so many
items with a follow, a stay, a due clock and two rows of looks each, on 5,000 hosts. Then looks that
are due are taken from the clock and acted on as a worker does it, one after another in one process,
with a visit that answers at once: what is measured is all that we do around the fetching. A look in
ten finds something new, so that moves are made too. Kept in results/rechecks.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import zlib
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.import_list import own_postgres
from benchmarks.machine import keep, print_machine

HOSTS = 5_000
BATCH = 1_000
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
SLOWEST_INTERVAL_HOURS = 12


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--looks", type=int, default=3_000)
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-benchmark-")))
        os.environ["TOCSIN_DATA"] = str(folder / "data")
        os.environ["TOCSIN_DATABASE_URL"] = (
            stack.enter_context(own_postgres()) if asked.postgres else ""
        )
        os.environ["TOCSIN_LOG"] = "json"
        os.environ["TOCSIN_RECHECK_AT_ONCE"] = "0"
        os.environ["TOCSIN_ROUTING_URL"] = ""
        os.environ["TOCSIN_HOSTING_RECORDED"] = str(folder / "nothing")
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        _set_up()
        print_machine("django", "psycopg")
        database = "postgresql" if asked.postgres else "sqlite"
        _fill(asked.items)
        found = {"items": asked.items, **_looks(asked.looks), **_readings()}
        needed = asked.items / (SLOWEST_INTERVAL_HOURS * 3600)
        found["looks_a_second_needed_at_12_hours_each"] = round(needed, 2)
        for name, value in found.items():
            print(f"{database:<11} {name:<42} {value}")
    _keep(database, found)


def _set_up() -> None:
    import logging

    import django
    import structlog
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _fill(items: int) -> None:
    """All rows, in batches as an import writes them."""
    from tocsin.base.audit.types import system
    from tocsin.domain.visits import actions as visits

    visits.permit(basis="b", until=None, actor=system("benchmark"), at=NOW - timedelta(days=99))
    for first in range(0, items, BATCH):
        _batch(range(first, min(first + BATCH, items)))


def _batch(numbers: range) -> None:
    from django.db import transaction

    from tocsin.base.clock.models import Due
    from tocsin.domain.rechecks import rules
    from tocsin.domain.rechecks.models import Follow, Observation, Stay
    from tocsin.domain.reports.models import Finding, Item

    with transaction.atomic():
        rows = Item.objects.bulk_create([_item(n) for n in numbers])
        findings = Finding.objects.bulk_create(
            [Finding(item=row, kind="unlawful", ground="seen", by="user:1", at=NOW) for row in rows]
        )
        follows = Follow.objects.bulk_create(
            [
                Follow(
                    item=row,
                    finding_id=finding.pk,
                    host_digest=f"{n % HOSTS:064d}",
                    state="checking",
                    since=NOW - timedelta(days=20),
                    started_at=NOW - timedelta(days=20),
                    hot_at=NOW - timedelta(days=20),
                    looks=60,
                    resolved_at=NOW,
                )
                for n, row, finding in zip(numbers, rows, findings, strict=True)
            ]
        )
        Stay.objects.bulk_create(
            [
                Stay(
                    follow=follow,
                    opened_by="found",
                    asn=64500,
                    country="NL",
                    started_at=NOW - timedelta(days=20),
                    last_present_at=NOW - timedelta(hours=12),
                )
                for follow in follows
            ]
        )
        Observation.objects.bulk_create(
            [
                Observation(
                    follow=follow,
                    first_at=NOW - timedelta(days=days),
                    last_at=NOW - timedelta(days=days - 1),
                    times=30,
                    vantage="home",
                    agent="tocsin",
                    outcome=outcome,
                    standing=standing,
                )
                for follow in follows
                for days, outcome, standing in (
                    (20, "timeout", "cannot_tell"),
                    (19, "present", "present"),
                )
            ]
        )
        Due.objects.bulk_create(
            [
                Due(
                    kind=rules.LOOK,
                    subject=str(row.pk),
                    due_at=NOW + timedelta(seconds=n % (12 * 3600)),
                )
                for n, row in zip(numbers, rows, strict=True)
            ]
        )


def _item(n: int) -> Any:
    from tocsin.domain.hashlists.types import FingerprintValue, Kind
    from tocsin.domain.reports import sealed
    from tocsin.domain.reports.models import Item

    number = f"T-2026-{n:06d}"
    value = FingerprintValue(Kind.PDQ, n.to_bytes(32, "big"), 90)
    return Item(
        number=number,
        url_digest=f"{n:064d}",
        sealed_url=sealed.close(f"https://h{n % HOSTS}.example/{n}.jpg", context=f"item:{number}"),
        sealed_fingerprints=sealed.close_fingerprints(
            [value], context=f"item:{number}:fingerprints"
        ),
        state="unlawful",
        source="api",
        first_reported_at=NOW,
        last_reported_at=NOW,
        decided_at=NOW,
    )


def _looks(count: int) -> dict[str, float]:
    """Take what is due and act on it, as a worker's round does."""
    from tocsin.base.clock import actions as clock
    from tocsin.domain.visits import actions as visits

    cpu = time.process_time()
    took: list[float] = []
    taking: list[float] = []
    at = NOW
    with patch.object(visits, "visit", _visit):
        while len(took) < count:
            at += timedelta(seconds=30)
            started = time.perf_counter()
            batch = clock.take(at=at, worker="benchmark")
            taking.append((time.perf_counter() - started) / max(len(batch), 1))
            for taken in batch:
                started = time.perf_counter()
                clock.run(taken, at=at)
                if taken.kind == "rechecks.look":
                    took.append(time.perf_counter() - started)
    whole = statistics.fmean(took) + statistics.fmean(taking)
    return {
        "looks": len(took),
        "looks_a_second_one_process": round(1 / whole, 1),
        "look_cpu_ms_mean": round((time.process_time() - cpu) / len(took) * 1000, 2),
        "look_ms_median": round(statistics.median(took) * 1000, 2),
        "look_ms_p95": round(statistics.quantiles(took, n=20)[-1] * 1000, 2),
        "take_ms_each": round(statistics.fmean(taking) * 1000, 2),
    }


def _visit(*, url: str, vantage: Any, agent: Any, at: datetime, known: Any = ()) -> Any:
    from tocsin.domain.visits.types import ContentKind, Outcome, Place, SeenImage, Visit

    outcome = Outcome.GONE_404 if zlib.crc32(url.encode()) % 10 == 0 else Outcome.PRESENT
    image = SeenImage(0, Place.ITSELF, url, outcome, 200, known)
    return Visit(
        id=1,
        outcome=outcome,
        status=200,
        at=at,
        vantage=vantage,
        agent=agent,
        url=url,
        final_url=url,
        final_host="",
        kind=ContentKind.PICTURE,
        images=(image,) if outcome is Outcome.PRESENT else (),
    )


def _readings() -> dict[str, float]:
    """What pages and figures read."""
    from tocsin.domain.rechecks import queries
    from tocsin.domain.rechecks.models import Follow

    item_id = Follow.objects.order_by("-id").values_list("item_id", flat=True)[0]
    since = NOW - timedelta(days=100)
    spans = _ms(lambda: sum(1 for _ in queries.spans(since, NOW)))
    return {
        "one_item_ms": _ms(lambda: queries.follow(item_id)),
        "counts_ms": _ms(queries.counts),
        "page_of_the_uncertain_ms": _ms(queries.uncertain),
        "all_spans_seconds": round(spans / 1000, 2),
    }


def _ms(read: Any) -> float:
    started = time.perf_counter()
    read()
    return round((time.perf_counter() - started) * 1000, 1)


def _keep(database: str, found: dict[str, float]) -> None:
    path = Path(__file__).resolve().parent / "results" / "rechecks.json"
    before = json.loads(path.read_text("utf-8")) if path.exists() else {}
    keep("rechecks", {**before.get("result", {}), database: found}, "django", "psycopg")


if __name__ == "__main__":
    main()

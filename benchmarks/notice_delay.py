"""How long a notice takes from the decision until it has left, day and night.

Usage: python -m benchmarks.notice_delay [--findings 300] [--postgres]

On a fresh SQLite file in a temporary folder (what the house comes with), or on a PostgreSQL that it
starts itself, with the worker's own loop in a thread and letters going into a folder: findings are
recorded one after another, and then a burst of them at once. For each the time from the finding
until the mail transport has taken its notice is told: median, p95 and the longest. A third of the
hosts is on file, a third was found by machine, a third is on file with reading hours that are over,
which must make no difference. Kept in results/notice_delay.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from benchmarks.import_list import own_postgres
from benchmarks.machine import keep, print_machine

WAIT_SECONDS = 300.0
BASELINE = {"median_h": 6.5, "p90_h": 51.0, "max_h": 68.0}
"""Published default rules of the tool that Dutch hotlines use, re-computed over four weeks."""


@dataclass
class Clocked:
    """A mail server that notes when it took which notice."""

    name: str = "clocked"
    taken: dict[str, float] = field(default_factory=dict)

    def send(self, message: EmailMessage) -> str:
        self.taken[str(message["Message-ID"])] = time.monotonic()
        return "250 taken"


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=300)
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-benchmark-")))
        os.environ["TOCSIN_DATA"] = str(folder / "data")
        address = stack.enter_context(own_postgres()) if asked.postgres else ""
        os.environ["TOCSIN_DATABASE_URL"] = address
        os.environ["TOCSIN_LOG"] = "json"
        os.environ["TOCSIN_HOSTER_LOOKUP"] = "no"
        os.environ["TOCSIN_RECHECKS"] = "no"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        _set_up()
        print_machine("django", "psycopg")
        database = "postgresql" if asked.postgres else "sqlite"
        found = _measure(asked.findings)
        for name, value in found.items():
            print(f"{database:<11} {name:<34} {value}")
        print(f"{'baseline':<11} {'decision to notice, hours':<34} {BASELINE}")
    _keep(database, found)


def _set_up() -> None:
    import logging

    import django
    import structlog
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _keep(database: str, found: dict[str, float]) -> None:
    path = Path(__file__).parent / "results" / "notice_delay.json"
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))["result"] if path.exists() else {}
    keep("notice_delay", {**known, database: found}, "django", "psycopg")


def _measure(findings: int) -> dict[str, float]:
    from django.conf import settings

    from tests.domain.desk import hoster, person
    from tests.domain.takedown.scenes import contact, hosted
    from tocsin.base.clock.worker import work
    from tocsin.domain.hosters.types import Hours
    from tocsin.domain.hosting.types import ContactRole

    mail = Clocked()
    settings.TOCSIN_MAIL = mail
    now = datetime.now(UTC)
    hoster(now)
    # Its desk reads for one minute a day, which is over or to come.
    hoster(
        now,
        name="Night Host",
        places=("nighthost.example",),
        abuse_email="abuse@nighthost.example",
        hours=Hours("UTC", "00:00" if now.hour else "12:00", "00:01" if now.hour else "12:01"),
    )
    hosted(now, contact(ContactRole.HOSTER, "abuse@found.example"), host="img.found.example")
    anna = person("anna")
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(stop,), daemon=True)
    worker.start()
    try:
        # The first one waits for what a worker does on starting, and for the schema checker.
        _delays(mail, anna, range(findings, findings + 1), apart=0.0)
        single = _delays(mail, anna, range(findings // 10), apart=0.5)
        burst = _delays(mail, anna, range(findings // 10, findings), apart=0.0)
    finally:
        stop.set()
        worker.join(30)
    return {
        **{f"one_by_one_{name}": value for name, value in _told(single).items()},
        **{f"burst_of_{len(burst)}_{name}": value for name, value in _told(burst).items()},
    }


def _delays(mail: Clocked, anna: Any, numbers: range, *, apart: float) -> list[float]:
    from tests.domain.desk import found, picture, report
    from tocsin.domain.takedown.models import Notice

    hosts = ("img.bighost.example", "img.nighthost.example", "img.found.example")
    decided: dict[str, float] = {}
    for n in numbers:
        at = datetime.now(UTC)
        url = f"https://{hosts[n % 3]}/{n}.jpg"
        item = report(at, url, fingerprints=picture(f"p{n}"))
        found(item, anna, datetime.now(UTC))
        decided[item] = time.monotonic()
        time.sleep(apart)
    until = time.monotonic() + WAIT_SECONDS
    ids: dict[str, str] = {}
    while time.monotonic() < until:
        rows = Notice.objects.filter(item_number__in=list(decided)).exclude(message_id="")
        ids = dict(rows.values_list("item_number", "message_id"))
        if len(ids) == len(decided) and all(one in mail.taken for one in ids.values()):
            break
        time.sleep(0.2)
    lost = [item for item in decided if ids.get(item) not in mail.taken]
    if lost:
        raise SystemExit(f"{len(lost)} notices did not leave in {WAIT_SECONDS:.0f} s")
    return [mail.taken[ids[item]] - at for item, at in decided.items()]


def _told(delays: list[float]) -> dict[str, float]:
    p95 = statistics.quantiles(delays, n=20)[18]
    return {
        "median_s": round(statistics.median(delays), 2),
        "p95_s": round(p95, 2),
        "max_s": round(max(delays), 2),
    }


if __name__ == "__main__":
    main()

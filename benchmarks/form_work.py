"""What the public form's proof of work costs a browser and us, and an hour of a flood of reports.

Usage: python -m benchmarks.form_work [--forms 1200] [--keep]

Server: reading a token and checking work (once for each form), the slow hash of a receipt, and
forms sent one after the other over a fresh SQLite installation, as in the hour of a flood, the
last of them into the slow queue. Browser: the puzzles as the page solves them, in Chromium on this
machine, at each difficulty; a telephone takes several times as long. An attacker who hashes
outside a browser is measured with the same puzzles in Python's hashlib, on one core.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.machine import keep, print_machine

PACKAGES = ("argon2-cffi", "django")
ROUNDS = 2_000
SCRIPT = Path("src/tocsin/doors/public/static/public/public.js")
IN_THE_PAGE = """
async ([token, bits, puzzles]) => {
    const began = performance.now();
    await solve(token, bits, puzzles);
    return performance.now() - began;
}
"""


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=1_200)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="tocsin-benchmark-", ignore_cleanup_errors=True
    ) as folder:
        os.environ |= {"TOCSIN_DATA": folder, "TOCSIN_DOORS": "public"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        print_machine(*PACKAGES)
        _set_up()
        result = {"server": _server(), "flood": _flood(asked.forms), "browser": _browser()}
        if asked.keep:
            print(keep("form_work", result, *PACKAGES))


def _set_up() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _server() -> dict[str, float]:
    from tocsin.domain.reporters import sealed
    from tocsin.doors.public import tokens, work
    from tocsin.doors.public.tokens import Purpose

    at = datetime.now(UTC)
    made = tokens.make(Purpose.REPORT, bits=8, at=at)
    done = work.solve(made)
    hour = timedelta(hours=1)
    result = {
        "check_work_us": _median_us(lambda: work.is_done(made, done), ROUNDS),
        "refuse_work_us": _median_us(lambda: work.is_done(made, "1,2,3,4,5,6,7,8"), ROUNDS),
        "read_token_us": _median_us(
            lambda: tokens.read(made.text, Purpose.REPORT, lasts=hour, at=at), ROUNDS
        ),
        "receipt_hash_ms": _median_us(lambda: sealed.receipt_hash("0" * 16), 40) / 1_000,
    }
    for name, value in result.items():
        print(f"{name:<20} {value:>10,.2f}")
    return {name: round(value, 2) for name, value in result.items()}


def _flood(forms: int) -> dict[str, Any]:
    """So many forms within one hour by the clock, one after the other."""
    from tocsin.domain.reporters import actions
    from tocsin.domain.reporters.models import Conversation
    from tocsin.domain.reporters.types import Pace, Told
    from tocsin.domain.reports import queries as reports

    began_at = datetime.now(UTC)
    took: list[float] = []
    for n in range(forms):
        told = Told(urls=f"https://host{n % 97}.example/{n}.jpg")
        at = began_at + timedelta(seconds=3_600 * n / forms)
        began = time.perf_counter()
        form = actions.Form(f"{n:032x}", "en")
        actions.send(form=form, told=told, pace=Pace.QUICK, at=at)
        took.append(time.perf_counter() - began)
    paces = Counter(Conversation.objects.values_list("pace", flat=True))
    result = {
        "forms": forms,
        "quick": paces["quick"],
        "slow": paces["slow"],
        "items": reports.queue(limit=1).total,
        "median_ms": round(statistics.median(took) * 1_000, 1),
        "p95_ms": round(statistics.quantiles(took, n=20)[18] * 1_000, 1),
        "forms_a_second": round(forms / sum(took), 1),
    }
    print("flood:", ", ".join(f"{name} {value}" for name, value in result.items()))
    return result


def _browser() -> list[dict[str, float]]:
    from tocsin.doors.public import tokens, work
    from tocsin.doors.public.tokens import Purpose

    chromium = shutil.which("chromium")
    rows = []
    for bits in range(work.LEAST_BITS, work.MOST_BITS + 1):
        made = [tokens.make(Purpose.REPORT, bits=bits, at=datetime.now(UTC)) for _ in range(3)]
        row = {"bits": float(bits), "hashes": float(work.PUZZLES * 2**bits)}
        row["hashlib_s"] = statistics.median(_timed(partial(work.solve, one)) for one in made)
        if chromium is not None:
            row["chromium_s"] = statistics.median(_in_chromium(chromium, made, work.PUZZLES))
        rows.append({name: round(value, 2) for name, value in row.items()})
        print("work:", ", ".join(f"{name} {value:,.2f}" for name, value in row.items()))
    return rows


def _in_chromium(chromium: str, made: list[Any], puzzles: int) -> list[float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.route("http://localhost/", lambda route: route.fulfill(body="<title>x</title>"))
        page.goto("http://localhost/")
        page.add_script_tag(content=SCRIPT.read_text("utf-8"))
        asked = [[token.challenge, token.bits, puzzles] for token in made]
        took = [page.evaluate(IN_THE_PAGE, one) / 1_000 for one in asked]
        browser.close()
    return took


def _median_us(call: Callable[[], object], rounds: int) -> float:
    return statistics.median(_timed(call) for _ in range(rounds)) * 1e6


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

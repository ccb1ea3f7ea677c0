"""What a signed receipt costs whoever answers `/v2/checks`, singly and in batches.

Usage: python -m benchmarks.receipts [--rows 100000] [--seconds 4] [--keep]

The door is called in this process, without a server, over a fresh SQLite installation and a list
of random entries; nothing that is asked is listed. Requests with and without a receipt are asked in
turns, and processor time of the answering thread is what counts (medians), so that others on the
machine are not measured with it. The thread that brings receipts to the log runs as in a web
process. Then the parts alone: issuing, the flush of one second, the seal, a proof, verifying.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.check_throughput import Door, prepare
from benchmarks.machine import keep, print_machine

if TYPE_CHECKING:
    from tocsin.domain.receipts.issuing import Issuer
    from tocsin.domain.receipts.types import Issued

BATCHES = (1, 1_000)
OF_ONE_SECOND = 1_000
PACKAGES = ("cryptography", "msgspec")


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="tocsin-benchmark-", ignore_cleanup_errors=True
    ) as folder:
        os.environ |= {"TOCSIN_DATA": folder, "TOCSIN_DOORS": "api"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        print_machine(*PACKAGES)
        door, _ = prepare(asked.rows, max(BATCHES))
        result = {"entries": asked.rows, "door": _door(door, asked.seconds), "parts": _parts()}
        if asked.keep:
            print(keep("receipts", result, *PACKAGES))


def _door(door: Door, seconds: float) -> list[dict[str, float]]:
    rows = []
    for size in BATCHES:
        items = json.loads(door.body)["items"][:size]
        plain, signed = (_asking(door, items, receipt=wanted) for wanted in (False, True))
        without, with_one = _in_turns(plain, signed, seconds)
        row = {
            "items": size,
            "without_us": without,
            "with_us": with_one,
            "more_us": with_one - without,
            "more_percent": 100 * (with_one / without - 1),
        }
        rows.append({name: round(value, 1) for name, value in row.items()})
        print(
            f"/v2/checks, {size:>5,} items   without {without:>10,.1f} µs   with "
            f"{with_one:>10,.1f} µs   {row['more_us']:>+9,.1f} µs ({row['more_percent']:+.1f} %)"
        )
    return rows


def _asking(door: Door, items: list[Any], *, receipt: bool) -> Callable[[], None]:
    from tocsin.site.dispatch import build

    app = build()
    body = json.dumps({"items": items, "receipt": receipt}).encode()

    def ask() -> None:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": door.path,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": door.authorization,
            "wsgi.input": io.BytesIO(body),
        }
        answer = b"".join(app(environ, _must_be_200))
        assert (b'"receipt":{' in answer) is receipt

    return ask


def _must_be_200(status: str, headers: object) -> None:
    if not status.startswith("200"):
        raise SystemExit(f"the door answered {status}")


def _in_turns(one: Callable[[], None], two: Callable[[], None], seconds: float) -> list[float]:
    """The median of each, in µs of processor time."""
    times: list[list[float]] = [[], []]
    for call in (one, two):
        call()
    until = time.perf_counter() + 2 * seconds
    while time.perf_counter() < until:
        for took, call in zip(times, (one, two), strict=True):
            began = time.thread_time()
            call()
            took.append((time.thread_time() - began) * 1e6)
    return [statistics.median(took) for took in times]


def _parts() -> dict[str, float]:
    from tests.domain.receipts.giving import give
    from tocsin.domain.receipts import actions, queries
    from tocsin.domain.receipts.issuing import Issuer
    from tocsin.domain.receipts.models import Batch
    from tocsin.engine import receipts

    at = datetime.now(UTC)
    issuer = Issuer.from_settings()
    # The receipts of the door, and whatever its thread has not brought yet.
    time.sleep(2)
    actions.seal_waiting()
    result = {"issue_one_us": _median_us(lambda: give(issuer, at), 2_000)}
    issuer.flush(at)
    given = [give(issuer, at) for _ in range(OF_ONE_SECOND)]
    result["flush_1000_receipts_ms"] = _once_ms(lambda: issuer.flush(at))
    result["seal_ms"] = _once_ms(actions.seal_waiting)
    actions.sign_head(at=at)
    last = given[-1]
    result["proof_ms"] = _median_us(lambda: queries.log_proof(last.id), 200) / 1e3
    public = receipts.read_keys(json.dumps(queries.key_set()))
    proof, now = queries.log_proof(last.id), at + timedelta(minutes=1)
    result["verify_signature_us"] = _median_us(
        lambda: receipts.open_receipt(last.jws, public, now=now), 1_000
    )
    result["verify_in_log_us"] = _median_us(
        lambda: receipts.prove_logged(last.jws, proof, public, now=now), 1_000
    )
    row = Batch.objects.get(pk=last.id.partition(".")[0])
    result |= {"receipt_bytes": len(last.jws), "log_bytes_each": len(row.leaves) / row.size}
    result["log_bytes_each_alone"] = _alone(issuer, at, give)
    result = {name: round(value, 2) for name, value in result.items()}
    for name, value in result.items():
        print(f"{name:<26} {value:>10,.2f}")
    return result


def _alone(issuer: Issuer, at: datetime, give: Callable[[Issuer, datetime], Issued]) -> float:
    """Bytes in the database for a second in which one receipt was given: the row, and its tile."""
    from django.db import connection

    from tocsin.domain.receipts import actions

    def size() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            return int(cursor.fetchone()[0]) * 4_096

    before, count = size(), 2_000
    for _ in range(count):
        give(issuer, at)
        issuer.flush(at)
    while actions.seal_waiting():
        pass
    return (size() - before) / count


def _median_us(call: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.thread_time()
        call()
        took.append((time.thread_time() - began) * 1e6)
    return statistics.median(took)


def _once_ms(call: Callable[[], object]) -> float:
    began = time.thread_time()
    call()
    return (time.thread_time() - began) * 1e3


if __name__ == "__main__":
    main()

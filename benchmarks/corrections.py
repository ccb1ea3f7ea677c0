"""How soon a flood is held and a correction arrives, and how fast hits are gone through.

Usage: python -m benchmarks.corrections [--hits 20000] [--postgres]

On a fresh SQLite file in a temporary folder, or on a PostgreSQL that it starts itself, with the
worker's own loop in a thread: hits are put into a journal as a web process does, an entry is
withdrawn, and a provider's webhook listens on loopback. Times are from the last hit in the journal
to the hold, and from the withdrawal to the signed message; medians of several rounds. Then one
entry with many hits at twenty parties is withdrawn, and the rate at which its corrections are
written is told. Kept in results/corrections.json.
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.import_list import own_postgres
from benchmarks.machine import keep, print_machine

PARTIES = 20
ROUNDS = 7
WAIT_SECONDS = 60.0


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hits", type=int, default=20_000)
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-benchmark-")))
        os.environ["TOCSIN_DATA"] = str(folder / "data")
        address = stack.enter_context(own_postgres()) if asked.postgres else ""
        os.environ["TOCSIN_DATABASE_URL"] = address
        os.environ["TOCSIN_LOG"] = "json"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        _set_up()
        print_machine("django", "psycopg")
        database = "postgresql" if asked.postgres else "sqlite"
        found = {**_soon(folder), **_many(asked.hits)}
        for name, value in found.items():
            print(f"{database:<11} {name:<34} {value}")
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
    path = Path(__file__).parent / "results" / "corrections.json"
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))["result"] if path.exists() else {}
    keep("corrections", {**known, database: found}, "django", "psycopg")


def _soon(folder: Path) -> dict[str, float]:
    """Medians in seconds with the worker's own loop."""
    from django.conf import settings

    from tests.base.egress.peer import certificate, serving
    from tests.domain.corrections.scenes import providers, put
    from tests.domain.listing import a_list
    from tocsin.base.clock import rounds
    from tocsin.domain.corrections import due
    from tocsin.domain.matching.actions import build_index
    from tocsin.domain.matching.journal import Journal

    at = datetime.now(UTC)
    build_index(at=at)
    list_no, parties = a_list(at), providers(at, [f"Provider {n}" for n in range(PARTIES)])
    journal = Journal(settings.TOCSIN_JOURNAL, settings.TOCSIN_KEYS.ring("journal"))
    server, trusting = certificate(folder, "hooks.example")
    holds, messages = [], []
    with serving(_echo, tls=server) as peer:
        sender = due.Sender(_way(peer.port, trusting))
        rounds.every("corrections.send", due.FOLLOW_EACH, sender.look)
        with _worker():
            _prove(parties[0], peer)
            for n in range(ROUNDS):
                entry = put(datetime.now(UTC), list_no, f"flood {n}")
                holds.append(_time_to_hold(entry, parties, journal))
                entry = put(datetime.now(UTC), list_no, f"wrong {n}")
                messages.append(_time_to_message(entry, parties[0], peer, journal))
    journal.close()
    return {
        "seconds to the hold": round(statistics.median(holds), 2),
        "seconds to the hold, slowest": round(max(holds), 2),
        "seconds to the webhook": round(statistics.median(messages), 2),
        "seconds to the webhook, slowest": round(max(messages), 2),
    }


def _time_to_hold(entry: int, parties: list[Any], journal: Any) -> float:
    from tests.domain.corrections.scenes import new_hit
    from tocsin.domain.hashlists.models import Entry

    at = datetime.now(UTC)
    for who in parties[:5]:
        journal.append(tuple(new_hit(at, who, entry) for _ in range(12)))
    return _until(lambda: Entry.objects.filter(pk=entry, held=True).exists())


def _time_to_message(entry: int, who: Any, peer: Any, journal: Any) -> float:
    from tests.domain.corrections.scenes import new_hit, withdraw
    from tocsin.domain.matching.models import HitEntry

    name = str(uuid4())
    journal.append((new_hit(datetime.now(UTC), who, entry, client_id=name),))
    _until(lambda: HitEntry.objects.filter(entry_id=entry).exists())
    withdraw(datetime.now(UTC), entry)
    return _until(lambda: any(name.encode() in seen.body for seen in list(peer.seen)))


def _prove(who: Any, peer: Any) -> None:
    from tocsin.base.audit.types import system
    from tocsin.domain.corrections import actions

    actions.set_endpoint(
        party_id=who.party_id,
        url="https://hooks.example/",
        actor=system("benchmark"),
        at=datetime.now(UTC),
    )
    _until(lambda: len(peer.seen) > 0)


def _many(hits: int) -> dict[str, float]:
    """How fast a batch of hits is taken in, and the corrections of one entry are written."""
    from tests.domain.corrections.scenes import new_hit, providers, put, withdraw
    from tests.domain.listing import a_list
    from tocsin.base.clock import actions as clock
    from tocsin.domain.corrections import following
    from tocsin.domain.corrections.models import CorrectedHit
    from tocsin.domain.matching.actions import keep_hits

    at = datetime.now(UTC)
    list_no = a_list(at, "many")
    parties = providers(at, [f"Other {n}" for n in range(PARTIES)])
    entry = put(at, list_no, "one of many")
    for start in range(0, hits, 250):
        keep_hits(
            hits=[new_hit(at, parties[n % PARTIES], entry) for n in range(start, start + 250)],
            at=at,
        )
    began = time.perf_counter()
    clock.run_round(at=at, worker="benchmark")
    taken_in = time.perf_counter() - began
    already = CorrectedHit.objects.count()
    withdraw(at, entry)
    began = time.perf_counter()
    while CorrectedHit.objects.count() - already < hits:
        following.follow(at)
    told = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(200):
        following.follow(at)
    idle = time.perf_counter() - began
    return {
        "hits taken in per second": round(hits / taken_in),
        "hits corrected per second": round(hits / told),
        "milliseconds of an idle look": round(idle * 1_000 / 200, 2),
    }


class _worker:  # noqa: N801 - reads as what it is: with a worker
    """The worker's loop in a thread while in here."""

    def __enter__(self) -> None:
        from tocsin.base.clock import worker

        self._stop = threading.Event()
        self._thread = threading.Thread(target=worker.work, args=(self._stop,))
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def _way(port: int, trusting: Any) -> Any:
    from tests.base.egress.peer import Outside
    from tocsin.base.egress import Egress

    outside = Outside(names={"hooks.example": [["93.184.216.34"]]}, port=port)
    return Egress(resolve=outside.resolve, dial=outside.dial, tls=trusting)


def _echo(handler: Any) -> None:
    told = json.loads(handler.server.seen[-1].body)
    handler.give(200, json.dumps({"challenge": told.get("challenge", "")}).encode())


def _until(true: Any) -> float:
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > WAIT_SECONDS:
            raise TimeoutError("it did not come about within a minute")
        time.sleep(0.01)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

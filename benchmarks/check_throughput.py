"""How many checks one web worker answers: `/v2/checks` in batches, `/v1/check/md5` one by one.

Usage: python -m benchmarks.check_throughput [--rows 100000] [--seconds 5] [--batch 1000]

A fresh SQLite installation in a temporary folder serves a list of random entries (md5, sha1, PDQ)
with granian, one worker, over loopback; the asking processes share the machine. Nothing that is
asked is listed, which is what nearly every upload is. Three rates are printed for each door: under
the server, called in this process without a server, and, as the ceiling that no service can pass,
the bare index asked for the same fingerprints.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

BLOCKING_THREADS = 8


@dataclass(frozen=True)
class Door:
    """One way of asking: the request, and how many checks it holds."""

    name: str
    path: str
    authorization: str
    body: bytes
    checks: int

    def request(self) -> bytes:
        """The bytes on the wire, connection kept."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {self.authorization}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--clients", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="tocsin-benchmark-", ignore_cleanup_errors=True
    ) as folder:
        os.environ |= {"TOCSIN_DATA": folder, "TOCSIN_DOORS": "api"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        _print_machine(asked.rows)
        doors = prepare(asked.rows, asked.batch)
        ceiling = _ceiling(asked.batch)
        for door in doors:
            inside = _inside(door, asked.seconds)
            served = _served(door, asked.seconds, asked.clients)
            print(f"{door.name}")
            print(f"  under the server   {served * door.checks:>10,.0f} checks/s", end="")
            print(f"   ({served:,.0f} requests/s)")
            print(f"  in this process    {inside * door.checks:>10,.0f} checks/s")
            bare = ceiling if door.checks > 1 else _ceiling(1)
            print(f"  bare index         {bare:>10,.0f} checks/s", end="")
            print(f"   (served / bare = {served * door.checks / bare:.2f})")


def _print_machine(rows: int) -> None:
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"NumPy {np.__version__}, msgspec {msgspec.__version__}, {rows:,} entries, 1 worker")


def prepare(rows: int, batch: int) -> list[Door]:
    """A fresh installation with a list of random entries, and the ways of asking it."""
    import django

    django.setup(set_prefix=False)
    from django.core.management import call_command

    from tocsin.base.accounts.actions import KeyTerms, make_party
    from tocsin.base.accounts.types import PartyKind, Tier
    from tocsin.base.audit.types import system
    from tocsin.domain.matching.actions import issue_provider_key
    from tocsin.domain.matching.types import PolicyTerms

    call_command("migrate", verbosity=0)
    at, actor = datetime.now(UTC), system("benchmark")
    party = make_party(
        name="Benchmark", kind=PartyKind.PROVIDER, contact_email="", actor=actor, at=at
    )
    terms = KeyTerms(Tier.ACTION, 1e9, 1_000_000_000)
    key = issue_provider_key(party_id=party, terms=terms, policy=PolicyTerms(), actor=actor, at=at)
    _publish(rows)
    from tests.doors.api.asking import basic

    items = [
        {
            "id": f"upload-{n}",
            "md5": os.urandom(16).hex(),
            "sha1": os.urandom(20).hex(),
            "pdq": os.urandom(32).hex(),
            "pdq_quality": 90,
        }
        for n in range(batch)
    ]
    body = msgspec.json.encode({"items": items})
    one = os.urandom(16).hex().encode()
    return [
        Door(f"/v2/checks by {batch:,}", "/v2/checks", f"Bearer {key.bearer}", body, batch),
        Door("/v1/check/md5 one by one", "/v1/check/md5", basic(key.key_id, key.secret), one, 1),
    ]


def _publish(rows: int) -> None:
    from django.conf import settings

    from tocsin.engine.index import POLICY_DTYPE, ExactIndex, NearIndex, PolicyColumn, publish

    rng = np.random.default_rng(2026)
    ids = np.arange(1, rows + 1, dtype=np.uint64)
    records = np.zeros(rows, POLICY_DTYPE)
    records["status"], records["serve"], records["list_no"] = 1, 3, 1

    def values(width: int, count: int = rows) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return rng.integers(0, 256, (count, width), np.uint8)

    none = np.empty(0, np.uint64)
    settings.TOCSIN_INDEX.mkdir(parents=True)
    publish(
        settings.TOCSIN_INDEX,
        change_no=0,
        near=NearIndex.build(values(32), ids),
        exact={
            "md5": ExactIndex.build(values(16), ids),
            "sha1": ExactIndex.build(values(20), ids),
            "sha256": ExactIndex.build(values(32, 0), none),
            "photodna": ExactIndex.build(values(144, 0), none),
        },
        policy=PolicyColumn.build(ids, records),
    )


def _rate(call: Callable[[], object], seconds: float) -> float:
    call()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        call()
        done += 1
    return done / (time.perf_counter() - began)


def _ceiling(batch: int) -> float:
    """Checks a second of the index alone: md5, sha1 and PDQ for a batch, md5 for a single one."""
    from django.conf import settings

    from tocsin.engine.index import open_published

    index = open_published(settings.TOCSIN_INDEX)
    rng = np.random.default_rng(7)
    md5, sha1, pdq = (rng.integers(0, 256, (batch, width), np.uint8) for width in (16, 20, 32))

    def ask() -> None:
        index.exact["md5"].query(md5)
        if batch > 1:
            index.exact["sha1"].query(sha1)
            index.near.query(pdq)

    return _rate(ask, 2.0) * batch


def _inside(door: Door, seconds: float) -> float:
    from tocsin.site.dispatch import build

    app = build()

    def ask() -> None:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": door.path,
            "CONTENT_LENGTH": str(len(door.body)),
            "HTTP_AUTHORIZATION": door.authorization,
            "wsgi.input": io.BytesIO(door.body),
        }
        b"".join(app(environ, _must_be_200))

    return _rate(ask, seconds)


def _must_be_200(status: str, headers: object) -> None:
    if not status.startswith("200"):
        raise SystemExit(f"the door answered {status}")


def _served(door: Door, seconds: float, clients: int) -> float:
    """Requests a second of one granian worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    options = ["--workers", "1", "--blocking-threads", str(BLOCKING_THREADS), "--no-ws"]
    quiet = ["--no-access-log", "--log-level", "error"]
    server = subprocess.Popen(
        [*granian, "--port", str(port), *options, *quiet, "tocsin.site.wsgi:application"]
    )
    try:
        _wait_for(port)
        with multiprocessing.get_context("spawn").Pool(clients) as pool:
            arguments = [(port, door.request(), seconds)] * clients
            return sum(pool.starmap(_ask_for, arguments))
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def _ask_for(port: int, request: bytes, seconds: float) -> float:
    """One client on one kept connection; its requests a second."""
    with socket.create_connection(("127.0.0.1", port)) as web:
        file = web.makefile("rb")

        def ask() -> None:
            web.sendall(request)
            status = file.readline()
            if b" 200 " not in status:
                raise SystemExit(f"the server answered {status!r}")
            length = 0
            while (line := file.readline()) not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            file.read(length)

        return _rate(ask, seconds)


if __name__ == "__main__":
    main()

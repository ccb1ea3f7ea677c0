"""Our hash-check service for benchmarks: a fresh house in a folder, an index, a key, a web server.

The index is published straight from arrays: what a look-up costs does not depend on how the
entries came in, and millions of rows in a database would take the longest part of a measurement.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.processes import free_port, serving

if TYPE_CHECKING:
    from tocsin.base.accounts.types import IssuedKey
    from tocsin.base.audit.types import Actor
    from tocsin.engine.index import NearBuilder

Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.uint64]

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32, "photodna": 144}
BLOCKING_THREADS = 8
FIRST_ID = 1_000
"""Entries of the index have numbers from here on; lower ones are for those of the database."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A web server that runs: where, and its process."""

    port: int
    pid: int


def open_house(folder: Path, *, facades: str = "arachnid,photodna") -> None:
    """Settings and an empty database in `folder`, for this process and the servers it starts."""
    os.environ |= {
        "TOCSIN_DATA": str(folder),
        "TOCSIN_DOORS": "api",
        "TOCSIN_FACADES": facades,
        "DJANGO_SETTINGS_MODULE": "tocsin.site.settings",
    }
    import django

    django.setup(set_prefix=False)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def an_actor() -> Actor:
    """Who does what a benchmark does."""
    from tocsin.base.audit.types import system

    return system("benchmark")


def unlimited_key() -> IssuedKey:
    """A provider's key of the tier `action` that asks the live lists as often as it likes."""
    from tocsin.base.accounts.actions import KeyTerms, make_party
    from tocsin.base.accounts.types import PartyKind, Tier
    from tocsin.domain.matching.actions import issue_provider_key
    from tocsin.domain.matching.types import MOST_DAILY_HASHES, PolicyTerms

    at, actor = datetime.now(UTC), an_actor()
    party = make_party(
        name="Benchmark", kind=PartyKind.PROVIDER, contact_email="", actor=actor, at=at
    )
    most = MOST_DAILY_HASHES
    policy = PolicyTerms(daily_hashes=most, daily_matches=most)
    terms = KeyTerms(Tier.ACTION, 1e9, most)
    return issue_provider_key(party_id=party, terms=terms, policy=policy, actor=actor, at=at)


def publish_index(pdq: Bytes | NearBuilder, exact: Mapping[str, Bytes], entries: int) -> None:
    """Put an index of one list into service, entry `FIRST_ID + n` having the n-th of each.

    A builder has taken its hashes already, of `entries` ids from `FIRST_ID` on.
    """
    from django.conf import settings

    from tocsin.engine.index import POLICY_DTYPE, ExactIndex, NearBuilder, PolicyColumn, publish

    def ids(count: int) -> Ids:
        return np.arange(FIRST_ID, FIRST_ID + count, dtype=np.uint64)

    if isinstance(pdq, NearBuilder):
        near = pdq
    else:
        near = NearBuilder()
        near.add(pdq, ids(len(pdq)))
    records = np.zeros(entries, POLICY_DTYPE)
    records["status"], records["serve"], records["list_no"] = 1, 3, 1
    values = {
        name: exact.get(name, np.empty((0, width), np.uint8)) for name, width in WIDTHS.items()
    }
    settings.TOCSIN_INDEX.mkdir(parents=True, exist_ok=True)
    publish(
        settings.TOCSIN_INDEX,
        change_no=0,
        near=near,
        exact={name: ExactIndex.build(some, ids(len(some))) for name, some in values.items()},
        policy=PolicyColumn.build(ids(entries), records),
    )


@contextmanager
def web(log: Path, *, workers: int = 1, core: int | None = None) -> Iterator[Serving]:
    """Our web server over the house that is open, as `tocsin up` starts it."""
    port = free_port()
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    options = ["--workers", str(workers), "--blocking-threads", str(BLOCKING_THREADS), "--no-ws"]
    quiet = ["--no-access-log", "--log-level", "error"]
    command = [*granian, "--port", str(port), *options, *quiet, "tocsin.site.wsgi:application"]
    with serving(command, port, log, core=core) as pid:
        yield Serving(port, pid)


class Post:
    """One client of ours, with a key, on a kept connection."""

    def __init__(self, port: int, bearer: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}

    def send(self, body: bytes) -> bytes:
        """The answer of `/v2/checks`; ends the benchmark when it is none."""
        status, told = self.try_to_send(body)
        if status != 200:
            raise SystemExit(f"/v2/checks answered {status}: {told[:300]!r}")
        return told

    def try_to_send(self, body: bytes) -> tuple[int, bytes]:
        """Status and answer of `/v2/checks`; raises OSError and HTTPException."""
        self._connection.request("POST", "/v2/checks", body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def statuses(self, hashes: Sequence[bytes]) -> list[str]:
        """What is known of each."""
        return [one["status"] for one in json.loads(self.send(body_of(hashes)))["results"]]


def body_of(hashes: Sequence[bytes]) -> bytes:
    """A batch about PDQ hashes for `/v2/checks`."""
    items = [
        {"id": str(n), "pdq": value.hex(), "pdq_quality": 90} for n, value in enumerate(hashes)
    ]
    return json.dumps({"items": items}).encode()

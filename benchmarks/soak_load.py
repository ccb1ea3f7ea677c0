"""The askers of a soak: by `/v1`, by `/v2` alone and in batches, and by files, at a steady pace."""

from __future__ import annotations

import base64
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from benchmarks.soak_oracle import Asked, Known, Oracle

BATCH = 50
RECENT = 400
V1_MAY_BE_OLD_SECONDS = 15.0
TIMEOUT_SECONDS = 30.0


@dataclass
class World:
    """What there is to ask about, and with which key; the changer adds and replaces."""

    oracle: Oracle
    port: int
    bearer: str
    entries: list[Known] = field(default_factory=list)
    pictures: list[Known] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    latencies_ms: dict[str, list[float]] = field(default_factory=dict)
    hits: set[str] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)

    def some(self, rng: random.Random) -> Known | None:
        """An entry, half the time one of the newest; one time in three none at all."""
        if not self.entries or rng.random() < 1 / 3:
            return None
        recent = self.entries[-RECENT:]
        return rng.choice(recent if rng.random() < 1 / 2 else self.entries)


class Asker(threading.Thread):
    """Asks by one door so many times a second; a connection that breaks is made anew."""

    numbers = itertools.count()

    def __init__(self, world: World, door: str, per_second: float) -> None:
        super().__init__(name=f"asks-{door}", daemon=True)
        self._world = world
        self._door = door
        self._each_seconds = 1 / per_second
        self._rng = random.Random(f"asker {next(self.numbers)}")
        self._connection: HTTPConnection | None = None
        self._ask: Callable[[], None] = {
            "v1": self._v1,
            "v2": lambda: self._checks(1),
            "v2 batch": lambda: self._checks(BATCH),
            "media": self._media,
        }[door]

    def run(self) -> None:
        due = time.monotonic()
        while not self._world.stop.is_set():
            try:
                self._ask()
            except (OSError, HTTPException) as error:
                self._note(type(error).__name__)
                self._connection = None
            due = max(due + self._each_seconds, time.monotonic() - 1.0)
            self._world.stop.wait(max(0.0, due - time.monotonic()))

    def _checks(self, count: int) -> None:
        picked = [self._item() for _ in range(count)]
        body = json.dumps({"items": [item for item, _, _ in picked]}).encode()
        answer = self._v2("/v2/checks", body, {"Content-Type": "application/json"})
        if answer is None:
            return
        for (item, known, exact), told in zip(picked, answer["results"], strict=True):
            self._judge(answer, told, known, exact=exact, client_id=item["id"])

    def _media(self) -> None:
        known = self._rng.choice(self._world.pictures)
        client_id = self._new_id()
        answer = self._v2("/v2/media", known.picture or b"", {"Tocsin-Client-Id": client_id})
        if answer is not None:
            self._judge(answer, answer["results"][0], known, exact=True, client_id=client_id)

    def _judge(
        self, answer: Any, told: Any, known: Known | None, *, exact: bool, client_id: str
    ) -> None:
        status = str(told["status"])
        if status == "unavailable":
            self._note("unavailable")
            return
        if told["reference"]:
            self._world.hits.add(client_id)
        version = int(answer["list_version"])
        self._world.oracle.hear(Asked(self._door, known, exact, status, version, 0, 0, client_id))

    def _v1(self) -> None:
        known = self._world.some(self._rng)
        kind = self._rng.choice(("md5", "sha1"))
        value = getattr(known, kind) if known else self._rng.randbytes(16 if kind == "md5" else 20)
        oracle = self._world.oracle
        since = oracle.step(time.monotonic() - V1_MAY_BE_OLD_SECONDS)
        secret = base64.b64encode(self._world.bearer.replace(".", ":", 1).encode()).decode()
        headers = {"Authorization": f"Basic {secret}"}
        status, told = self._post(f"/v1/test/check/{kind}", value.hex().encode(), headers)
        if status != 200:
            self._note(f"HTTP {status}")
            return
        oracle.hear(Asked("v1", known, True, told.decode(), None, since, oracle.step()))

    def _item(self) -> tuple[dict[str, Any], Known | None, bool]:
        """A picture by its fingerprints: by digests, by an altered PDQ, or by all of them."""
        known, rng = self._world.some(self._rng), self._rng
        md5, sha1, pdq = rng.randbytes(16), rng.randbytes(20), rng.randbytes(32)
        is_exact = rng.random() < 1 / 2
        if known is not None:
            md5, sha1 = (known.md5, known.sha1) if is_exact else (md5, sha1)
            pdq = _altered(known.pdq, rng)
        item = {
            "id": self._new_id(),
            "md5": md5.hex(),
            "sha1": sha1.hex(),
            "pdq": pdq.hex(),
            "pdq_quality": 90,
        }
        return item, known, is_exact

    def _new_id(self) -> str:
        return f"s{next(self.numbers)}"

    def _v2(self, path: str, body: bytes, more: dict[str, str]) -> Any | None:
        headers = {"Authorization": f"Bearer {self._world.bearer}", **more}
        status, told = self._post(path, body, headers)
        if status != 200:
            self._note(f"HTTP {status}")
            return None
        return json.loads(told)

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = HTTPConnection(
                "127.0.0.1", self._world.port, timeout=TIMEOUT_SECONDS
            )
        began = time.perf_counter()
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        told = answer.read()
        took_ms = (time.perf_counter() - began) * 1e3
        self._world.latencies_ms.setdefault(self._door, []).append(took_ms)
        return answer.status, told

    def _note(self, what: str) -> None:
        self._world.errors[f"{self._door}: {what}"] += 1


def _altered(pdq: bytes, rng: random.Random) -> bytes:
    """The same hash with up to eight bits turned over."""
    mask = 0
    for place in rng.sample(range(256), rng.randrange(9)):
        mask |= 1 << place
    return (int.from_bytes(pdq, "big") ^ mask).to_bytes(32, "big")

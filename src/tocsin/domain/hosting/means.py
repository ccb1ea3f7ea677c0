"""The ways to ask outside: name servers and the web, or what was recorded of both.

Everything goes through egress. A folder of recorded answers may stand in for the outside: for
tests, for rehearsals, and for looking at an old case without asking anybody again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from tocsin.base.egress import (
    PUBLIC,
    Egress,
    EgressError,
    NameServers,
    Policy,
    Unreachable,
    configured_peer,
)
from tocsin.domain.hosting.origins import CloudflareTrust, OriginAdapter

MOST_BYTES: Final = 1 << 20
MOST_SECONDS: Final = 10.0
REGISTRY: Final = replace(
    PUBLIC.limited_to(max_bytes=MOST_BYTES, deadline_seconds=MOST_SECONDS, max_redirects=4),
    name="registry",
)
PAUSE_SECONDS: Final = 0.2
HELD_SECONDS: Final = 60.0
LONGEST_HOLD_SECONDS: Final = 3600.0


class NoAnswer(Exception):
    """Nothing came back that could be used. `why` is a fixed word, safe to log and to count."""

    def __init__(self, why: str) -> None:
        super().__init__(f"No answer that could be used ({why}).")
        self.why = why


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the web: its status, its headers in lower case, its body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Reply({self.status})"


class Names(Protocol):
    """Asks name servers; raises EgressError where they do not answer."""

    def addresses(self, name: str) -> list[str]: ...

    def alias(self, name: str) -> str | None: ...


class Web(Protocol):
    """Gets a document; raises NoAnswer where none comes."""

    def get(
        self, url: str, *, policy: Policy = ..., headers: Mapping[str, str] | None = ...
    ) -> Reply: ...


class Paced:
    """The web, asked politely: one request a time to each registry, and none while it said no.

    Where a registry answers 429 or 503, it is left alone for as long as it says. What is asked
    meanwhile fails at once (NoAnswer "busy") rather than wait: the clock comes back.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        tick: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._egress, self._tick, self._rest = egress, tick, rest
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def get(
        self,
        url: str,
        *,
        policy: Policy = REGISTRY,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        server = urlsplit(url).netloc
        self._take_turn(server)
        told = {"accept": "application/rdap+json, application/json", **(headers or {})}
        try:
            answer = self._egress.request("GET", url, policy=policy, headers=told)
        except EgressError as error:
            raise NoAnswer(error.reason) from None
        if policy is REGISTRY and not answer.final_url.startswith("https://"):
            # What decides to whom a notice goes must not come from where anybody could write it.
            raise NoAnswer("not_https")
        if answer.status in {429, 503}:
            self._hold(server, answer.headers.get("retry-after", ""))
            raise NoAnswer("busy")
        return Reply(answer.status, answer.body, answer.headers)

    def _take_turn(self, server: str) -> None:
        with self._lock:
            now = self._tick()
            free_at = self._free_at.get(server, now)
            wait = max(0.0, free_at - now)
            if wait > MOST_SECONDS:
                raise NoAnswer("busy")
            self._free_at[server] = max(now, free_at) + PAUSE_SECONDS
        if wait:
            self._rest(wait)

    def _hold(self, server: str, asked: str) -> None:
        plain = asked.isascii() and asked.isdigit() and len(asked) < 8
        seconds = min(float(asked) if plain else HELD_SECONDS, LONGEST_HOLD_SECONDS)
        with self._lock:
            self._free_at[server] = self._tick() + max(seconds, HELD_SECONDS)


class Recorded:
    """Answers from a folder: `names.json`, and one JSON file for each address of the web.

    `names.json`: name to `{"addresses": […], "alias": …}`. A web answer stands in
    `<first 32 digits of the SHA-256 of its address>.json` as `{"url", "status", "body"}`, and what
    is not in the folder does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def addresses(self, name: str) -> list[str]:
        return list(self._names(name).get("addresses", []))

    def alias(self, name: str) -> str | None:
        alias = self._names(name).get("alias")
        return str(alias) if alias else None

    def get(
        self,
        url: str,
        *,
        policy: Policy = REGISTRY,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        path = self._folder / file_name(url)
        if not path.exists():
            raise NoAnswer("not_recorded")
        told = json.loads(path.read_text("utf-8"))
        return Reply(int(told["status"]), json.dumps(told["body"]).encode())

    def _names(self, name: str) -> dict[str, list[str]]:
        path = self._folder / "names.json"
        told = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if name not in told:
            raise Unreachable("no_such_name")
        return dict(told[name])


def file_name(url: str) -> str:
    """What the recorded answer of an address is called: the name tells nothing of it."""
    return f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"


@dataclass(frozen=True, slots=True)
class Means:
    """All ways to ask. `routing_url`: RIPEstat's or its like; empty where nobody is to be asked."""

    names: Names
    web: Web
    routing_url: str
    renewed: Path
    origins: Sequence[OriginAdapter]

    @property
    def routing_policy(self) -> Policy:
        return configured_peer(self.routing_url).limited_to(
            max_bytes=MOST_BYTES, deadline_seconds=MOST_SECONDS
        )


_paced = Paced(Egress())


def configured() -> Means:
    """The means that the settings tell of."""
    recorded = settings.TOCSIN_HOSTING_RECORDED
    outside = Recorded(recorded) if recorded else None
    web: Web = outside or _paced
    trust = settings.TOCSIN_CLOUDFLARE_ORIGIN
    return Means(
        names=outside or NameServers(),
        web=web,
        routing_url=settings.TOCSIN_ROUTING_URL,
        renewed=settings.TOCSIN_DATA / "registries.json",
        origins=[CloudflareTrust(web=web, **trust)] if trust else [],
    )

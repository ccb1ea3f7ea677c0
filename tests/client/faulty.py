"""A server on loopback that answers as a test tells it, the wrong ways included."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tocsin.client import Client, Key, OutagePolicy, Settings

KEY = Key("k-test", "c2VjcmV0")
QUICK = Settings(
    deadline_seconds=20.0,
    first_pause_seconds=0.0,
    longest_pause_seconds=0.0,
    breaker_failures=1_000,
    decoders=1,
)
# For what never comes: the only tests that wait, each this long.
SHORT = Settings(deadline_seconds=0.3, first_pause_seconds=0.0, decoders=1, tries=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self.body)["items"]
        return items


@dataclass(frozen=True, slots=True)
class Says:
    """One answer. `cut`: the connection ends after so many bytes of the body."""

    status: int = 200
    told: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    def raw(self) -> bytes:
        body = self.told if isinstance(self.told, bytes) else json.dumps(self.told).encode()
        told = {"Content-Type": "application/json", "Content-Length": len(body), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode() + body[: self.cut]


Answerer = Callable[[Asked], Says | bytes | None]


def result(item: Mapping[str, Any], status: str = "not_listed", **more: Any) -> dict[str, Any]:
    """One result about an item, as a server of today has it."""
    action = {"listed": "block", "near": "review", "held": "review", "not_listed": "none"}
    told = {"action": action.get(status, "hold"), "match": None, "reference": None, **more}
    return {"id": item["id"], "status": status, **told}


def answered(results: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """A whole answer."""
    return {"list_version": 7, "stale": False, "results": list(results), **more}


def all_say(status: str, **more: Any) -> Answerer:
    """The same status for every item."""
    return lambda asked: Says(told=answered([result(i, status, **more) for i in asked.items]))


class Faulty:
    """The running server. `answer` gives what is sent back: None for nothing, ever."""

    def __init__(self) -> None:
        self.answer: Answerer = all_say("not_listed")
        self.asked: list[Asked] = []
        self.connections = 0
        self.over = threading.Event()
        faulty = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                faulty.connections += 1
                with suppress(OSError):
                    faulty._speak(self.rfile, self.connection)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def _speak(self, rfile: Any, connection: socket.socket) -> None:
        while line := rfile.readline():
            method, path, _ = line.decode("latin-1").split(" ")
            headers: dict[str, str] = {}
            while (header := rfile.readline()) not in {b"\r\n", b""}:
                name, _, value = header.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            asked = Asked(method, path, headers, rfile.read(int(headers.get("content-length", 0))))
            self.asked.append(asked)
            says = self.answer(asked)
            if says is None:
                self.over.wait()
                return
            connection.sendall(says if isinstance(says, bytes) else says.raw())
            if isinstance(says, bytes) or says.cut is not None:
                return

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def a_client(
    url: str, outage: OutagePolicy = OutagePolicy.HOLD, settings: Settings = QUICK, **more: Any
) -> Iterator[Client]:
    """A client that is closed again."""
    with Client(url, KEY, outage=outage, settings=settings, **more) as client:
        yield client

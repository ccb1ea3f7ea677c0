from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import connection

from tests.client.faulty import Faulty
from tests.doors.api.conftest import checker, issue, look

__all__ = ["checker", "issue"]

from tocsin.domain.matching.checker import Checker
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.http import StartResponse
from tocsin.engine.media import fingerprint


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    running = Faulty()
    yield running
    running.close()


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def house(checker: Checker, now: datetime) -> Iterator[str]:
    """The real API door of this process, on loopback; its address."""
    door = ApiDoor(checker=lambda: checker, fingerprint=fingerprint, look=look, now=lambda: now)

    def answer(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        try:
            return list(door(environ, start_response))
        finally:
            # Each request has a thread of its own, and with it a connection that nobody else has.
            connection.close()

    server = make_server("127.0.0.1", 0, answer, _Threads, _Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()

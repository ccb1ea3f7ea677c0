"""Object stores on loopback for tests: a real one, and one in front of it that breaks on demand."""

from __future__ import annotations

import http.client
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

from tests.site.checking.lists import UPLOADS
from tools.moto import moto_python

# Method and path with query -> the status to answer with, or None to let it through.
Fault: TypeAlias = Callable[[str, str], int | None]

DENIED = b"<Error><Code>AccessDenied</Code><Message>x</Message></Error>"


@contextmanager
def running_store() -> Iterator[str]:
    """The address of a moto server in a process of its own, filled by `moto_server.py`."""
    python = moto_python()
    assert python is not None
    script = Path(__file__).with_name("moto_server.py")
    process = subprocess.Popen(
        [python, "-W", "ignore", script, UPLOADS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        yield address
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


class FaultyStore:
    """Stands before a store, counts what is asked, and answers with `fault` where that says so."""

    def __init__(self, address: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.fault: Fault = lambda method, path: None
        outer = self
        host = address.removeprefix("http://")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append((self.command, self.path))
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                status = outer.fault(self.command, self.path)
                if status is not None:
                    return self._answer(status, {}, DENIED)
                connection = http.client.HTTPConnection(host, timeout=30)
                connection.request(self.command, self.path, headers=dict(self.headers))
                told = connection.getresponse()
                body = told.read()
                connection.close()
                return self._answer(told.status, dict(told.getheaders()), body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def paths(self, method: str) -> list[str]:
        """What was asked for by this method."""
        return [path for how, path in self.asked if how == method]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

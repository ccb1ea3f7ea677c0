"""The door on a real socket of loopback, for clients that were written for other services."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tocsin.doors.api.http import StartResponse, WsgiApp


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - theirs
        return


@contextmanager
def serving(app: WsgiApp, *, port: int = 0) -> Iterator[str]:
    """The base address of `app`, without a slash at its end; on any port that is free."""
    server = make_server("127.0.0.1", port, app, _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def nobody() -> str:
    """A base address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@dataclass
class Late:
    """A door that answers when it is let to: for a client, one that takes too long."""

    app: WsgiApp
    go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        self.go_on.wait(20)
        return self.app(environ, start_response)


@contextmanager
def serving_late(app: WsgiApp) -> Iterator[str]:
    """As `serving`; nothing is answered before the block ends."""
    late = Late(app)
    with serving(late) as base:
        try:
            yield base
        finally:
            late.go_on.set()

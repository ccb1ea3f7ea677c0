"""The ICCAM that is none, by real HTTP on loopback."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tocsin.site.rehearsal.iccam import FakeIccam


@contextlib.contextmanager
def serving(iccam: FakeIccam, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve it on loopback, by TLS where a context is given; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                status, told = iccam.call(self.command, self.path, raw, bearer)
            except (ValueError, KeyError, TypeError):
                status, told = 400, {"error": "cannot be read"}
            if status == -1:
                time.sleep(iccam.late_seconds)
            if status <= 0:
                self.close_connection = True
                return
            body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", "120")
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        scheme = "https" if tls is not None else "http"
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

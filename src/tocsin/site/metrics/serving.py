"""The page of figures: one address on a port of loopback, for a Prometheus on this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import structlog
from django.db import close_old_connections, connection

from tocsin.site.metrics.gathering import families
from tocsin.site.metrics.text import CONTENT_TYPE, written

log = structlog.get_logger()

HOST: Final = "127.0.0.1"
PATH: Final = "/metrics"
SECONDS: Final = 10.0


class Server(ThreadingHTTPServer):
    """Listens on loopback from the moment it is made; raises OSError where the port is taken."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), _Page)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Page(BaseHTTPRequestHandler):
    server_version, sys_version = "Tocsin", ""
    timeout = SECONDS

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(404, "There is nothing here; see /metrics.\n")
            return
        close_old_connections()
        try:
            page = written(families(at=datetime.now(UTC)))
        except Exception as error:
            log.error("metrics_failed", error=type(error).__name__)
            self._answer(500, "Something broke here; the log says what.\n")
            raise
        finally:
            connection.close()
        self._answer(200, page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of its base
        """Says nothing: a line each few seconds would fill the log."""

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

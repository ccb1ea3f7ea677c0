"""The hoster of the rehearsal: a web server on loopback with drawn pictures, and a mailbox."""

from __future__ import annotations

import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OWN_VISIT = "Rehearsal-Own-Visit"
"""A header of our own requests: whoever comes without it is somebody we did not expect."""


class Hoster:
    """Serves pictures from memory at `/photos/NAME`, and takes them away when told."""

    def __init__(self, mailbox: Path) -> None:
        self._pictures: dict[str, bytes] = {}
        self._mailbox = mailbox
        self._strangers = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        """Host and port, as it is written down in the table of hosters."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def strangers(self) -> int:
        """How many requests came from anybody but the rehearsal itself."""
        return self._strangers

    def host(self, name: str, picture: bytes) -> str:
        """Put a picture on the server; its address."""
        self._pictures[name] = picture
        return f"http://{self.place}/photos/{name}"

    def remove(self, url: str) -> None:
        """Do as a notice asks."""
        self._pictures.pop(url.rpartition("/")[2], None)

    def letters(self) -> list[EmailMessage]:
        """The mail that has arrived, oldest first."""
        files = sorted(self._mailbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hoster = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get(OWN_VISIT) is None:
                    hoster._strangers += 1
                picture = hoster._pictures.get(self.path.rpartition("/")[2])
                self.send_response(404 if picture is None else 200)
                self.send_header("Content-Length", str(len(picture or b"")))
                self.end_headers()
                self.wfile.write(picture or b"")

            def log_message(self, *args: object) -> None:
                """Nothing: a log line would hold the address."""

        return Handler

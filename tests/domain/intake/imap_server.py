"""A mailbox on loopback: as much of IMAP4rev1 as a reader of mail needs."""

from __future__ import annotations

import contextlib
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Box:
    """What is in it. `broken_after`: so many answers are given before it hangs up."""

    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    username: str = "intake"
    password: str = "right"
    broken_after: int | None = None

    def put(self, raw: bytes) -> int:
        uid = len(self.mails) + 1
        self.mails[uid], self.flags[uid] = raw, set()
        return uid


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self._say(b"* OK ready")
            while line := self.rfile.readline():
                tag, _, rest = line.strip().partition(b" ")
                if not self._answer(tag, rest.decode()):
                    return

    def _answer(self, tag: bytes, asked: str) -> bool:
        box = self.server.box
        if box.broken_after is not None:
            box.broken_after -= 1
            if box.broken_after < 0:
                return False
        word = asked.split(" ", maxsplit=1)[0].upper()
        if word == "CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1")
        elif word == "LOGIN":
            if re.findall(r'"([^"]*)"|(\S+)', asked.partition(" ")[2]) and (
                f'{box.username} "{box.password}"' not in asked
            ):
                self._say(tag + b" NO no")
                return True
        elif word == "SELECT":
            if "INBOX" not in asked:
                self._say(tag + b" NO no such folder")
                return True
            self._say(f"* {len(box.mails)} EXISTS".encode())
        elif word == "UID":
            self._uid(asked)
        elif word == "LOGOUT":
            self._say(b"* BYE")
            self._say(tag + b" OK done")
            return False
        self._say(tag + b" OK done")
        return True

    def _uid(self, asked: str) -> None:
        box = self.server.box
        _, command, *rest = asked.split(" ")
        if command == "SEARCH":
            unseen = [uid for uid in box.mails if r"\Seen" not in box.flags[uid]]
            self._say(("* SEARCH " + " ".join(map(str, unseen))).encode())
            return
        uid = int(rest[0])
        if command == "STORE":
            box.flags[uid] |= set(re.findall(r"\\\w+", asked))
        elif "BODY.PEEK" in asked:
            raw = box.mails[uid]
            self._say(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}".encode())
            self.wfile.write(raw + b")\r\n")
        elif "BODY[" in asked:
            raise AssertionError("reading without PEEK marks a mail before it is taken in")
        else:
            size = f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(box.mails[uid])})"
            self._say(size.encode())

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    box: Box
    tls: ssl.SSLContext | None = None

    def get_request(self):  # type: ignore[no-untyped-def]
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        return connection, address


@contextlib.contextmanager
def serving(box: Box, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve the box; the port."""
    server = _Server(("127.0.0.1", 0), _Session)
    server.box, server.tls = box, tls
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

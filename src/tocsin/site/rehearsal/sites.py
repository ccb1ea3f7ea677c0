"""Sites of the rehearsal: many hosts behind one real web server on loopback, each with its ways.

A host is drawn by the seed: how it shows a picture, how it behaves once that is removed, in which
language and in whose words, under what kind of address. Nothing here knows how visits are judged,
and nothing there knows these seeds. `resolve` and `dial` are the outside world of an `Egress`.
"""

from __future__ import annotations

import random
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import quote, urlsplit

from tocsin.base.egress.connecting import connected
from tocsin.base.egress.reach import IpAddress
from tocsin.site.rehearsal.site_answers import (
    Asked,
    Removed,
    Reply,
    Shown,
    Shut,
    Site,
    answer,
)
from tocsin.site.rehearsal.site_words import words_of

__all__ = ["Removed", "Shown", "Shut", "Site", "Sites"]

LOOPBACK: Final = "127.0.0.1"
ABROAD: Final = "127.0.0.2"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Sites:
    """The server and all its hosts. Use it in a `with`."""

    def __init__(self, seed: int, tls: ssl.SSLContext | None = None) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - which words a page has is no secret
        self._sites: dict[str, Site] = {}
        self._places: dict[str, str] = {}
        self._server = _Server((LOOPBACK, 0), _handler(self))
        self._secure = _Server((LOOPBACK, 0), _handler(self)) if tls else None
        if self._secure is not None and tls is not None:
            self._secure.socket = tls.wrap_socket(
                self._secure.socket, server_side=True, do_handshake_on_connect=False
            )
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Sites:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def _servers(self) -> list[ThreadingHTTPServer]:
        return [self._server, *([self._secure] if self._secure is not None else [])]

    def put(
        self,
        picture: bytes,
        shows: Shown | Shut = Shown.PLAIN,
        removes: Removed = Removed.NOT_FOUND,
    ) -> str:
        """A picture on a host of its own; its address."""
        site = self._new_site(shows, removes)
        path = self._path(page=shows in {Shown.GALLERY, Shown.TALKATIVE, Shut.SHELL})
        site.pictures[path] = picture
        if shows is Shown.MOVED:
            there = self._new_site(Shown.PLAIN, removes)
            there.pictures[path] = picture
            site.moved_to[path] = f"http://{there.host}{path}"
        scheme = "https" if shows is Shut.BAD_TLS else "http"
        return f"{scheme}://{site.host}{path}"

    def remove(self, url: str) -> None:
        """Do as a notice asks, in this host's own way."""
        site, path = self.site(url), _path_of(url)
        site.gone.add(path)
        if site.removes is Removed.NAME_GONE:
            self._places.pop(site.host, None)

    def put_back(self, url: str) -> None:
        """It is there again."""
        site = self.site(url)
        site.gone.discard(_path_of(url))
        self._places.setdefault(site.host, self._address())

    def move(self, url: str, country: str) -> str:
        """Gone here, and on a new host in another country; its new address."""
        site, path = self.site(url), _path_of(url)
        there = self._new_site(Shown.PLAIN, site.removes)
        there.country = country
        there.pictures[path] = site.pictures[path]
        site.gone.add(path)
        return f"http://{there.host}{path}"

    def echo(self, url: str) -> str:
        """The address of a proxy that shows what stands at `url`, as it would anything."""
        site = self._new_site(Shown.PLAIN, Removed.NOT_FOUND)
        site.echoes = True
        return f"http://{site.host}/view?url={quote(url, safe='')}"

    def picture_at(self, url: str) -> bytes | None:
        """What stands at an address of ours, for the proxy."""
        site = self._sites.get(urlsplit(url).netloc)
        return site.pictures.get(_path_of(url)) if site is not None else None

    def answer(self, host: str, asked: Asked) -> Reply:
        """What a host answers."""
        site = self._sites.get(host)
        if site is None:
            return Reply(421)
        site.asked += 1
        return answer(site, asked, self.picture_at)

    def site(self, url: str) -> Site:
        """The host of an address."""
        return self._sites[urlsplit(url).netloc]

    def address_of(self, host: str) -> str:
        """The IP address that a host's name leads to."""
        return self._places[host]

    # The outside world, as `Egress` asks it.

    def resolve(self, name: str) -> list[str]:
        """Look a name up."""
        if name not in self._places:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [self._places[name]]

    def dial(self, address: IpAddress, port: int, seconds: float) -> socket.socket:
        """Connect, from the home country."""
        return self._dial(address, port, seconds, None)

    def dial_from_abroad(self, address: IpAddress, port: int, seconds: float) -> socket.socket:
        """Connect, from the country to whose readers `ONE_COUNTRY` shows."""
        return self._dial(address, port, seconds, ABROAD)

    def _dial(
        self, address: IpAddress, port: int, seconds: float, source: str | None
    ) -> socket.socket:
        site = next(
            (s for h, s in self._sites.items() if self._places.get(h) == str(address)), None
        )
        if site is None or site.shows is Shut.NO_ONE:
            raise ConnectionRefusedError
        server = self._secure if port == 443 and self._secure is not None else self._server
        loopback = socket.inet_aton(LOOPBACK)
        there = type(address)(loopback) if address.version == 4 else address
        return connected(there, int(server.server_address[1]), seconds, source=source)

    def _new_site(self, shows: Shown | Shut, removes: Removed) -> Site:
        host = f"{self._name()}.{self._draw.choice(['test', 'example'])}"
        site = Site(host, words_of(self._draw), shows, removes)
        self._sites[host] = site
        self._places[host] = self._address()
        return site

    def _address(self) -> str:
        # Any that is out in the open: nothing is ever sent there.
        return ".".join(
            str(part)
            for part in (
                self._draw.choice([5, 31, 37, 45, 62, 77, 80, 91]),
                *(self._draw.randint(1, 254) for _ in range(3)),
            )
        )

    def _name(self) -> str:
        return "".join(
            self._draw.choices("abcdefghijklmnopqrstuvwxyz", k=self._draw.randint(6, 14))
        )

    def _path(self, *, page: bool) -> str:
        folder = self._draw.choice(["/i", "/img", "/files/2026/03", "/u/" + self._name(), "/f"])
        name = "".join(self._draw.choices(_LETTERS + "0123456789", k=self._draw.randint(5, 16)))
        if page:
            return self._draw.choice(
                [f"{folder}/{name}", f"{folder}/{name}.html", f"/view?id={name}"]
            )
        return f"{folder}/{name}.{self._draw.choice(['jpg', 'jpeg', 'png'])}"


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _handler(sites: Sites) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            named = self.headers.get
            asked = Asked(
                path=self.path,
                agent=named("User-Agent", ""),
                referer=named("Referer", ""),
                from_abroad=self.client_address[0] == ABROAD,
            )
            reply = sites.answer(named("Host", "").partition(":")[0], asked)
            self.close_connection = True
            if reply.cut_off:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf")
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            """Nothing: a log line would hold the address."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: who hangs up in the middle is a part of the play."""

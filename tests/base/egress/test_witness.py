"""Each hop of a request is told of, also the one that failed; and other places to look from."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.base.egress.peer import Handler, Outside, certificate, serving
from tocsin.base.egress import (
    PUBLIC,
    Egress,
    Outlook,
    RefusedAddress,
    Step,
    Unreachable,
    dial_from,
    dial_through,
)

pytestmark = pytest.mark.server
ADDRESS = "93.184.215.14"


def _moved(request: Handler) -> None:
    if request.path == "/old":
        request.give(302, Location="http://second.test/new")
    else:
        request.give(200, b"here")


def test_every_hop_is_told_of_in_order() -> None:
    with serving(_moved) as peer:
        outside = Outside({"first.test": [[ADDRESS]], "second.test": [["8.8.8.8"]]}, peer.port)
        steps: list[Step] = []
        Egress(outside.resolve, outside.dial).request(
            "GET", "http://first.test/old", policy=PUBLIC, witness=steps.append
        )

    assert [(s.url, s.status, s.address) for s in steps] == [
        ("http://first.test/old", 302, ADDRESS),
        ("http://second.test/new", 200, "8.8.8.8"),
    ]
    assert steps[0].resolved == (ADDRESS,)
    assert repr(steps[0]) == "Step(status=302)"


def test_a_hop_that_fails_is_told_of_as_far_as_it_came() -> None:
    with serving(lambda r: r.give(302, Location="http://inside.test/")) as peer:
        outside = Outside({"first.test": [[ADDRESS]], "inside.test": [["10.0.0.1"]]}, peer.port)
        steps: list[Step] = []
        with pytest.raises(RefusedAddress):
            Egress(outside.resolve, outside.dial).request(
                "GET", "http://first.test/", policy=PUBLIC, witness=steps.append
            )

    assert [(s.status, s.address) for s in steps] == [(302, ADDRESS), (None, "")]


def test_a_dead_server_took_no_connection() -> None:
    outside = Outside({"first.test": [[ADDRESS]]}, dead={ADDRESS})
    steps: list[Step] = []
    with pytest.raises(Unreachable):
        Egress(outside.resolve, outside.dial).request(
            "GET", "http://first.test/", policy=PUBLIC, witness=steps.append
        )

    assert [(s.resolved, s.address) for s in steps] == [((ADDRESS,), "")]


def test_the_certificate_is_told_of(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "first.test")
    with serving(lambda r: r.give(200, b"here"), tls=server) as peer:
        outside = Outside({"first.test": [[ADDRESS]]}, peer.port)
        steps: list[Step] = []
        Egress(outside.resolve, outside.dial, trusting).request(
            "GET", "https://first.test/", policy=PUBLIC, witness=steps.append
        )

    (step,) = steps
    assert step.tls is not None
    assert step.tls.version.startswith("TLS")
    shown = {hashlib.sha256(der).hexdigest() for der in step.tls.chain}
    assert len(shown) == 1


@contextlib.contextmanager
def _proxy(says: bytes, to: int | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that answers CONNECT with `says`, and then, where that is given, leads to a port."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(says)
                if to is not None:
                    _lead(connection, to)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.close()
        thread.join(5)


def _lead(connection: socket.socket, to: int) -> None:
    with socket.create_connection(("127.0.0.1", to)) as there:
        there.sendall(connection.recv(65536))
        while piece := there.recv(65536):
            connection.sendall(piece)


def test_a_proxy_is_told_the_checked_address_and_never_the_name() -> None:
    with (
        serving(lambda r: r.give(200, b"here")) as peer,
        _proxy(b"HTTP/1.1 200 Connection established\r\n\r\n", peer.port) as (port, asked),
    ):
        outside = Outside({"first.test": [[ADDRESS]]})
        dial = dial_through(ipaddress.ip_address("127.0.0.1"), port)
        answer = Egress(outside.resolve, dial).request("GET", "http://first.test/", policy=PUBLIC)

    assert answer.body == b"here"
    assert asked[0].startswith(b"CONNECT 93.184.215.14:80 HTTP/1.1\r\n")
    assert b"first.test" not in asked[0]


@pytest.mark.parametrize(
    "says", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 2", b"x" * 9000]
)
def test_a_proxy_that_refuses_is_no_connection(says: bytes) -> None:
    with _proxy(says) as (port, _):
        outside = Outside({"first.test": [[ADDRESS]]})
        dial = dial_through(ipaddress.ip_address("127.0.0.1"), port)
        with pytest.raises(Unreachable, match="no_connection"):
            Egress(outside.resolve, dial).request("GET", "http://first.test/", policy=PUBLIC)


def test_a_connection_leaves_from_the_address_that_was_named() -> None:
    with serving(lambda r: r.give(200, r.client_address[0].encode())) as peer:
        here = dial_from(ipaddress.ip_address("127.0.0.2"))
        outside = Outside({"first.test": [[ADDRESS]]}, peer.port)

        def dial(address: object, port: int, seconds: float) -> socket.socket:
            return here(ipaddress.ip_address("127.0.0.1"), peer.port, seconds)

        answer = Egress(outside.resolve, dial).request("GET", "http://first.test/", policy=PUBLIC)

    assert answer.body == b"127.0.0.2"


def test_there_is_no_way_from_one_kind_of_address_to_the_other() -> None:
    with pytest.raises(OSError, match="no way"):
        dial_from(ipaddress.ip_address("::1"))(ipaddress.ip_address(ADDRESS), 80, 1.0)


def test_a_vantage_is_read_as_it_is_written() -> None:
    there = Outlook.parse("frankfurt:DE=proxy:[2001:db8::5]:3128")
    assert (there.name, there.country) == ("frankfurt", "DE")
    assert there.proxy == (ipaddress.ip_address("2001:db8::5"), 3128)
    here = Outlook.parse("second=from:192.0.2.7")
    assert (here.country, here.source) == ("", ipaddress.ip_address("192.0.2.7"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x=from:name",
        "x=proxy:192.0.2.1",
        "x=proxy:192.0.2.1:0",
        "X:DE=from:192.0.2.1",
        "x:de=from:192.0.2.1",
        "x=socks:192.0.2.1:1",
    ],
)
def test_a_vantage_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Outlook.parse(text)

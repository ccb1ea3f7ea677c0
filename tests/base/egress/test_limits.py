"""No answer, however large, slow or odd, takes more than the policy gives."""

import contextlib
import gzip
import logging
import pickle
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.base.egress.peer import Handler, Outside, certificate, serving
from tocsin.base.egress import (
    PUBLIC,
    Egress,
    TooLarge,
    TooSlow,
    Unreachable,
    UnreadableAnswer,
    configured_peer,
)

pytestmark = pytest.mark.server
KIB = 1024


def chunked(request: Handler, pieces: Iterator[bytes], **headers: str) -> None:
    request.send_response(200)
    for name, value in {"Transfer-Encoding": "chunked", **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    for piece in pieces:
        request.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    request.wfile.write(b"0\r\n\r\n")


@contextlib.contextmanager
def raw_server(answer: bytes, *, then_wait: float = 0) -> Iterator[str]:
    """Say ``answer`` to whoever connects, whatever they ask."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def run() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(64 * KIB)
                connection.sendall(answer)
                done.wait(then_wait)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        listener.close()
        thread.join()


def test_an_answer_of_just_the_allowed_size_is_given() -> None:
    with serving(lambda request: request.give(body=b"x" * KIB)) as peer:
        policy = configured_peer(peer.url).limited_to(max_bytes=KIB)
        assert len(Egress().request("GET", peer.url, policy=policy).body) == KIB


def test_a_larger_answer_is_refused_by_what_it_declares() -> None:
    with serving(lambda request: request.give(body=b"x" * (KIB + 1))) as peer:
        policy = configured_peer(peer.url).limited_to(max_bytes=KIB)
        with pytest.raises(TooLarge, match="declared"):
            Egress().request("GET", peer.url, policy=policy)


def test_an_answer_that_never_ends_is_cut_while_it_comes() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * KIB

    with serving(lambda request: chunked(request, endless())) as peer:
        policy = configured_peer(peer.url).limited_to(max_bytes=64 * KIB)
        with pytest.raises(TooLarge, match="as_sent"):
            Egress().request("GET", peer.url, policy=policy)


def test_an_answer_that_unpacks_to_gigabytes_takes_no_memory() -> None:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1024 * KIB)
    bomb = b"".join([*(packer.compress(zeros) for _ in range(256)), packer.flush()])
    assert len(bomb) < 512 * KIB
    with serving(lambda request: request.give(body=bomb, Content_Encoding="gzip")) as peer:
        policy = configured_peer(peer.url).limited_to(max_bytes=512 * KIB)
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge, match="unpacked"):
                Egress().request("GET", peer.url, policy=policy)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * 1024 * KIB


def packed_once(data: bytes) -> bytes:
    # Without the time of day: two collections of these tests must name them alike.
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", packed_once(b"plain")),
        ("X-GZIP", packed_once(b"plain")),
        ("identity", b"plain"),
        ("deflate", zlib.compress(b"plain")),
    ],
    ids=["gzip", "x-gzip", "identity", "deflate"],
)
def test_an_answer_packed_without_being_asked_is_unpacked(encoding: str, packed: bytes) -> None:
    with serving(lambda request: request.give(body=packed, Content_Encoding=encoding)) as peer:
        answer = Egress().request("GET", peer.url, policy=configured_peer(peer.url))
    assert answer.body == b"plain"
    assert peer.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"anything"),
        ("gzip, gzip", packed_once(packed_once(b"plain"))),
        ("gzip", b"not packed at all"),
        ("gzip", packed_once(b"plain")[:-9]),
        ("gzip", packed_once(b"plain") + packed_once(b"more")),
    ],
    ids=["unknown packing", "packed twice", "not packed", "cut off", "more behind"],
)
def test_a_part_of_a_body_is_never_taken_for_the_whole(encoding: str, body: bytes) -> None:
    with (
        serving(lambda request: request.give(body=body, Content_Encoding=encoding)) as peer,
        pytest.raises(UnreadableAnswer),
    ):
        Egress().request("GET", peer.url, policy=configured_peer(peer.url))


def test_the_answer_to_head_has_no_body_whatever_it_declares() -> None:
    with serving(lambda r: r.give(body=b"x" * 9, Content_Encoding="gzip")) as peer:
        policy = configured_peer(peer.url).limited_to(max_bytes=1)
        answer = Egress().request("HEAD", peer.url, policy=policy)
    assert (answer.body, answer.headers["content-length"]) == (b"", "9")


def test_a_byte_now_and_then_does_not_keep_us() -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.05)
            yield b"x"

    with serving(lambda request: chunked(request, drip())) as peer:
        policy = configured_peer(peer.url).limited_to(deadline_seconds=0.5)
        started = time.monotonic()
        with pytest.raises(TooSlow):
            Egress().request("GET", peer.url, policy=policy)
        assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_does_not_keep_us() -> None:
    with raw_server(b"", then_wait=20) as url, pytest.raises(TooSlow):
        Egress().request("GET", url, policy=configured_peer(url).limited_to(deadline_seconds=0.3))


def test_a_server_that_takes_nothing_does_not_keep_us() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    policy = configured_peer(url).limited_to(deadline_seconds=0.3)
    with listener, pytest.raises(TooSlow):
        Egress().request("POST", url, content=bytes(32 * 1024 * KIB), policy=policy)


def test_slow_redirects_share_one_deadline() -> None:
    def reply(request: Handler) -> None:
        time.sleep(0.25)
        request.give(302, Location="/again")

    with serving(reply) as peer:
        policy = configured_peer(peer.url).limited_to(deadline_seconds=0.6)
        with pytest.raises(TooSlow):
            Egress().request("GET", peer.url, policy=policy)


def test_a_slow_name_server_does_not_keep_us() -> None:
    release = threading.Event()

    def resolve(name: str) -> list[str]:
        release.wait(20)
        return [name]

    started = time.monotonic()
    with pytest.raises(TooSlow, match="look_up"):
        Egress(resolve=resolve).request(
            "GET", "http://slow.example/", policy=PUBLIC.limited_to(deadline_seconds=0.2)
        )
    release.set()
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200 * KIB,
        b"",
    ],
)
def test_what_is_not_a_whole_http_answer_is_unreachable(said: bytes) -> None:
    with raw_server(said) as url, pytest.raises(Unreachable) as failed:
        Egress().request("GET", url, policy=configured_peer(url))
    assert failed.value.reason in {"not_http", "broken_off"}


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Unreachable, match="no_connection"):
        Egress().request("GET", url, policy=configured_peer(url))


def test_tls_asks_for_the_name_while_the_connection_goes_to_the_address(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "safe.example")
    asked: list[str] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(str(name))
    with serving(lambda request: request.give(body=b"safe"), tls=server) as peer:
        outside = Outside(names={"safe.example": [["8.8.8.8"]]}, port=peer.port)
        egress = Egress(resolve=outside.resolve, dial=outside.dial, tls=trusting)
        answer = egress.request("GET", "https://safe.example/", policy=PUBLIC)
    assert answer.body == b"safe"
    assert asked == ["safe.example"]
    assert outside.dialled == [("8.8.8.8", 443)]
    assert peer.seen[0].headers["host"] == "safe.example"


def test_a_certificate_for_another_name_is_refused_without_naming_it(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "other.example")
    with serving(lambda request: request.give(), tls=server) as peer:
        outside = Outside(names={"safe.example": [["8.8.8.8"]]}, port=peer.port)
        egress = Egress(resolve=outside.resolve, dial=outside.dial, tls=trusting)
        with pytest.raises(Unreachable, match="certificate") as failed:
            egress.request("GET", "https://safe.example/", policy=PUBLIC)
    assert "example" not in str(failed.value)
    assert failed.value.__suppress_context__


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, "127.0.0.1")
    with serving(lambda request: request.give(), tls=server) as peer:
        url = f"https://127.0.0.1:{peer.port}"
        with pytest.raises(Unreachable, match="certificate"):
            Egress().request("GET", url, policy=configured_peer(url))
    assert peer.seen == []


def test_a_peer_that_speaks_no_tls_is_unreachable() -> None:
    with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as plain:
        url = plain.replace("http:", "https:")
        with pytest.raises(Unreachable):
            Egress().request("GET", url, policy=configured_peer(url))


def test_proxies_in_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(lambda request: request.give(body=b"direct")) as peer:
        answer = Egress().request("GET", peer.url, policy=configured_peer(peer.url))
    assert answer.body == b"direct"


def test_no_log_line_says_where_we_went_or_what_we_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda request: request.give(500, body=b"x" * 9)) as peer, capture_logs() as lines:
        policy = configured_peer(peer.url)
        secret = {"Authorization": "Bearer s3cret"}
        Egress().request("GET", peer.url + "/hidden", headers=secret, policy=policy)
        with pytest.raises(TooLarge):
            Egress().request("GET", peer.url + "/hidden", policy=policy.limited_to(max_bytes=1))
    written = caplog.text + str(lines)
    assert [line["event"] for line in lines] == ["egress_failed"]
    assert not [word for word in ("hidden", "s3cret", "127.0.0.1") if word in written]


def test_a_header_that_could_smuggle_another_is_refused_without_repeating_it() -> None:
    with serving(lambda request: request.give()) as peer:
        policy = configured_peer(peer.url)
        for headers in ({"X-Key": "s3cret\r\nX: y"}, {"X-Key": "s3cret\u20ac"}, {"Host": "inside"}):
            with pytest.raises(ValueError, match="header") as failed:
                Egress().request("GET", peer.url, headers=headers, policy=policy)
            assert "s3cret" not in str(failed.value)
    assert peer.seen == []


def test_an_answer_shows_no_body_and_does_not_leave_the_process() -> None:
    with serving(lambda request: request.give(body=b"picture")) as peer:
        answer = Egress().request("GET", peer.url + "/hidden", policy=configured_peer(peer.url))
    assert repr(answer) == "Answer(status=200, body=<7 bytes>)"
    with pytest.raises(TypeError):
        pickle.dumps(answer)


def test_what_is_sent_arrives_as_it_was_given() -> None:
    with serving(lambda request: request.give(201, b"ok", X_One="a")) as peer:
        answer = Egress().request(
            "put",
            peer.url + "/a%2fb/é?q=ü&empty=",
            content=b"\x00body",
            headers={"Content-Type": "application/octet-stream"},
            policy=configured_peer(peer.url),
        )
    (seen,) = peer.seen
    assert (seen.method, seen.path) == ("PUT", "/a%2fb/%C3%A9?q=%C3%BC&empty=")
    assert seen.body == b"\x00body"
    assert seen.headers["user-agent"].startswith("Tocsin/")
    assert seen.headers["host"] == f"127.0.0.1:{peer.port}"
    assert (answer.status, answer.headers["x-one"]) == (201, "a")

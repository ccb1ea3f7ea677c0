"""`tocsin check --retro --private`, through the server's own door and against its faults."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.domain.listing import Told, a_key, a_list, digest, put
from tests.doors.api.asking import Client
from tests.site.checking.test_journal import LISTED, Lists
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.private import keys
from tocsin.domain.matching.private.evaluating import Evaluator
from tocsin.doors.api.door import ApiDoor
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.media import fingerprint
from tocsin.engine.oprf import blind
from tocsin.site.checking.comparing import PrivateRetro
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.private import PrivateServer, Sent, sender
from tocsin.site.checking.types import CannotAsk, File, Known, Looked
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db


def holding(name: str) -> Looked:
    """A file whose digests are those of the picture `name`."""
    prints = Fingerprints(
        status=Status.OK,
        size_bytes=1,
        md5=digest(Kind.MD5, name),
        sha1=digest(Kind.SHA1, name),
        sha256=digest(Kind.SHA256, name),
    )
    return Looked(File(f"/pictures/{name}.jpg", 0, 1, 1), prints)


class Place:
    """A server with a list that grows, and the requests that reached it."""

    def __init__(self, now: datetime) -> None:
        build_index(at=now)
        self.now, self.checker = now, Checker.from_settings()
        self.list_no = a_list(now)
        self.worker = Evaluator()
        self.follow()
        door = ApiDoor(checker=lambda: self.checker, fingerprint=fingerprint, now=lambda: now)
        self.client = Client(door).with_bearer(a_key(now))
        self.checker.keys.refresh(at=now)
        self.sent: list[tuple[str, bytes | None]] = []

    def follow(self) -> None:
        self.worker.look(self.now, seconds=10)
        self.checker.follow(self.now)

    def list_(self, name: str, kind: Kind = Kind.MD5) -> None:
        told = Told(fingerprints=(FingerprintValue(kind, digest(kind, name)),))
        put(self.now, self.list_no, name, told)
        self.follow()

    @property
    def version(self) -> int:
        serving = self.checker.serving(self.now)
        assert serving is not None
        return serving.version

    def send(self, method: str, path: str, body: bytes | None) -> Sent:
        self.sent.append((path, body))
        address, _, query = path.partition("?")
        said = self.client.ask(
            method, address, body or b"", QUERY_STRING=query, CONTENT_TYPE="application/json"
        )
        return said.status, said.body, said.headers.get("Retry-After", "")


@pytest.fixture
def place(now: datetime) -> Iterator[Place]:
    made = Place(now)
    yield made
    made.checker.stop()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "prints", "lists") as opened:
        yield opened


def keep(journal: Journal, place: Place, *names: str) -> None:
    nothing = Known("not_listed", "none", list_version=place.version)
    journal.keep([(holding(name), nothing) for name in names])


def one_pass(
    place: Place, journal: Journal, send: Any = None
) -> tuple[PrivateRetro, Lists, list[str]]:
    lists = Lists(replace(LISTED, list_version=place.version))
    server = PrivateServer(send or place.send, wait=lambda seconds: None)
    retro = PrivateRetro(lists=lists, journal=journal, server=server)
    return retro, lists, [result.path for result in retro.results()]


@pytest.mark.parametrize("kind", [Kind.MD5, Kind.SHA1, Kind.SHA256])
def test_only_what_is_found_is_asked_for(kind: Kind, place: Place, journal: Journal) -> None:
    keep(journal, place, "a", "b", "c")
    place.list_("b", kind)
    retro, lists, found = one_pass(place, journal)
    assert (retro.broken_off, found) == (None, ["/pictures/b.jpg"])
    assert lists.asked == ["/pictures/b.jpg"]
    for name in "abc":
        for one in (Kind.MD5, Kind.SHA1, Kind.SHA256):
            value = digest(one, name)
            for path, body in place.sent:
                assert value.hex() not in path
                assert value not in (body or b"")


def test_the_next_pass_compares_with_what_came_since_and_evaluates_nothing_again(
    place: Place, journal: Journal
) -> None:
    keep(journal, place, "a", "b")
    place.list_("a")
    one_pass(place, journal)
    place.sent.clear()
    place.list_("b")
    _, lists, found = one_pass(place, journal)
    assert found == lists.asked == ["/pictures/b.jpg"]
    assert "/v2/private/evaluate" not in [path for path, _ in place.sent]
    assert one_pass(place, journal)[2] == []


def test_a_file_kept_later_is_compared_from_when_it_was_asked_for(
    place: Place, journal: Journal
) -> None:
    keep(journal, place, "a")
    early = place.version
    one_pass(place, journal)
    place.list_("b")
    one_pass(place, journal)
    # Asked for before "b" was listed, and kept only now.
    journal.keep([(holding("b"), Known("not_listed", "none", list_version=early))])
    assert one_pass(place, journal)[2] == ["/pictures/b.jpg"]


def test_files_never_asked_for_are_said_to_be_not_compared(place: Place, journal: Journal) -> None:
    journal.keep([(holding("a"), Known("unavailable", "hold"))])
    retro, _, found = one_pass(place, journal)
    assert (retro.not_compared, found, retro.broken_off) == (1, [], None)


def test_another_epoch_sends_back_to_asking_in_full(place: Place, journal: Journal) -> None:
    keep(journal, place, "a")
    one_pass(place, journal)
    place.list_("a")
    settings.TOCSIN_KEYS.rotate(keys.RING)
    place.follow()
    retro, _, found = one_pass(place, journal)
    assert found == []
    assert retro.broken_off is not None
    assert "without --private" in retro.broken_off


def test_an_evaluation_without_a_right_proof_is_not_believed(
    place: Place, journal: Journal
) -> None:
    keep(journal, place, "a")

    def send(method: str, path: str, body: bytes | None) -> Sent:
        status, answer, after = place.send(method, path, body)
        if path == "/v2/private/key":
            # What it told everybody is another key than it uses for this one.
            public = PrivateServer(place.send).public
            answer = answer.replace(b64encode(public), b64encode(blind(b"other").element))
        return status, answer, after

    retro, _, found = one_pass(place, journal, send)
    assert found == []
    assert retro.broken_off is not None
    assert "did not prove" in retro.broken_off


def test_a_key_that_changes_within_an_epoch_is_not_used(place: Place, journal: Journal) -> None:
    keep(journal, place, "a")
    server = PrivateServer(place.send)
    assert journal.enter_epoch(server.epoch, blind(b"other").element)
    place.sent.clear()
    retro, _, _ = one_pass(place, journal)
    assert retro.broken_off is not None
    assert "another public key" in retro.broken_off
    assert [path for path, _ in place.sent] == ["/v2/private/key"]


def test_what_was_not_confirmed_is_found_again(place: Place, journal: Journal) -> None:
    keep(journal, place, "a")
    place.list_("a")
    server = PrivateServer(place.send)
    lists = Lists()
    lists.answer = CannotAsk("down")
    retro = PrivateRetro(lists=lists, journal=journal, server=server)
    assert list(retro.results()) == []
    assert retro.broken_off == "down"
    assert one_pass(place, journal)[2] == ["/pictures/a.jpg"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_server_that_refuses_breaks_the_pass_off(status: int) -> None:
    with pytest.raises(CannotAsk, match=str(status)):
        PrivateServer(lambda *_: (status, b"{}", "1"), wait=lambda seconds: None)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"protocol": "other/1"}'])
def test_what_is_no_answer_is_not_read_as_one(body: bytes) -> None:
    with pytest.raises(CannotAsk):
        PrivateServer(lambda *_: (200, body, ""))


@pytest.mark.parametrize("url", ["http://tocsin.example", "nonsense"])
def test_a_key_does_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(CannotAsk):
        sender(url, "k-test.c2VjcmV0")


def test_private_belongs_to_a_server() -> None:
    assert main(["check", "--retro", "--private"]) == 2

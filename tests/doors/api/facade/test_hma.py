"""The wire of Meta's HMA, as clients written for it meet it."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.domain.listing import Told, a_list, digest, flipped, prints, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.facade.asking_foreign import asked_by, b64, foreign
from tests.doors.api.facade.conftest import Lost
from tests.doors.api.facade.serving import nobody, serving, serving_late
from tests.doors.api.test_media import landscape
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.doors.api import facade
from tocsin.doors.api.door import ApiDoor
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import fingerprint
from tocsin.site.dispatch import Dispatch

PREFIX = "/facade/hma"

pytestmark = pytest.mark.django_db


def pdq(value: bytes, **more: str) -> dict[str, Any]:
    query = {"signal_type": "pdq", "signal": value.hex(), **more}
    return {"place": "m/lookup", "query": query}


class TestWithRequests:
    pytestmark = foreign

    def test_signals_and_files_are_looked_up(
        self, door: ApiDoor, issue: Issue, listed: Fingerprints, picture: bytes
    ) -> None:
        assert listed.pdq is not None
        with serving(door) as base:
            near, far, md5, file, other = asked_by(
                "hma",
                base,
                issue().bearer,
                pdq(flipped(listed.pdq, 9)),
                pdq(digest(Kind.PDQ, "hill")),
                {"place": "m/lookup", "query": {"signal_type": "video_md5", "signal": "ab" * 16}},
                {"place": "m/lookup", "field": "photo", "file": b64(picture)},
                {"place": "m/lookup", "field": "photo", "file": b64(landscape(7))},
            )
        ((bank, (match,)),) = near["told"].items()
        assert (bank, match["distance"]) == ("TOCSIN_REVIEW", "12")
        assert isinstance(match["bank_content_id"], int)
        assert [one["clean"] for one in (near, far, md5, file, other)] == [
            False, True, True, False, True,
        ]  # fmt: skip
        assert file["told"].keys() == {"pdq"}
        assert file["told"]["pdq"].keys() == {"TOCSIN_BLOCK"}
        assert other["told"] == {"pdq": {}}

    def test_what_could_not_be_checked_is_raised(self, door: ApiDoor, issue: Issue) -> None:
        with serving(door) as base:
            told = asked_by(
                "hma",
                base,
                issue().bearer,
                pdq(bytes(32)),
                {"place": "m/lookup", "query": {"url": "https://pictures.example/a.jpg"}},
                {"place": "m/lookup", "query": {"signal_type": "tlsh", "signal": "ab"}},
                {"place": "m/lookup", "query": {"signal_type": "pdq", "signal": "ab"}},
                {"place": "m/lookup", "field": "photo", "file": b64(b"hello")},
                {"place": "m/lookup", "field": "file", "file": b64(landscape(7))},
                {**pdq(digest(Kind.PDQ, "hill")), "key": "wrong.key"},
            )
        assert [one["status"] for one in told] == [422, 403, 400, 400, 422, 400, 401]

    def test_nothing_reads_as_clean_while_nothing_can_be_answered(
        self, without_index: Lost, picture: bytes
    ) -> None:
        key = without_index.key.bearer
        asked = [
            pdq(digest(Kind.PDQ, "hill")),
            {"place": "m/lookup", "field": "photo", "file": b64(picture)},
        ]
        down = asked_by("hma", nobody(), key, *asked)
        with serving(without_index.door) as base:
            without = asked_by("hma", base, key, *asked)
        with serving_late(without_index.door) as base:
            late = asked_by("hma", base, key, *asked, timeout=0.3)
        assert [one["raised"] for one in down] == ["ConnectionError"] * 2
        assert [one["status"] for one in without] == [503] * 2
        assert [one["raised"] for one in late] == ["ReadTimeout"] * 2


@pytest.fixture
def client(door: ApiDoor, issue: Issue) -> Client:
    return Client(door).with_bearer(issue())


def lookup(client: Client, value: bytes, place: str = "m/lookup", more: str = "") -> Any:
    query = f"signal_type=pdq&signal={value.hex()}{more}"
    return client.ask("GET", f"{PREFIX}/{place}", QUERY_STRING=query)


def test_raw_lookup_gives_numbers_and_distances_when_asked_for(
    client: Client, listed: Fingerprints
) -> None:
    assert listed.pdq is not None
    (number,) = lookup(client, listed.pdq, "m/raw_lookup").json["matches"]
    (match,) = lookup(client, listed.pdq, "m/raw_lookup", "&include_distance=true").json["matches"]
    assert match["bank_content_id"] == number
    assert match["distance"] == "0"


def test_a_tier_that_is_told_no_distance_gets_none(
    door: ApiDoor, issue: Issue, listed: Fingerprints
) -> None:
    assert listed.pdq is not None
    client = Client(door).with_bearer(issue(Tier.ACTION))
    ((match,),) = lookup(client, flipped(listed.pdq, 9)).json.values()
    assert match["distance"] == "not told"


def test_an_entry_under_review_is_in_the_bank_for_review(
    client: Client, checker: Checker, now: datetime
) -> None:
    put(now, a_list(now), "harbour", Told(held=True, fingerprints=prints("harbour", Kind.MD5)))
    checker.follow(now)
    query = f"signal_type=video_md5&signal={digest(Kind.MD5, 'harbour').hex()}"
    said = client.ask("GET", f"{PREFIX}/m/lookup", QUERY_STRING=query)
    assert said.json.keys() == {"TOCSIN_REVIEW"}
    only = client.ask("GET", f"{PREFIX}/m/lookup", QUERY_STRING=f"{query}&banks=TOCSIN_BLOCK")
    assert only.json == {}


def test_a_file_is_hashed_for_its_sender(client: Client, picture: bytes) -> None:
    body, content_type = form("photo", picture)
    said = client.post(f"{PREFIX}/h/hash", body, CONTENT_TYPE=content_type)
    found = fingerprint(picture)
    assert found.pdq is not None
    assert said.json == {"pdq": found.pdq.hex()}
    body, content_type = form("video", b"a film")
    said = client.post(f"{PREFIX}/h/hash", body, CONTENT_TYPE=content_type)
    assert said.json == {"video_md5": fingerprint(b"a film").md5.hex()}


def test_the_status_says_whether_the_index_is_there(door: ApiDoor, without_index: Lost) -> None:
    up, down = Client(door), Client(without_index.door)
    assert (up.ask("GET", f"{PREFIX}/status").status, up.ask("GET", f"{PREFIX}/status").body) == (
        200,
        b"I-AM-ALIVE",
    )
    assert down.ask("GET", f"{PREFIX}/status").status == 503
    assert down.ask("GET", f"{PREFIX}/status/live").status == 200


def test_the_query_is_out_of_the_request_before_anything_can_be_logged(
    door: ApiDoor, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = digest(Kind.PDQ, "hill").hex()
    query = f"signal_type=pdq&signal={value}"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"{PREFIX}/m/lookup",
        "QUERY_STRING": query,
        "REQUEST_URI": f"{PREFIX}/m/lookup?{query}",
        "HTTP_AUTHORIZATION": f"Bearer {issue().bearer}",
        "wsgi.input": io.BytesIO(),
    }
    monkeypatch.setattr(facade.hma, "ask", lambda *_, **__: 1 / 0)
    with capture_logs() as logs:
        list(Dispatch(api=door, pages=None)(environ, lambda *_: None))
    assert logs
    assert value not in str(logs)
    assert value not in str(environ)


def test_it_is_closed_unless_a_setting_opens_it(checker: Checker, now: datetime) -> None:
    door = ApiDoor(checker=lambda: checker, fingerprint=fingerprint, now=lambda: now)
    assert Client(door).ask("GET", f"{PREFIX}/status").status == 404
    assert "hma" not in facade.USUAL


def form(field: str, content: bytes, name: str = "a.png") -> tuple[bytes, str]:
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    body = b"--b\r\n" + head.encode() + b"\r\nContent-Type: image/png\r\n\r\n" + content
    return body + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


@given(
    place=st.sampled_from(["m/lookup", "m/raw_lookup", "h/hash"]),
    query=st.text(max_size=60)
    | st.binary(max_size=40).map(lambda value: f"signal_type=pdq&signal={value.hex()}"),
    body=st.binary(max_size=120),
    method=st.sampled_from(["GET", "POST"]),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_sent_is_refused_in_the_wires_own_shape(
    client: Client, place: str, query: str, body: bytes, method: str
) -> None:
    kind = {"CONTENT_TYPE": "multipart/form-data; boundary=b"}
    said = client.ask(method, f"{PREFIX}/{place}", body, QUERY_STRING=query, **kind)
    if said.status == 200:
        assert place != "h/hash"
        assert "signal=" in query
    else:
        assert 400 <= said.status < 500
        assert isinstance(said.json["message"], str)

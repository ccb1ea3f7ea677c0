"""`POST /v2/checks` as a stream of lines: answered in order, while they come."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.listing import a_list, digest, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.support import run_worker_round
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.v2 import stream
from tocsin.doors.api.v2.lines import MOST_LINE_BYTES, lines_in
from tocsin.engine.media import fingerprint

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"
BEACH = digest(Kind.MD5, "beach").hex()
HILL = digest(Kind.MD5, "hill").hex()


def line(name: str, md5: str = HILL) -> bytes:
    return msgspec.json.encode({"id": name, "md5": md5}) + b"\n"


@pytest.fixture
def door(checker: Checker, now: datetime) -> ApiDoor:
    put(now, a_list(now), "beach")
    checker.follow(now)
    return ApiDoor(checker=lambda: checker, fingerprint=fingerprint, now=lambda: now)


@pytest.fixture
def key(door: ApiDoor, issue: Issue) -> IssuedKey:
    return issue()


def opened(door: ApiDoor, key: IssuedKey, body: io.BytesIO, **more: Any) -> Iterator[bytes]:
    """The answer, piece by piece as it is made."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "CONTENT_TYPE": "application/x-ndjson",
        "HTTP_AUTHORIZATION": f"Bearer {key.bearer}",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        **more,
    }
    told: list[tuple[str, dict[str, str]]] = []
    pieces = door(environ, lambda status, headers, *_: told.append((status, dict(headers))))
    ((status, headers),) = told
    assert status == "200 OK"
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["RateLimit"].startswith('"key";r=')
    assert "Content-Length" not in headers
    return iter(pieces)


def asked(door: ApiDoor, key: IssuedKey, body: bytes, **more: Any) -> list[Any]:
    """Every line of the answer."""
    answer = b"".join(opened(door, key, io.BytesIO(body), **more))
    assert answer.endswith(b"\n")
    return [msgspec.json.decode(one) for one in answer.splitlines()]


def test_each_line_is_answered_in_order_and_the_last_says_how_many(
    door: ApiDoor, key: IssuedKey
) -> None:
    body = line("a") + line("b", BEACH) + b"\r\n   \n" + line("c")[:-1]
    a, b, c, end = asked(door, key, body)
    assert [one["id"] for one in (a, b, c)] == ["a", "b", "c"]
    assert [one["status"] for one in (a, b, c)] == ["not_listed", "listed", "not_listed"]
    assert b["action"] == "block"
    assert end == {"end": 3}


def test_an_empty_stream_ends_at_once(door: ApiDoor, key: IssuedKey) -> None:
    assert asked(door, key, b"") == [{"end": 0}]


def test_a_wrong_line_gets_its_own_answer_and_stops_nothing(door: ApiDoor, key: IssuedKey) -> None:
    wrong = [
        b"not json\n",
        b'{"id": "x", "md5": "zz"}\n',
        b'{"id": "y"}\n',
        b"[1]\n",
        b'{"id": "' + b"z" * MOST_LINE_BYTES + b'"}\n',
        b"\xff\xfe\n",
    ]
    *refused, right, end = asked(door, key, b"".join(wrong) + line("a", BEACH))
    assert [one["status"] for one in refused] == ["refused"] * 6
    assert [one["action"] for one in refused] == ["hold"] * 6
    assert [one["error"]["index"] for one in refused] == list(range(6))
    assert refused[1]["error"] == {
        "index": 1, "id": "x", "field": "md5", "message": "32 hexadecimal digits are needed.",
    }  # fmt: skip
    assert right["status"] == "listed"
    assert end == {"end": 7}


class Held(io.BytesIO):
    """A body whose rest does not come before somebody lets it."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__()
        self.pieces = list(pieces)
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return self.pieces.pop(0) if self.pieces else b""


def test_lines_are_answered_while_others_still_come(door: ApiDoor, key: IssuedKey) -> None:
    body = Held(line("a") + line("b")[:9], line("b")[9:], b"")
    pieces = opened(door, key, body)
    assert msgspec.json.decode(next(pieces))["id"] == "a"
    assert body.reads == 1
    assert msgspec.json.decode(next(pieces))["id"] == "b"
    assert msgspec.json.decode(next(pieces)) == {"end": 2}


def test_a_stream_of_which_less_comes_than_was_announced_does_not_say_end(
    door: ApiDoor, key: IssuedKey
) -> None:
    *_, last = asked(door, key, line("a"), CONTENT_LENGTH="500")
    assert last["error"]["code"] == "body_cut_short"
    assert "end" not in last


def test_a_key_without_tokens_is_stopped_and_told_when_to_go_on(
    door: ApiDoor, issue: Issue
) -> None:
    key = issue(per_second=1.0, burst=2)
    lines = b"".join(line(str(n)) for n in range(2_000))
    *answers, last = asked(door, key, lines)
    assert last["stopped"] == len(answers)
    assert last["stopped"] < 2_000
    assert last["error"]["code"] == "too_many_requests"
    assert last["retry_after"] >= 1


def test_a_key_that_is_revoked_meanwhile_hears_no_more(
    door: ApiDoor, key: IssuedKey, checker: Checker, now: datetime
) -> None:
    from tests.domain.listing import ACTOR
    from tocsin.base.accounts.actions import revoke_key

    pieces = opened(door, key, Held(line("a"), line("b")))
    assert b"not_listed" in next(pieces)
    revoke_key(key_id=key.key_id, actor=ACTOR, at=now)
    checker.keys.refresh(at=now)
    last = msgspec.json.decode(next(pieces))
    assert (last["stopped"], last["error"]["code"]) == (1, "unknown_key")
    assert list(pieces) == []


def test_what_cannot_be_looked_up_is_said_for_each_line(
    door: ApiDoor, key: IssuedKey, checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "_problem", lambda *_: "gone")
    a, b, end = asked(door, key, line("a") + line("b", BEACH))
    assert {(one["status"], one["action"]) for one in (a, b)} == {("unavailable", "hold")}
    assert end == {"end": 2}


def test_a_failure_in_the_middle_leaves_out_the_end(
    door: ApiDoor, key: IssuedKey, checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = opened(door, key, Held(line("a"), line("b")))
    assert b"not_listed" in next(pieces)
    monkeypatch.setattr(checker, "check", lambda *_, **__: 1 / 0)
    assert list(pieces) == []


def test_a_tier_that_hears_yes_or_no_hears_no_more_in_a_stream(door: ApiDoor, issue: Issue) -> None:
    wrong, right, _ = asked(door, issue(Tier.BOOLEAN), b"{}\n" + line("a", BEACH))
    assert (wrong["action"], right["action"], right["match"]) == (None, None, None)


def test_a_stream_sent_again_with_its_key_writes_its_hits_once(
    door: ApiDoor, key: IssuedKey, now: datetime
) -> None:
    body = line("a", BEACH) + line("a", BEACH)
    for _ in range(2):
        asked(door, key, body, HTTP_IDEMPOTENCY_KEY='"7f"')
    asked(door, key, body)
    run_worker_round(now)
    assert Hit.objects.count() == 4


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405)])
def test_other_methods_are_refused(client: Client, method: str, status: int) -> None:
    said = client.ask(method, PATH, CONTENT_TYPE="application/x-ndjson")
    assert said.status == status


def test_without_a_key_nothing_is_streamed(client: Client) -> None:
    assert client.post(PATH, line("a"), CONTENT_TYPE="application/x-ndjson").status == 401


@given(
    data=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.just(line("a", BEACH)),
            st.just(line("b")),
            st.sampled_from([b"{}\n", b"\n", b'{"id": "a"', b"null\n", b'"\\ud800"\n']),
        ),
        max_size=12,
    ),
    size=st.integers(1, 60),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_however_it_is_cut_every_line_is_answered_once_and_none_reads_as_clean_that_was_not_asked(
    door: ApiDoor, key: IssuedKey, data: list[bytes], size: int
) -> None:
    body = b"".join(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "PIECE_BYTES", size)
        *answers, end = asked(door, key, body)
    lines = [one for one in (part.strip() for part in body.split(b"\n")) if one]
    assert end == {"end": len(lines)}
    right = {line("a", BEACH).strip(): "listed", line("b").strip(): "not_listed"}
    assert [one["status"] for one in answers] == [right.get(one, "refused") for one in lines]


@given(body=st.binary(max_size=300), size=st.integers(1, 40))
def test_lines_do_not_depend_on_how_they_were_cut(body: bytes, size: int) -> None:
    pieces = [body[n : n + size] for n in range(0, len(body), size)]
    whole = [one for some in lines_in([body]) for one in some]
    assert [one for some in lines_in(pieces) for one in some] == whole


def test_a_line_without_end_is_one_line_and_fills_no_memory() -> None:
    pieces = [b"x" * 10_000] * 20 + [b"\nb\n"]
    assert [one for some in lines_in(pieces) for one in some] == [None, b"b"]

"""The parts of the client by themselves: keys, addresses, the wire, pacing, the queue."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.faulty import KEY, answered, result
from tocsin.client import (
    Client,
    Key,
    OutagePolicy,
    Question,
    RecheckQueue,
    Settings,
    Why,
    WrongAddress,
    WrongKey,
    WrongQuestion,
)
from tocsin.client.failures import Failure
from tocsin.client.intake import Budget, Intake
from tocsin.client.keys import server_address
from tocsin.client.pacing import Allowance, Backoff, Breaker, retry_after
from tocsin.client.recheck import QueueUnusable
from tocsin.client.wire import MOST_BODY_BYTES, batches, item_of, results_of
from tocsin.engine.fingerprints import Status, digests_of


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://x.example", "http://", "https://a@b.example", "https://a.example/?k=v"],
)
def test_what_is_no_address_is_said_so(url: str) -> None:
    with pytest.raises(WrongAddress):
        server_address(url)


def test_a_key_travels_over_https_or_not_at_all() -> None:
    with pytest.raises(WrongAddress, match="in the clear"):
        Client("http://tocsin.example", KEY, outage=OutagePolicy.HOLD)
    for url in ("http://localhost:8000/", "http://127.0.0.1:8000", "http://[::1]:8000"):
        assert server_address(url) == url.rstrip("/")
    assert server_address("https://tocsin.example/below/") == "https://tocsin.example/below"


@pytest.mark.parametrize("text", ["", "nodot", "two\nlines.x", "sp ace.x", "é.x", "id.", ".x"])
def test_what_is_no_key_is_said_so(text: str) -> None:
    with pytest.raises(WrongKey):
        Key.from_text(text)


def test_a_key_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("tk_1.c2Vj.cmV0\n")
    key = Key.from_file(tmp_path / "key")
    assert (key.key_id, key.secret, key.bearer) == ("tk_1", "c2Vj.cmV0", "tk_1.c2Vj.cmV0")
    assert "c2Vj" not in repr(key)
    with pytest.raises(WrongKey, match="cannot be read"):
        Key.from_file(tmp_path / "gone")


def test_the_outage_policy_must_be_chosen_and_open_needs_its_queue(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="outage"):
        Client("https://tocsin.example", KEY)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="queue"):
        Client("https://tocsin.example", KEY, outage=OutagePolicy.OPEN_AND_RECHECK)
    queue = RecheckQueue(tmp_path / "q")
    with pytest.raises(ValueError, match="queue"):
        Client("https://tocsin.example", KEY, outage=OutagePolicy.HOLD, recheck=queue)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"md5": b"short"},
        {"sha256": bytes(32), "id": ""},
        {"sha256": bytes(32), "id": "a\n"},
        {"sha256": bytes(32), "id": "x" * 201},
        {"pdq": bytes(32)},
        {"pdq": bytes(32), "pdq_quality": 101},
        {"md5": bytes(16), "pdq_512": bytes(32)},
        {"md5": bytes(16), "url": ""},
        {"md5": bytes(16), "url": "https://x.example/\ud800"},
        {"md5": bytes(16), "uploaded_at": datetime(2026, 3, 3)},  # noqa: DTZ001
    ],
)
def test_what_a_server_would_refuse_is_not_asked(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongQuestion):
        Question(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tries": 0},
        {"deadline_seconds": 0},
        {"most_items": 10_001},
        {"first_pause_seconds": 9.0},
        {"most_held_bytes": 1},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


some_bytes = {name: st.binary(min_size=n, max_size=n) for name, n in (("md5", 16), ("pdq", 32))}
questions = st.builds(
    Question,
    id=st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=200),
    md5=some_bytes["md5"],
    pdq=some_bytes["pdq"],
    pdq_quality=st.integers(0, 100),
    pdq_oriented=st.none() | some_bytes["pdq"],
    media_status=st.none() | st.sampled_from(list(Status)),
    url=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=99),
    uploaded_at=st.none() | st.datetimes(timezones=st.just(timezone(timedelta(hours=2)))),
)


@given(st.lists(questions, max_size=30), st.integers(1, 7), st.integers(400, 4_000))
@settings(deadline=None)
def test_batches_hold_everything_once_in_order_and_within_limits(
    asked: list[Question], most_items: int, most_bytes: int
) -> None:
    found = list(batches(asked, most_items=most_items, most_bytes=most_bytes))
    assert [question for batch, _ in found for question in batch] == asked
    for batch, body in found:
        assert json.loads(body)["items"] == [item_of(question) for question in batch]
        assert len(batch) <= most_items
        assert len(body) <= most_bytes + 20 or len(batch) == 1


def test_the_largest_batch_is_one_that_a_server_takes() -> None:
    from tocsin.doors.api.v2.checks import MOST_BYTES
    from tocsin.doors.api.v2.wire import MOST_ID, MOST_ITEMS, MOST_URL

    longest = Question(id="é" * MOST_ID, md5=bytes(16), url="é" * MOST_URL)
    bodies = [len(body) for _, body in batches([longest] * 500, most_items=MOST_ITEMS)]
    assert max(bodies) <= MOST_BYTES
    assert len(json.dumps(item_of(longest))) < MOST_BODY_BYTES


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(st.binary(max_size=60) | anything.map(lambda told: json.dumps(told).encode()))
@settings(deadline=None)
def test_no_body_whatever_breaks_the_reading(body: bytes) -> None:
    with pytest.raises(Failure):
        results_of(body, ["a"])


@given(st.sampled_from(["results", "list_version", "stale"]), anything)
@settings(deadline=None)
def test_a_field_of_another_kind_is_no_answer(name: str, value: object) -> None:
    whole = answered([result({"id": "a"})])
    try:
        [told] = results_of(json.dumps({**whole, name: value}).encode(), ["a"])
    except Failure:
        return
    assert told.status == "not_listed"
    assert type(value) is type(whole[name])


@given(st.text(max_size=40) | st.integers(-5, 10**12).map(str))
@settings(deadline=None)
def test_no_retry_after_breaks_the_reading(text: str) -> None:
    assert retry_after({"retry-after": text}) >= 0


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
    assert retry_after({"retry-after": " 7 "}) == 7
    until = {"retry-after": "Tue, 03 Mar 2026 10:00:30 GMT"}
    assert retry_after(until, lambda: now) == 30
    assert retry_after(until, lambda: now + timedelta(hours=1)) == 0
    assert retry_after({}) == 0


def test_pauses_double_up_to_the_longest_and_differ() -> None:
    whole = [Backoff(1.0, 5.0, draw=lambda: 1.0).before_try(n) for n in range(2, 7)]
    half = [Backoff(1.0, 5.0, draw=lambda: 0.0).before_try(n) for n in range(2, 7)]
    assert whole == [1, 2, 4, 5, 5]
    assert half == [0.5, 1, 2, 2.5, 2.5]


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_an_allowance_fills_again() -> None:
    clock = Clock()
    allowance = Allowance(clock=clock)
    assert allowance.wait_for(10_000) == 0
    allowance.learn({"ratelimit": '"key";r=3;t=14', "ratelimit-policy": '"key";q=10;w=20'})
    assert allowance.wait_for(250) == 0
    allowance.spend(250)
    assert allowance.wait_for(1) == 2
    assert allowance.wait_for(10_000) == 20
    clock.at += 6
    assert allowance.wait_for(300) == 0


@given(st.text(max_size=60), st.text(max_size=60))
@settings(deadline=None)
def test_headers_that_say_nothing_change_nothing(limit: str, policy: str) -> None:
    allowance = Allowance(clock=Clock())
    allowance.learn({"ratelimit": limit, "ratelimit-policy": policy})
    assert allowance.wait_for(1) >= 0


def test_a_breaker_opens_tries_one_and_closes() -> None:
    clock = Clock()
    breaker = Breaker(2, 10.0, clock)
    for _ in range(2):
        assert breaker.admit()
        breaker.failed()
    assert not breaker.admit()
    clock.at += 10
    assert breaker.admit()
    assert not breaker.admit()
    breaker.failed()
    assert not breaker.admit()
    clock.at += 10
    assert breaker.admit()
    breaker.abandoned()
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.admit()
    assert not breaker.is_open


@given(st.lists(st.binary(max_size=50), max_size=12), st.integers(1, 200), st.integers(0, 200))
@settings(deadline=None)
def test_an_intake_holds_all_or_nothing_and_gives_its_room_back(
    pieces: list[bytes], most: int, room: int
) -> None:
    budget = Budget(room)
    whole = b"".join(pieces)
    with Intake(most, budget) as intake:
        for piece in pieces:
            intake.feed(piece)
        assert intake.size == len(whole)
        assert intake.digests == digests_of(whole)
        assert intake.data == (whole if len(whole) <= min(most, room) else None)
        assert intake.ran_out == (
            intake.data is None
            and len(whole) > room >= 0
            and not (
                # Whichever limit the pieces came to first.
                _first_beyond(pieces, most) <= _first_beyond(pieces, room)
            )
        )
    assert budget.take(room)


def _first_beyond(pieces: list[bytes], most: int) -> int:
    size = 0
    for number, piece in enumerate(pieces):
        size += len(piece)
        if size > most:
            return number
    return len(pieces)


@given(question=questions)
@settings(deadline=None, max_examples=30)
def test_a_question_comes_back_from_the_queue_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, question: Question
) -> None:
    queue = RecheckQueue(tmp_path_factory.mktemp("queue") / "recheck.sqlite3")
    queue.add([(question, Why.TOO_SLOW)], at=5.0)
    [waiting] = queue.take(9, at=6.0)
    assert item_of(waiting.question) == item_of(question)
    assert (waiting.why, waiting.let_in_at) == (Why.TOO_SLOW, 5.0)


def test_what_waits_is_given_to_one_and_comes_again_later(tmp_path: Path) -> None:
    queue = RecheckQueue(tmp_path / "recheck.sqlite3")
    queue.add([(Question(id="a", md5=bytes(16)), Why.UNREACHABLE)], at=0.0)
    [waiting] = queue.take(9, at=1.0)
    assert RecheckQueue(tmp_path / "recheck.sqlite3").take(9, at=2.0) == []
    queue.postpone([waiting], at=10.0)
    assert queue.take(9, at=69.0) == []
    [again] = queue.take(9, at=70.0)
    assert again.tries == 1
    queue.done(again)
    assert len(queue) == 0
    assert (tmp_path / "recheck.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    place = tmp_path / "other.sqlite3"
    with sqlite3.connect(place) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(QueueUnusable, match="another program"):
        RecheckQueue(place)


def test_the_client_brings_nothing_of_the_house_along() -> None:
    names = "tocsin.client, tocsin.client.middleware, tocsin.client.webhook, tocsin.client.synapse"
    look = "sorted({m.split('.')[0] for m in sys.modules} & {'django', 'structlog', 'psycopg'})"
    code = f"import sys, {names}; print({look})"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"

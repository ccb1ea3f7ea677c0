"""Whatever a server, or what lies before it, does wrong: the answer is `unknown`, never clean."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.client.faulty import (
    KEY,
    QUICK,
    SHORT,
    Answerer,
    Asked,
    Faulty,
    Says,
    a_client,
    all_say,
    answered,
    result,
)
from tests.support import in_threads
from tocsin.client import (
    Answer,
    AsyncClient,
    Decision,
    OutagePolicy,
    Question,
    RecheckQueue,
    Settings,
    Why,
)
from tocsin.engine.media import DecoderUnavailable

pytestmark = pytest.mark.server


def a_question(name: str = "beach") -> Question:
    return Question(id=name, sha256=hashlib.sha256(name.encode()).digest())


def says(status: int = 200, told: object = None, **headers: str) -> Answerer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Says(status, told, named)


def whole(asked: Asked) -> Says:
    return Says(told=answered([result(item) for item in asked.items]))


FAULTS: dict[str, tuple[Answerer, Why]] = {
    "a page of some proxy": (says(told=b"<html>ok</html>"), Why.UNREADABLE),
    "not even text": (says(told=b"\xff\xfe"), Why.UNREADABLE),
    "an empty body": (says(told=b""), Why.UNREADABLE),
    "a list": (says(told=[]), Why.UNREADABLE),
    "no results": (says(told={}), Why.UNREADABLE),
    "a number that is too deep": (says(told=b"[" * 100_000), Why.UNREADABLE),
    "nothing, politely": (says(204, b""), Why.UNREADABLE),
    "fewer results": (says(told=answered([])), Why.INCOMPLETE),
    "somebody else's": (says(told=answered([result({"id": "other"})])), Why.INCOMPLETE),
    "one twice": (
        lambda a: Says(told=answered([result(i) for i in a.items * 2])),
        Why.INCOMPLETE,
    ),
    "no status": (says(told=answered([{"id": "beach"}])), Why.UNREADABLE),
    "a status that is none": (
        lambda a: Says(told=answered([{**result(a.items[0]), "status": True}])),
        Why.UNREADABLE,
    ),
    "no list version": (
        lambda a: Says(told={"results": [result(a.items[0])], "stale": False}),
        Why.UNREADABLE,
    ),
    "a word of tomorrow": (all_say("fine"), Why.UNFAMILIAR),
    "an action of tomorrow": (all_say("not_listed", action="praise"), Why.UNFAMILIAR),
    "clean, but block it": (all_say("not_listed", action="block"), Why.UNFAMILIAR),
    "lists away": (all_say("unavailable"), Why.UNAVAILABLE),
    "cut short": (
        lambda a: Says(told=answered([result(a.items[0])]), cut=40),
        Why.CUT_SHORT,
    ),
    "hung up": (lambda a: b"", Why.CUT_SHORT),
    "not HTTP": (lambda a: b"220 mail.example ESMTP\r\n\r\n", Why.CUT_SHORT),
    "half a header": (lambda a: b"HTTP/1.1 200 OK\r\nContent-Le", Why.CUT_SHORT),
    "packed": (says(told=b"x", content_encoding="br"), Why.UNREADABLE),
    "another key": (says(401, {"error": {"code": "unknown_key", "message": "no"}}), Why.REFUSED),
    "paused": (says(403, {"error": {"code": "key_paused", "message": "no"}}), Why.REFUSED),
    "not here": (says(404, b"<html>"), Why.REFUSED),
    "not so": (says(422, {"error": {"code": "wrong_batch", "message": "no"}}), Why.REFUSED),
    "broken": (says(500, b"oops"), Why.SERVER_ERROR),
    "a gateway's": (says(502, b"<html>"), Why.SERVER_ERROR),
    "closed": (says(503, {"error": {"code": "unavailable", "message": "no"}}), Why.UNAVAILABLE),
    "too fast": (says(429, b""), Why.TOO_FAST),
}


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, faulty: Faulty) -> Why:
    faulty.answer, why = FAULTS[request.param]
    return why


def test_a_fault_is_unknown_and_held(faulty: Faulty, fault: Why) -> None:
    with a_client(faulty.url) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, fault)
    assert (verdict.decision, verdict.decided_by) == (Decision.HOLD, OutagePolicy.HOLD)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(verdict)


def test_a_fault_is_blocked_where_nothing_may_pass_unchecked(faulty: Faulty, fault: Why) -> None:
    with a_client(faulty.url, OutagePolicy.CLOSED) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.decision) == (Answer.UNKNOWN, Decision.BLOCK)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_takes_the_key_nowhere(faulty: Faulty, status: int) -> None:
    other = Faulty()
    faulty.answer = says(status, b"", Location=f"{other.url}/v2/checks")
    with a_client(faulty.url) as client:
        [verdict] = client.check([a_question()])
    other.close()
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.REDIRECTED)
    assert other.asked == []


def test_nobody_there_is_unknown() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with a_client(url) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.UNREACHABLE)


def test_an_answer_that_comes_late_is_unknown(faulty: Faulty) -> None:
    faulty.answer = lambda asked: None
    with a_client(faulty.url, settings=SHORT) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.TOO_SLOW)


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server whose answer comes byte by byte and never ends."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.02):
                connection.sendall(b"X-Slow: 1\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    over.set()
    listening.close()
    thread.join()


def test_a_server_that_drips_cannot_hold_a_caller_beyond_the_deadline(dripping: str) -> None:
    with a_client(dripping, settings=SHORT) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.TOO_SLOW)


def test_what_passes_is_asked_again_and_then_answered(faulty: Faulty) -> None:
    bad = [says(502, b""), says(429, b""), lambda a: b"", says(503, b"")]
    faulty.answer = lambda asked: bad.pop()(asked) if len(bad) > 1 else whole(asked)
    with a_client(faulty.url) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.decision) == (Answer.NOT_LISTED, Decision.ALLOW)
    assert len(faulty.asked) == 4
    assert len({asked.body for asked in faulty.asked}) == 1


@pytest.mark.parametrize("name", ["another key", "not here", "a page of some proxy"])
def test_what_does_not_pass_is_asked_once(faulty: Faulty, name: str) -> None:
    faulty.answer = FAULTS[name][0]
    with a_client(faulty.url) as client:
        client.check([a_question()])
    assert len(faulty.asked) == 1


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(faulty: Faulty) -> None:
    faulty.answer = says(503, b"", Retry_After="3600")
    with a_client(faulty.url) as client:
        [verdict] = client.check([a_question()])
    assert verdict.why is Why.UNAVAILABLE
    assert len(faulty.asked) == 1


def test_a_retry_after_is_waited_for(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float, ends_at: float, *, otherwise: Exception) -> None:
        waits.append(seconds)

    monkeypatch.setattr("tocsin.client.line._wait", wait)
    bad = [says(429, b"", Retry_After="7"), says(503, b"", Retry_After="2")]
    faulty.answer = lambda asked: bad.pop()(asked) if bad else whole(asked)
    with a_client(faulty.url) as client:
        [verdict] = client.check([a_question()])
    assert verdict.answer is Answer.NOT_LISTED
    assert [seconds for seconds in waits if seconds] == [2.0, 7.0]


def test_an_allowance_that_is_used_up_is_respected(faulty: Faulty) -> None:
    limits = {"RateLimit": '"key";r=0;t=3600', "RateLimit-Policy": '"key";q=10;w=3600'}
    faulty.answer = lambda asked: Says(told=whole(asked).told, headers=limits)
    with a_client(faulty.url) as client:
        first, second = client.check([a_question()]), client.check([a_question()])
    assert first[0].answer is Answer.NOT_LISTED
    assert (second[0].answer, second[0].why) == (Answer.UNKNOWN, Why.TOO_FAST)
    assert len(faulty.asked) == 1


def test_after_failures_in_a_row_nobody_waits_for_a_dead_server(faulty: Faulty) -> None:
    faulty.answer = says(500, b"")
    settings = Settings(breaker_failures=3, breaker_seconds=3_600, tries=1, decoders=1)
    with a_client(faulty.url, settings=settings) as client:
        whys = [client.check([a_question()])[0].why for _ in range(5)]
    assert whys == [Why.SERVER_ERROR] * 3 + [Why.CIRCUIT_OPEN] * 2
    assert len(faulty.asked) == 3


def test_one_wrong_item_does_not_make_the_others_unknown(faulty: Faulty) -> None:
    def answer(asked: Asked) -> Says:
        wrong = [{"index": n} for n, i in enumerate(asked.items) if i["id"] == "wrong"]
        if wrong:
            error = {"code": "wrong_items", "message": "1 of 3", "items": wrong}
            return Says(422, {"error": error})
        return whole(asked)

    faulty.answer = answer
    with a_client(faulty.url) as client:
        verdicts = client.check([a_question("a"), a_question("wrong"), a_question("b")])
    assert [verdict.id for verdict in verdicts] == ["a", "wrong", "b"]
    assert [verdict.answer for verdict in verdicts] == [
        Answer.NOT_LISTED,
        Answer.UNKNOWN,
        Answer.NOT_LISTED,
    ]


def test_many_are_asked_in_batches_and_come_back_in_order(faulty: Faulty) -> None:
    faulty.answer = lambda a: Says(
        told=answered([result(i, "listed" if i["id"] == "n70" else "not_listed") for i in a.items])
    )
    settings = Settings(most_items=32, decoders=1)
    with a_client(faulty.url, settings=settings) as client:
        verdicts = client.check([a_question(f"n{n}") for n in range(100)])
    assert [len(asked.items) for asked in faulty.asked] == [32, 32, 32, 4]
    assert [verdict.id for verdict in verdicts] == [f"n{n}" for n in range(100)]
    assert [v.id for v in verdicts if v.answer is Answer.LISTED] == ["n70"]


def test_only_a_batch_that_failed_is_unknown(faulty: Faulty) -> None:
    faulty.answer = lambda a: (
        Says(500, b"") if a.items[0]["id"] == "n4" else Says(told=whole(a).told)
    )
    with a_client(faulty.url, settings=Settings(most_items=4, tries=1, decoders=1)) as client:
        verdicts = client.check([a_question(f"n{n}") for n in range(12)])
    unknown = [verdict.id for verdict in verdicts if verdict.answer is Answer.UNKNOWN]
    assert unknown == ["n4", "n5", "n6", "n7"]


def test_the_key_goes_in_a_header_and_a_hash_never_into_an_address(faulty: Faulty) -> None:
    question = a_question()
    with a_client(faulty.url) as client:
        client.check([question])
    [asked] = faulty.asked
    assert asked.path == "/v2/checks"
    assert asked.headers["authorization"] == f"Bearer {KEY.bearer}"
    assert asked.headers["accept-encoding"] == "identity"


def test_a_proxy_in_the_environment_is_not_taken(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with a_client(faulty.url) as client:
        [verdict] = client.check([a_question()])
    assert verdict.answer is Answer.NOT_LISTED


def test_an_asynchronous_check_can_be_cancelled(faulty: Faulty) -> None:
    faulty.answer = lambda asked: None

    async def cancelled() -> None:
        async with AsyncClient(faulty.url, KEY, outage=OutagePolicy.HOLD, settings=QUICK) as client:
            check = asyncio.create_task(client.check([a_question()]))
            while not faulty.asked:
                await asyncio.sleep(0)
            check.cancel()
            with pytest.raises(asyncio.CancelledError):
                await check
            faulty.answer = whole
            [verdict] = await client.check([a_question()])
            assert verdict.answer is Answer.NOT_LISTED

    asyncio.run(cancelled())


def test_many_threads_share_a_client(faulty: Faulty) -> None:
    faulty.answer = lambda a: Says(told=answered([result(i, "listed") for i in a.items]))
    with a_client(faulty.url) as client:
        found = in_threads(*(lambda: client.check([a_question()]) for _ in range(24)))
    assert all(isinstance(one, list) and one[0].answer is Answer.LISTED for one in found)


def test_a_client_that_was_used_before_a_fork_can_be_used_after_it(faulty: Faulty) -> None:
    with a_client(faulty.url) as client:
        client.check([a_question()])
        context = multiprocessing.get_context("fork")
        answers = context.SimpleQueue()

        def child() -> None:
            answers.put(client.check([a_question()])[0].answer.value)

        process = context.Process(target=child)
        process.start()
        process.join(30)
        assert process.exitcode == 0
        assert answers.get() == "not_listed"


def test_open_and_recheck_lets_in_writes_down_and_asks_again(
    faulty: Faulty, tmp_path: Path
) -> None:
    queue = RecheckQueue(tmp_path / "recheck.sqlite3")
    faulty.answer = says(500, b"")
    told: list[tuple[str, Answer]] = []
    with a_client(faulty.url, OutagePolicy.OPEN_AND_RECHECK, recheck=queue) as client:
        [verdict] = client.check([a_question()])
        assert (verdict.answer, verdict.decision) == (Answer.UNKNOWN, Decision.ALLOW)
        assert verdict.rechecked_later
        assert client.recheck(lambda one: told.append((one.verdict.id, one.verdict.answer))) == 0
        assert (len(queue), told) == (1, [])
        faulty.answer = all_say("listed")
        queue.postpone(queue.take(9, at=time.time() + 7_200), at=0.0)
        assert client.recheck(lambda one: told.append((one.verdict.id, one.verdict.answer))) == 1
    assert (len(queue), told) == (0, [("beach", Answer.LISTED)])


def test_what_cannot_be_written_down_is_not_let_in(faulty: Faulty, tmp_path: Path) -> None:
    place = tmp_path / "recheck.sqlite3"
    queue = RecheckQueue(place)
    place.write_bytes(b"another thing entirely" * 100)
    faulty.answer = says(500, b"")
    with a_client(faulty.url, OutagePolicy.OPEN_AND_RECHECK, recheck=queue) as client:
        [verdict] = client.check([a_question()])
    assert (verdict.answer, verdict.decision) == (Answer.UNKNOWN, Decision.HOLD)
    assert not verdict.rechecked_later


def test_a_telling_that_failed_keeps_the_upload_on_the_queue(
    faulty: Faulty, tmp_path: Path
) -> None:
    queue = RecheckQueue(tmp_path / "recheck.sqlite3")
    queue.add([(a_question(), Why.UNREACHABLE)], at=0.0)

    def fails(one: object) -> None:
        raise OSError("no room")

    with (
        a_client(faulty.url, OutagePolicy.OPEN_AND_RECHECK, recheck=queue) as client,
        pytest.raises(OSError, match="no room"),
    ):
        client.recheck(fails)
    assert len(queue) == 1


def test_one_connection_serves_call_after_call(faulty: Faulty) -> None:
    with a_client(faulty.url) as client:
        for _ in range(5):
            client.check([a_question()])
    assert (len(faulty.asked), faulty.connections) == (5, 1)


def test_decoders_that_are_all_taken_make_an_upload_unknown(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr("tocsin.client.intake.Decoders.fingerprint", lambda *_: over.wait(60))
    settings = Settings(fingerprinting_seconds=0.1, decoders=1)
    with a_client(faulty.url, OutagePolicy.CLOSED, settings) as client:
        verdict = client.check_bytes(b"a picture")
        over.set()
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.BUSY)
    assert verdict.decision is Decision.BLOCK


def test_no_decoder_still_asks_by_digests_but_never_calls_it_clean(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unavailable(*_: object) -> None:
        raise DecoderUnavailable("none")

    monkeypatch.setattr("tocsin.client.intake.Decoders.fingerprint", unavailable)
    queue = RecheckQueue(tmp_path / "recheck.sqlite3")
    with a_client(faulty.url, OutagePolicy.OPEN_AND_RECHECK, recheck=queue) as client:
        unknown = client.check_bytes(b"a picture")
        faulty.answer = all_say("listed")
        listed = client.check_bytes(b"a picture")
        faulty.answer = says(500, b"")
        sent = client.send_bytes(b"a picture")
    # Without its bytes it could not be asked about again: not even an open policy lets it in.
    assert (unknown.answer, unknown.why, unknown.decision) == (
        Answer.UNKNOWN,
        Why.NO_DECODER,
        Decision.HOLD,
    )
    assert (listed.answer, listed.decision) == (Answer.LISTED, Decision.BLOCK)
    assert (sent.answer, sent.decision) == (Answer.UNKNOWN, Decision.HOLD)
    assert len(queue) == 0

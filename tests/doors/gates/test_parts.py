"""The parts that both gates stand on: memory, pace, places, connections, the scanner behind."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.gates.opened import Opened, scanner_at
from tests.doors.gates.talking import QUICK, StandIn, a_desk, clean_or_real
from tests.doors.gates.test_clamd import BAD, BLOCKED, CLEAN, stream
from tocsin.doors.gates.budget import Budget, Held, NoRoom
from tocsin.doors.gates.pace import Pace
from tocsin.doors.gates.places import Taken, WrongPlace, is_this_machine, listen, read_place
from tocsin.doors.gates.types import Place
from tocsin.engine.fingerprints import Fingerprints


def test_memory_is_given_in_turn_and_given_back() -> None:
    async def play() -> None:
        budget = Budget(1_000_000, 5)
        async with Held(budget, 900_000) as first:
            await first.add(bytes(800_000))
            waiting = asyncio.create_task(hold(budget, 500_000))
            small = asyncio.create_task(hold(budget, 10))
            await asyncio.sleep(0)
            assert not waiting.done()
        await asyncio.gather(waiting, small)
        assert budget.used_bytes == 0

    async def hold(budget: Budget, n: int) -> None:
        async with Held(budget, 900_000) as file:
            await file.add(bytes(n))
            assert file.bytes() == bytes(n)

    asyncio.run(play())


def test_of_files_that_wait_for_one_another_the_oldest_goes_on() -> None:
    async def play(wait_seconds: float) -> list[bool]:
        budget = Budget(2_000_000, wait_seconds)
        ended = await asyncio.gather(*(grows(budget) for _ in range(6)))
        assert budget.used_bytes == 0
        return ended

    async def grows(budget: Budget) -> bool:
        async with Held(budget, 1_000_000) as file:
            try:
                for _ in range(100):
                    await file.add(bytes(9_000))
                    await asyncio.sleep(0)
            except NoRoom:
                return False
            return len(file.bytes()) == 900_000

    assert all(asyncio.run(play(20)))
    assert any(asyncio.run(play(0.001)))


def test_a_file_that_is_all_here_keeps_nothing_back_for_itself() -> None:
    async def play() -> None:
        budget = Budget(1_000_000, 0.01)
        async with Held(budget, 900_000) as first, Held(budget, 900_000) as second:
            await first.add(b"x")
            with pytest.raises(NoRoom):
                await second.add(bytes(300_000))
            assert first.bytes() == b"x"
            await second.add(bytes(300_000))

    asyncio.run(play())


def test_who_stops_waiting_for_memory_takes_none_with_him() -> None:
    async def play() -> None:
        budget = Budget(100, 5)
        await budget.take(100)
        waiting = asyncio.create_task(budget.take(50))
        await asyncio.sleep(0)
        budget.give_back(100)  # given to the waiting one, which is then told to stop
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        await budget.take(100)

    asyncio.run(play())


def test_a_gate_asks_as_fast_as_its_key_may() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    assert [pace.take(10, 5) for _ in range(5)] == [0] * 5
    waits = [pace.take(10, 5) for _ in range(3)]
    assert waits == pytest.approx([0.1, 0.2, 0.3])
    now = 100.0
    assert [pace.take(10, 5) for _ in range(5)] == pytest.approx([0] * 5)


@pytest.mark.parametrize(
    ("text", "place", "here"),
    [
        ("127.0.0.1:3310", Place("127.0.0.1", 3310), True),
        ("[::1]:1344", Place("::1", 1344), True),
        ("localhost:3310", Place("localhost", 3310), True),
        ("192.0.2.7:3310", Place("192.0.2.7", 3310), False),
        ("gate.example:3310", Place("gate.example", 3310), False),
        ("/run/tocsin/clamd.sock", Place(path=Path("/run/tocsin/clamd.sock")), True),
    ],
)
def test_a_place_is_a_host_and_port_or_a_path(text: str, place: Place, here: bool) -> None:
    assert read_place(text) == place
    assert str(place) == text
    assert is_this_machine(place) is here


@pytest.mark.parametrize("text", ["3310", ":3310", "x:", "x:0", "x:65536", "x:port", "run/x.sock"])
def test_other_words_name_no_place(text: str) -> None:
    with pytest.raises(WrongPlace, match="host and port"):
        read_place(text)


@given(st.text())
def test_any_words_are_a_place_or_none(text: str) -> None:
    with contextlib.suppress(WrongPlace):
        read_place(text)


async def nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def opened(path: Path) -> None:
    await listen(Place(path=path), nobody)


def test_a_socket_left_behind_is_cleared_and_one_in_use_is_not(tmp_path: Path) -> None:
    path = tmp_path / "gate.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    async def play() -> None:
        server = await listen(Place(path=path), nobody)
        with pytest.raises(Taken, match="somebody listens"):
            await listen(Place(path=path), nobody)
        server.close()

    asyncio.run(play())
    path.unlink(missing_ok=True)
    path.write_text("a file of somebody")
    with pytest.raises(Taken, match="no socket"):
        asyncio.run(opened(path))
    assert path.read_text() == "a file of somebody"


def said_by(port: int, *sent: bytes, close: bool = True) -> bytes:
    """What comes back on one connection until the other end closes."""
    with socket.create_connection(("127.0.0.1", port), 20) as there:
        for piece in sent:
            there.sendall(piece)
        if close:
            there.shutdown(socket.SHUT_WR)
        return b"".join(itertools.takewhile(bool, iter(lambda: there.recv(4_096), b"")))


@pytest.mark.server
def test_clients_that_say_nothing_or_stop_in_the_middle_are_ended_and_told() -> None:
    impatient = replace(QUICK, idle_seconds=0.2)
    with Opened(a_desk(limits=impatient)) as gate:
        assert said_by(gate.clamd_port, close=False) == b"COMMAND READ TIMED OUT\n"
        assert said_by(gate.icap_port, close=False) == b""
        half = stream(CLEAN)[:-6]
        assert b"too slowly). ERROR" in said_by(gate.clamd_port, b"nINSTREAM\n", half, close=False)
        said = said_by(gate.icap_port, b"OPTIONS icap://x/avscan ICAP/1.0\r\n", close=False)
        assert said.startswith(b"ICAP/1.0 408 ")


@pytest.mark.server
def test_bytes_that_drip_in_do_not_hold_a_connection_for_ever() -> None:
    limits = replace(QUICK, arrive_seconds=0.3)
    with (
        Opened(a_desk(limits=limits)) as gate,
        socket.create_connection(("127.0.0.1", gate.clamd_port), 20) as there,
    ):
        there.sendall(b"nINSTREAM\n")
        with contextlib.suppress(OSError):
            for _ in range(200):
                there.sendall(stream(b"x")[:-4])
                threading.Event().wait(0.01)
        assert b"too slowly). ERROR" in there.recv(4_096)


@pytest.mark.server
def test_a_large_stream_is_refused_while_it_is_sent_and_the_answer_arrives() -> None:
    with Opened(a_desk(limits=replace(QUICK, most_bytes=100_000))) as gate:
        said = said_by(gate.clamd_port, b"nINSTREAM\n", stream(bytes(3_000_000)))
        assert said == b"INSTREAM size limit exceeded. ERROR\n"


@pytest.mark.server
def test_one_connection_too_many_is_told_so_and_never_clean() -> None:
    with Opened(a_desk(limits=replace(QUICK, connections=1))) as gate:
        with socket.create_connection(("127.0.0.1", gate.clamd_port), 20) as first:
            first.sendall(b"zIDSESSION\0zPING\0")
            assert first.recv(100) == b"1: PONG\0"
            said = said_by(gate.clamd_port, b"nINSTREAM\n" + stream(CLEAN))
            assert said == b"Not available (too many connections). ERROR\n"
            with socket.create_connection(("127.0.0.1", gate.icap_port), 20) as other:
                other.sendall(b"OPTIONS icap://127.0.0.1/avscan ICAP/1.0\r\n\r\n")
                assert other.recv(4_096).startswith(b"ICAP/1.0 200 ")
                assert said_by(gate.icap_port, b"x").startswith(b"ICAP/1.0 503 ")
        assert said_by(gate.clamd_port, b"nPING\n") == b"PONG\n"


@pytest.mark.server
def test_files_are_looked_at_so_many_at_once_and_no_more() -> None:
    running = threading.Semaphore(2)
    too_many = threading.Event()
    both = threading.Barrier(2)

    def slow(data: bytes) -> Fingerprints:
        if not running.acquire(blocking=False):
            too_many.set()
        both.wait(20)
        running.release()
        return clean_or_real(data)

    with Opened(a_desk(fingerprint=slow, limits=replace(QUICK, files_at_once=2))) as gate:
        session = b"zIDSESSION\0" + (b"zINSTREAM\0" + stream(CLEAN)) * 8 + b"zEND\0"
        said = said_by(gate.clamd_port, session)
    assert said.count(b": stream: OK\0") == 8
    assert not too_many.is_set()


@contextlib.asynccontextmanager
async def a_clamd(answer: bytes) -> AsyncIterator[int]:
    """A scanner that takes a stream and says this; b"" hangs up."""

    async def scan(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            await reader.readexactly(length)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(scan, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.server
@pytest.mark.parametrize(
    ("data", "answer", "said"),
    [
        (CLEAN, b"stream: OK\0", b"stream: OK\n"),
        (CLEAN, b"stream: Win.Test.EICAR_HDB-1 FOUND\0", b"stream: Win.Test.EICAR_HDB-1 FOUND\n"),
        (b"%PDF", b"stream: Eicar FOUND\0", b"stream: Eicar FOUND\n"),
        (b"", b"stream: OK\0", b"stream: Not checked (the file is broken or empty). ERROR\n"),
        (CLEAN, b"", None),
        (CLEAN, b"INSTREAM size limit exceeded. ERROR\0", None),
        (CLEAN, b"x" * 10_000, None),
        (CLEAN, b"stream: \xff\r\n FOUND\0", b"stream: Unnamed FOUND\n"),
    ],
)  # fmt: skip
def test_the_graver_word_of_the_two_stands(data: bytes, answer: bytes, said: bytes | None) -> None:
    async def play() -> None:
        async with a_clamd(answer) as port:
            await asyncio.to_thread(ask, port)

    def ask(port: int) -> None:
        with Opened(a_desk(StandIn(listed=BLOCKED), scanner=scanner_at(port))) as gate:
            heard = said_by(gate.clamd_port, b"nINSTREAM\n" + stream(data))
        assert heard == (said or b"stream: Not available (the virus scanner behind this gate "
                         b"gave no answer). ERROR\n")  # fmt: skip

    asyncio.run(play())


@pytest.mark.server
def test_what_is_found_here_is_not_sent_on_to_be_written_to_a_disk() -> None:
    with Opened(a_desk(StandIn(listed=BLOCKED), scanner=scanner_at(1))) as gate:
        said = said_by(gate.clamd_port, b"nINSTREAM\n" + stream(BAD))
    assert said == b"stream: Tocsin.Listed FOUND\n"


@pytest.mark.server
def test_a_gate_may_stand_behind_another_as_its_scanner() -> None:
    with (
        Opened(a_desk(StandIn(listed=BLOCKED))) as behind,
        Opened(a_desk(scanner=scanner_at(behind.clamd_port))) as before,
    ):
        assert said_by(before.clamd_port, b"nINSTREAM\n" + stream(BAD)).endswith(b" FOUND\n")
        assert said_by(before.clamd_port, b"nINSTREAM\n" + stream(CLEAN)) == b"stream: OK\n"

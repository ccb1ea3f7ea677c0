"""The stream itself: counts when they change, a sign of life, and an end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.test import Client

from tests.doors import staff
from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.domain.reports.types import ItemState
from tocsin.doors.live.board import Board
from tocsin.doors.live.stream import Live, Message

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
OURS = "http://localhost:8000"


class Browser:
    """One connection, as the server would hand it to the application."""

    def __init__(self, live: Live, cookie: str, *, origin: str = OURS, path: str = "/live") -> None:
        headers = [(b"host", b"localhost:8001"), (b"origin", origin.encode())]
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        self.scope: Message = {"type": "http", "method": "GET", "path": path, "headers": headers}
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.task = asyncio.create_task(live(self.scope, self.receive, self.sent.put))

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def start(self) -> Message:
        return await asyncio.wait_for(self.sent.get(), 5)

    async def text(self) -> str:
        body: bytes = (await asyncio.wait_for(self.sent.get(), 5))["body"]
        return body.decode()

    async def counts(self) -> dict[str, int]:
        text = await self.text()
        while text.startswith(":"):
            text = await self.text()
        assert text.startswith("event: queue\ndata: ")
        told: dict[str, int] = json.loads(text.split("data: ")[1])
        return told

    async def leave(self) -> None:
        self.gone.set()
        await asyncio.wait_for(self.task, 5)


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scene on a loop of its own and close what its threads opened."""

    async def whole() -> None:
        try:
            await scene()
        finally:
            await sync_to_async(connections.close_all)()

    asyncio.run(whole())


@pytest.fixture
def ada(transactional_db: None) -> Person:
    return staff.person("ada", Role.ANALYST, AT)


@pytest.fixture
def cookie(ada: Person) -> str:
    client = Client()
    staff.enter(client, ada)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_the_counts_come_at_once_and_again_when_they_change(cookie: str) -> None:
    async def scene() -> None:
        browser = Browser(Live(Board(0.05)), cookie)
        start = await browser.start()
        headers = dict(start["headers"])
        assert start["status"] == 200
        assert headers[b"access-control-allow-origin"] == OURS.encode()
        assert headers[b"cache-control"] == b"no-store"
        assert (await browser.counts())["new"] == 0
        await sync_to_async(staff.report)("https://a.picbin.example/1", AT)
        told = await browser.counts()
        assert told["new"] == 1
        assert set(told) == {*ItemState, "live"}
        await browser.leave()

    play(scene)


def test_one_poller_serves_all_and_ends_with_the_last(cookie: str) -> None:
    async def scene() -> None:
        board = Board(0.05)
        live = Live(board)
        browsers = [Browser(live, cookie) for _ in range(3)]
        for browser in browsers:
            await browser.start()
            await browser.counts()
        polling = [task for task in asyncio.all_tasks() if "_poll" in repr(task.get_coro())]
        assert len(polling) == 1
        for browser in browsers:
            await browser.leave()
        await asyncio.sleep(0)
        assert not [task for task in asyncio.all_tasks() if "_poll" in repr(task.get_coro())]

    play(scene)


def test_a_quiet_stream_gives_a_sign_of_life(cookie: str) -> None:
    async def scene() -> None:
        browser = Browser(Live(Board(0.05), heartbeat_seconds=0.1), cookie)
        await browser.start()
        await browser.counts()
        assert await browser.text() == ": still here\n\n"
        await browser.leave()

    play(scene)


def test_somebody_shut_out_is_cut_off_at_the_next_sign_of_life(cookie: str, ada: Person) -> None:
    async def scene() -> None:
        browser = Browser(Live(Board(0.05), heartbeat_seconds=0.1), cookie)
        await browser.start()
        await browser.counts()
        await sync_to_async(accounts.deactivate)(person_id=ada.pk, actor=staff.TESTER, at=AT)
        await asyncio.wait_for(browser.task, 5)

    play(scene)


def test_somebody_shut_out_is_cut_off_also_while_the_counts_change(
    cookie: str, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = count()
    monkeypatch.setattr("tocsin.doors.live.board._counts", lambda: f'{{"new": {next(told)}}}')

    async def scene() -> None:
        browser = Browser(Live(Board(0.01), heartbeat_seconds=0.3), cookie)
        await browser.start()
        await browser.counts()
        await sync_to_async(accounts.deactivate)(person_id=ada.pk, actor=staff.TESTER, at=AT)
        await asyncio.wait_for(browser.task, 5)

    play(scene)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"origin": "http://evil.example:8000"}, 403),
        ({"path": "/"}, 404),
        ({"path": "/live/"}, 404),
    ],
)
def test_other_pages_and_addresses_are_refused(
    cookie: str, change: dict[str, str], status: int
) -> None:
    async def scene() -> None:
        browser = Browser(Live(), cookie, **change)
        start = await browser.start()
        assert start["status"] == status
        assert b"access-control-allow-origin" not in dict(start["headers"])

    play(scene)


def test_nobody_logged_in_hears_nothing(transactional_db: None) -> None:
    async def scene() -> None:
        assert (await Browser(Live(), "guessed").start())["status"] == 403

    play(scene)


def test_the_server_may_start_and_stop_the_application() -> None:
    async def scene() -> None:
        said = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
        sent: list[Message] = []

        async def receive() -> Message:
            return next(said)

        async def send(message: Message) -> None:
            sent.append(message)

        await Live()({"type": "lifespan"}, receive, send)
        assert [m["type"] for m in sent] == [
            "lifespan.startup.complete",
            "lifespan.shutdown.complete",
        ]

    play(scene)

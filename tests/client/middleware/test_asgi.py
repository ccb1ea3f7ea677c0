"""A small ASGI application behind the screen."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from werkzeug.formparser import parse_form_data

from tests.client.faulty import KEY, QUICK, Faulty, Says
from tests.client.middleware.uploads import FORM, FREE, LISTED, Part, cut, form, photo
from tocsin.client import AsyncClient, Decision, OutagePolicy
from tocsin.client.middleware import AsgiScreen, Checked, Handling, Screen, UploadStopped
from tocsin.client.middleware.asgi import AsgiApp, Message, Receive, Scope, Send

pytestmark = pytest.mark.server


class App:
    """An application that reads a whole form and keeps the files it was given."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.verdicts: list[Checked] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        environ = {
            "wsgi.input": io.BytesIO(body),
            "CONTENT_TYPE": FORM,
            "CONTENT_LENGTH": str(len(body)),
        }
        _, _, files = parse_form_data(environ)
        self.kept += [one.read() for _, one in files.items(multi=True)]
        self.verdicts = scope.get("tocsin.verdicts", [])
        await answer(send, 200, b"thank you")


async def answer(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


def ask(
    server: Faulty,
    app: AsgiApp,
    body: bytes,
    *,
    headers: list[tuple[bytes, bytes]] | None = None,
    handling: Handling = Handling.REFUSE,
    piece: int = 4_096,
) -> tuple[int, bytes]:
    """What comes back for an upload in pieces."""
    sent: list[Message] = []
    told = [(b"content-type", FORM.encode())] if headers is None else headers

    async def run() -> None:
        pieces = cut(body, piece) or [b""]
        messages = [
            {"type": "http.request", "body": one, "more_body": n + 1 < len(pieces)}
            for n, one in enumerate(pieces)
        ]

        async def receive() -> Message:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        async with AsyncClient(
            server.url, KEY, outage=OutagePolicy.CLOSED, settings=QUICK
        ) as client:
            screened = AsgiScreen(app, Screen(client, handling=handling))
            await screened({"type": "http", "headers": told}, receive, send)

    asyncio.run(run())
    starts = [one for one in sent if one["type"] == "http.response.start"]
    assert len(starts) == 1
    whole = b"".join(one["body"] for one in sent if one["type"] == "http.response.body")
    return starts[0]["status"], whole


@pytest.mark.parametrize("piece", [7_001, 1 << 20])
def test_files_pass_or_are_451_in_whatever_pieces_they_come(server: Faulty, piece: int) -> None:
    app = App()
    free = form(Part("title", b"x"), photo(FREE))
    assert ask(server, app, free, piece=piece) == (200, b"thank you")
    assert app.kept == [FREE]
    assert ask(server, app, form(photo(FREE), photo(LISTED)), piece=piece)[0] == 451
    assert app.kept == [FREE]


def test_a_service_that_is_away_is_503(server: Faulty) -> None:
    server.answer = lambda asked: Says(502, b"")
    app = App()
    assert ask(server, app, form(photo(FREE)))[0] == 503
    assert app.kept == []


def test_marked_uploads_reach_the_application_with_their_verdicts(server: Faulty) -> None:
    app = App()
    assert ask(server, app, form(photo(LISTED)), handling=Handling.MARK)[0] == 200
    assert app.kept == [LISTED]
    assert [one.verdict.decision for one in app.verdicts] == [Decision.BLOCK]


def test_a_body_that_is_a_picture_is_checked_too(server: Faulty) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await answer(send, 204, b"")

    kind = [(b"content-type", b"image/png")]
    assert ask(server, app, FREE, headers=kind)[0] == 204
    assert ask(server, app, LISTED, headers=kind)[0] == 451


def test_what_could_be_read_in_two_ways_is_refused(server: Faulty) -> None:
    app = App()
    kind = (b"content-type", FORM.encode())
    assert ask(server, app, form(photo(FREE)) + b"more")[0] == 400
    assert ask(server, app, form(photo(FREE))[:-20])[0] == 400
    doubled = [(b"content-type", b"text/plain"), kind]
    assert ask(server, app, form(photo(LISTED)), headers=doubled)[0] == 415
    packed = [kind, (b"content-encoding", b"gzip")]
    assert ask(server, app, b"x", headers=packed)[0] == 415
    assert app.kept == []


def test_an_application_that_swallows_the_stop_is_not_heard(server: Faulty) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while True:
                await receive()
        except UploadStopped:
            await asyncio.sleep(0)
        await answer(send, 200, b"thank you")

    status, body = ask(server, app, form(photo(LISTED)))
    assert status == 451
    assert b"thank you" not in body


def test_other_requests_and_other_scopes_pass_untouched(server: Faulty) -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(receive)
        await answer(send, 200, b"")

    assert ask(server, app, b"{}", headers=[(b"content-type", b"application/json")])[0] == 200
    screened = AsgiScreen(app, Screen(AsyncClient(server.url, KEY, outage=OutagePolicy.HOLD)))
    receive: Callable[[], Awaitable[Any]] = asyncio.Queue[Any]().get

    async def send(message: Message) -> None:
        pass

    asyncio.run(screened({"type": "websocket"}, receive, send))
    assert seen[-1] is receive
    assert server.asked == []


@pytest.mark.parametrize(("picture", "status"), [(FREE, 204), (LISTED, 451)])
def test_an_application_may_cancel_its_waiting_and_wait_again(
    server: Faulty, picture: bytes, status: int
) -> None:
    got = bytearray()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            impatient = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            impatient.cancel()
            try:
                message = await impatient
            except asyncio.CancelledError:
                message = await receive()
            got.extend(message.get("body", b""))
            more = message.get("more_body", False)
        await answer(send, 204, b"")

    kind = [(b"content-type", b"image/png")]
    assert ask(server, app, picture, headers=kind)[0] == status
    assert bytes(got) == (picture if status == 204 else b"")

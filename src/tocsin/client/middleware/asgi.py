"""Checks in front of any ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from itertools import chain
from typing import Any

from tocsin.client.asynchronous import AsyncClient
from tocsin.client.middleware.screening import (
    VERDICTS,
    Arrived,
    Refusal,
    Screen,
    Screening,
    UploadStopped,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class AsgiScreen:
    """The application behind a screen. Verdicts are in `scope["tocsin.verdicts"]`, a list of
    `Checked` that grows while the application receives the body."""

    def __init__(self, app: AsgiApp, screen: Screen[AsyncClient]) -> None:
        self._app = app
        self._screen = screen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        screening = self._begin(scope)
        if screening is None:
            await self._app(scope, receive, send)
            return
        answer = _Answer(screening, send)
        if screening.stopped is None:
            await self._run(scope, receive, answer, screening)
        if screening.stopped is not None and not answer.started:
            await refuse(screening.stopped, send)

    def _begin(self, scope: Scope) -> Screening[AsyncClient] | None:
        if scope["type"] != "http":
            return None
        kinds, encodings = (
            [bytes(value).decode("latin-1") for name, value in scope["headers"] if name == wanted]
            for wanted in (b"content-type", b"content-encoding")
        )
        # Of two, the application might take the other one: that is no kind we could tell.
        kind = "multipart/doubled" if len(kinds) > 1 else "".join(kinds)
        return self._screen.begin(kind, ", ".join(encodings))

    async def _run(
        self, scope: Scope, receive: Receive, answer: _Answer, screening: Screening[AsyncClient]
    ) -> None:
        inner = {**scope, VERDICTS: screening.checked}
        try:
            await self._app(inner, _Screened(receive, screening).receive, answer.send)
        except Exception:
            # What the application makes of a stop is its own; our answer goes out in its place.
            if screening.stopped is None or answer.started:
                raise
        finally:
            screening.close()


async def refuse(refusal: Refusal, send: Send) -> None:
    """Send a refusal."""
    headers = [(k.lower().encode(), v.encode("latin-1")) for k, v in refusal.all_headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})


class _Screened:
    """The body as the application may receive it, a piece at a time.

    An application may cancel its waiting for a message and wait again: nothing is lost by that, and
    no file slips through between its arrival and its verdict.
    """

    def __init__(self, receive: Receive, screening: Screening[AsyncClient]) -> None:
        self._receive = receive
        self._screening = screening
        self._steps: Iterator[bytes | Arrived] = iter(())
        self._arrived: Arrived | None = None
        self._is_last = False
        self._is_over = False

    async def receive(self) -> Message:
        """The next message. Raises UploadStopped."""
        if self._screening.stopped is not None:
            raise UploadStopped(self._screening.stopped.message)
        while not self._is_over:
            piece = await self._next_piece()
            if piece is not None:
                return {"type": "http.request", "body": piece, "more_body": True}
            if self._is_last:
                self._is_over = True
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                self._is_over = True
                return message
            self._take(message)
        return await self._receive()

    def _take(self, message: Message) -> None:
        self._steps = self._screening.feed(message.get("body", b""))
        if not message.get("more_body", False):
            self._steps = chain(self._steps, self._screening.end())
            self._is_last = True

    async def _next_piece(self) -> bytes | None:
        screen = self._screening.screen
        while True:
            if self._arrived is not None:
                intake, upload_id = self._arrived.intake, screen.upload_id(self._arrived.upload)
                self._screening.settle(await screen.client.check_intake(intake, id=upload_id))
                self._arrived = None
            step = next(self._steps, None)
            if not isinstance(step, Arrived):
                return step
            self._arrived = step


class _Answer:
    """What the application sends, until an upload was stopped."""

    def __init__(self, screening: Screening[AsyncClient], send: Send) -> None:
        self._screening = screening
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        if self._screening.stopped is not None and not self.started:
            return
        self.started = self.started or message["type"] == "http.response.start"
        await self._send(message)

"""Plain ASGI: `GET /live`, server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from asgiref.sync import sync_to_async

from tocsin.doors.live import visitors
from tocsin.doors.live.board import Board

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0
MOST_LISTENERS = 500


class Live:
    """The application. One Board for all its connections."""

    def __init__(
        self, board: Board | None = None, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._board = board
        self._heartbeat_seconds = heartbeat_seconds
        self._connections = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live_and_die(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        origin = headers.get("origin", b"").decode("latin-1")
        if scope["path"] != "/live":
            return await _refuse(send, 404)
        if scope["method"] != "GET":
            return await _refuse(send, 405)
        if origin and not visitors.is_ours(origin, headers.get("host", b"").decode("latin-1")):
            return await _refuse(send, 403)
        key = visitors.session_key(headers.get("cookie", b"").decode("latin-1"))
        if key is None or not await sync_to_async(visitors.may_listen)(key):
            return await _refuse(send, 403, origin)
        if self._connections >= MOST_LISTENERS:
            return await _refuse(send, 503, origin)
        return await self._stream(key, origin, receive, send)

    async def _stream(self, key: str, origin: str, receive: Receive, send: Send) -> None:
        # Made here and not at start: it belongs to the event loop that runs it.
        self._board = self._board or Board()
        self._connections += 1
        telling = asyncio.create_task(self._tell(self._board, key, origin, send))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({telling, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connections -= 1
            for task in (telling, gone):
                task.cancel()
            await asyncio.gather(telling, gone, return_exceptions=True)

    async def _tell(self, board: Board, key: str, origin: str, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _headers(origin)})
        seen, clock = "", asyncio.get_running_loop().time
        look_again_at = clock() + self._heartbeat_seconds
        async with board.listening():
            while True:
                counts = await board.next(seen, max(look_again_at - clock(), 0))
                # By time and not by silence: on a busy desk the counts never stand still.
                if counts is None or clock() >= look_again_at:
                    if not await sync_to_async(visitors.may_listen)(key):
                        break
                    look_again_at = clock() + self._heartbeat_seconds
                if counts is None:
                    await _say(send, ": still here\n\n")
                else:
                    seen = counts
                    await _say(send, f"event: queue\ndata: {counts}\n\n")
        await send({"type": "http.response.body", "body": b""})


async def _live_and_die(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send: Send, status: int, origin: str = "") -> None:
    headers = [(b"content-length", b"0"), *_allowing(origin)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _headers(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        *_allowing(origin),
    ]


def _allowing(origin: str) -> list[tuple[bytes, bytes]]:
    if not origin:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]

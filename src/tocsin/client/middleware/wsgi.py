"""Checks in front of any WSGI application (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, BinaryIO, Final

from tocsin.client.middleware.screening import (
    VERDICTS,
    Arrived,
    Refusal,
    Screen,
    Screening,
    UploadStopped,
)
from tocsin.client.synchronous import Client

READ_BYTES: Final = 1 << 16

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class WsgiScreen:
    """The application behind a screen. Verdicts are in `environ["tocsin.verdicts"]`, a list of
    `Checked` that grows while the application reads the body."""

    def __init__(self, app: WsgiApp, screen: Screen[Client]) -> None:
        self._app = app
        self._screen = screen

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        screening = self._screen.begin(
            str(environ.get("CONTENT_TYPE") or ""), str(environ.get("HTTP_CONTENT_ENCODING") or "")
        )
        if screening is None:
            return self._app(environ, start_response)
        if screening.stopped is not None:
            return refuse(screening.stopped, start_response)
        body = _ScreenedInput(pieces_of(environ), screening)
        inner = {**environ, "wsgi.input": body, VERDICTS: screening.checked}
        return _Answer(self._app, inner, screening, start_response)


def refuse(refusal: Refusal, start_response: StartResponse) -> list[bytes]:
    """Send a refusal."""
    try:
        phrase = HTTPStatus(refusal.status).phrase
    except ValueError:
        phrase = "Refused"
    start_response(f"{refusal.status} {phrase}", refusal.all_headers)
    return [refusal.body]


def pieces_of(environ: Environ) -> Iterator[bytes]:
    """The body of a request, piece by piece, with a length or chunked."""
    stream: BinaryIO = environ["wsgi.input"]
    text = str(environ.get("CONTENT_LENGTH") or "").strip()
    chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
    if text.isascii() and text.isdigit() and not chunked:
        left: int | None = int(text[:18])
    else:
        # Where no length is announced and the server does not end the stream, there is no body.
        left = None if chunked or environ.get("wsgi.input_terminated") else 0
    while left is None or left > 0:
        piece = stream.read(READ_BYTES if left is None else min(READ_BYTES, left))
        if not piece:
            return
        left = None if left is None else left - len(piece)
        yield piece


class _ScreenedInput:
    """The body as the application may read it. Every method raises UploadStopped."""

    def __init__(self, pieces: Iterator[bytes], screening: Screening[Client]) -> None:
        self._steps = _steps(pieces, screening)
        self._screening = screening
        self._ready = bytearray()
        self._is_broken = False

    def read(self, size: int | None = -1) -> bytes:
        wanted = None if size is None or size < 0 else size
        self._fill(lambda: wanted is not None and len(self._ready) >= wanted)
        return self._cut(len(self._ready) if wanted is None else wanted)

    def readline(self, size: int | None = -1) -> bytes:
        wanted = None if size is None or size < 0 else size
        self._fill(
            lambda: b"\n" in self._ready or (wanted is not None and len(self._ready) >= wanted)
        )
        end = self._ready.find(b"\n") + 1 or len(self._ready)
        return self._cut(end if wanted is None else min(end, wanted))

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _fill(self, enough: Callable[[], bool]) -> None:
        if self._screening.stopped is not None:
            raise UploadStopped(self._screening.stopped.message)
        if self._is_broken:
            # What has failed once must not look like the end of the body when it is read again.
            raise UploadStopped("the body could not be read to its end")
        while not enough():
            try:
                piece = next(self._steps, None)
            except BaseException:
                self._is_broken = True
                raise
            if piece is None:
                return
            self._ready += piece

    def _cut(self, length: int) -> bytes:
        data = bytes(self._ready[:length])
        del self._ready[:length]
        return data


def _steps(pieces: Iterator[bytes], screening: Screening[Client]) -> Iterator[bytes]:
    for piece in pieces:
        yield from _settled(screening.feed(piece), screening)
    yield from _settled(screening.end(), screening)


def _settled(steps: Iterator[bytes | Arrived], screening: Screening[Client]) -> Iterator[bytes]:
    screen = screening.screen
    for step in steps:
        if isinstance(step, Arrived):
            upload_id = screen.upload_id(step.upload)
            screening.settle(screen.client.check_intake(step.intake, id=upload_id))
        else:
            yield step


class _Answer:
    """The application's answer, or ours in its place when an upload was stopped.

    The application may notice the stop as an exception while it is called or while its answer is
    made, or swallow it and answer something of its own: each way, the refusal is what goes out.
    """

    def __init__(
        self,
        app: WsgiApp,
        environ: Environ,
        screening: Screening[Client],
        start_response: StartResponse,
    ) -> None:
        self._screening = screening
        self._really_start = start_response
        self._start: tuple[Any, ...] | None = None
        self._started = False
        self._really_write: Callable[[bytes], object] | None = None
        self._made: Iterable[bytes] = ()
        try:
            self._call(app, environ)
            self._pieces = self._answered()
            # Some servers look at the status before they ask for a piece: it must be known by then.
            self._first = next(self._pieces, None)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        if self._first is not None:
            yield self._first
        yield from self._pieces

    def _call(self, app: WsgiApp, environ: Environ) -> None:
        try:
            self._made = app(environ, self._keep_start)
        except Exception:
            if self._screening.stopped is None:
                raise

    def _answered(self) -> Iterator[bytes]:
        try:
            for piece in self._made:
                if self._screening.stopped is not None and not self._started:
                    break
                self._send_start()
                yield piece
        except Exception:
            if self._screening.stopped is None or self._started:
                raise
        if not self._started:
            if self._screening.stopped is not None:
                yield from refuse(self._screening.stopped, self._really_start)
            else:
                self._send_start()

    def close(self) -> None:
        self._screening.close()
        close = getattr(self._made, "close", None)
        if close is not None:
            close()

    def _keep_start(self, *start: Any) -> Callable[[bytes], object]:
        if self._started:
            # Only an error after the beginning may do that; the server knows what to say.
            return self._really_start(*start)
        self._start = start
        return self._write

    def _send_start(self) -> None:
        if not self._started and self._start is not None:
            self._started = True
            self._really_write = self._really_start(*self._start)

    def _write(self, data: bytes) -> None:
        """The old way of writing an answer, before it is given back."""
        if self._screening.stopped is not None and not self._started:
            raise UploadStopped(self._screening.stopped.message)
        self._send_start()
        if self._really_write is not None:
            self._really_write(data)

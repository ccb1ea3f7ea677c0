"""The little of HTTP that these doors need: read a body within limits, answer, refuse in words."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from time import monotonic
from typing import Any, TypeAlias

import msgspec

Environ: TypeAlias = Mapping[str, Any]
Headers: TypeAlias = tuple[tuple[str, str], ...]
StartResponse: TypeAlias = Callable[..., Any]
WsgiApp: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

JSON = "application/json"
NDJSON = "application/x-ndjson"
TEXT = "text/plain; charset=utf-8"
# Small, since the server hands over a piece only when it is whole: time is looked at in between.
READ_BYTES = 1 << 14
READ_WITHIN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is ready to be sent."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Headers = ()

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Hand it to the server."""
        length = ("Content-Length", str(len(self.body)))
        _start(start_response, self.status, self.content_type, (length, *self.headers))
        return [self.body]

    def with_headers(self, headers: Headers) -> Reply:
        """The same with these headers, but for those it has already."""
        joined = _joined(self.headers, headers)
        return self if joined == self.headers else replace(self, headers=joined)


@dataclass(frozen=True, slots=True)
class Flow:
    """An answer that is made while it is sent: its pieces, in order; its length is not known."""

    pieces: Iterator[bytes]
    content_type: str = NDJSON
    headers: Headers = ()

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Hand it to the server."""
        _start(start_response, 200, self.content_type, self.headers)
        return self.pieces

    def with_headers(self, headers: Headers) -> Flow:
        """The same with these headers, but for those it has already."""
        return replace(self, headers=_joined(self.headers, headers))


def _start(start_response: StartResponse, status: int, content_type: str, headers: Headers) -> None:
    start_response(
        f"{status} {HTTPStatus(status).phrase}",
        [
            ("Content-Type", content_type),
            # Answers are about somebody's upload: no cache in between may keep one.
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *headers,
        ],
    )


def _joined(own: Headers, more: Headers) -> Headers:
    named = {name for name, _ in own}
    return (*own, *((name, value) for name, value in more if name not in named))


@dataclass(eq=False)
class Refused(Exception):
    """A request that cannot be answered as asked: status, fixed code, a sentence for people."""

    status: int
    code: str
    message: str
    headers: Headers = ()
    more: Mapping[str, object] = field(default_factory=dict)

    def reply(self) -> Reply:
        """As JSON: `{"error": {"code", "message", …}}`."""
        error = {"code": self.code, "message": self.message, **self.more}
        return Reply(self.status, msgspec.json.encode({"error": error}), headers=self.headers)


def read_body(environ: Environ, *, most_bytes: int) -> io.BytesIO:
    """The whole body, in memory only, at its start; raises Refused as `body_pieces` does."""
    body = io.BytesIO()
    for piece in body_pieces(environ, most_bytes=most_bytes):
        body.write(piece)
    body.seek(0)
    return body


def body_pieces(
    environ: Environ,
    *,
    most_bytes: int,
    piece_bytes: int = READ_BYTES,
    within_seconds: float = READ_WITHIN_SECONDS,
) -> Iterator[bytes]:
    """The body piece by piece, each of `piece_bytes` but for the last.

    A length that was announced too high or too low, or not at all (chunked), is all the same here.
    Raises Refused: 413 beyond `most_bytes`, 408 when it takes longer than `within_seconds`, 400 for
    a length that is no number or not reached.
    """
    announced = _announced(environ)
    if announced is not None and announced > most_bytes:
        raise _too_large(most_bytes)
    stream = environ["wsgi.input"]
    # Where no length is announced and the server does not end the stream, there is no body.
    most = announced if announced is not None else most_bytes + 1 if _ends(environ) else 0
    give_up_at = monotonic() + within_seconds
    read = 0
    while read < most:
        if monotonic() > give_up_at:
            raise _too_slow(within_seconds)
        piece = stream.read(min(piece_bytes, most - read))
        if not piece:
            break
        read += len(piece)
        if read > most_bytes:
            raise _too_large(most_bytes)
        yield piece
    if announced is not None and read < announced:
        raise Refused(400, "body_cut_short", "The body ended before the announced length.")


def media_type(environ: Environ) -> str:
    """The body's media type without parameters, in lower case; empty when not given."""
    return str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


def require_method(environ: Environ, method: str) -> None:
    """Raises Refused 405 for any other."""
    if environ["REQUEST_METHOD"] != method:
        raise Refused(405, "wrong_method", f"Use {method} here.", headers=(("Allow", method),))


def _announced(environ: Environ) -> int | None:
    text = str(environ.get("CONTENT_LENGTH") or "").strip()
    # A chunked body has no length of its own; one named beside it must not be believed.
    if not text or environ.get("HTTP_TRANSFER_ENCODING"):
        return None
    if not (text.isascii() and text.isdigit()):
        raise Refused(400, "wrong_length", "Content-Length is not a number.")
    return int(text[:20])


def _ends(environ: Environ) -> bool:
    return bool(environ.get("wsgi.input_terminated") or environ.get("HTTP_TRANSFER_ENCODING"))


def _too_slow(within_seconds: float) -> Refused:
    words = f"The body took longer than {within_seconds:.0f} seconds to arrive."
    return Refused(408, "too_slow", words)


def _too_large(most_bytes: int) -> Refused:
    return Refused(413, "too_large", f"The body may have at most {most_bytes:,} bytes.")

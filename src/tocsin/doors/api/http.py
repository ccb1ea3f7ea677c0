"""The little of HTTP that these doors need: read a body within limits, answer, refuse in words."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, TypeAlias

import msgspec

Environ: TypeAlias = Mapping[str, Any]
StartResponse: TypeAlias = Callable[..., Any]
WsgiApp: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

JSON = "application/json"
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
    headers: tuple[tuple[str, str], ...] = ()

    def send(self, start_response: StartResponse) -> list[bytes]:
        """Hand it to the server."""
        start_response(
            f"{self.status} {HTTPStatus(self.status).phrase}",
            [
                ("Content-Type", self.content_type),
                ("Content-Length", str(len(self.body))),
                # Answers are about somebody's upload: no cache in between may keep one.
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                *self.headers,
            ],
        )
        return [self.body]


@dataclass(eq=False)
class Refused(Exception):
    """A request that cannot be answered as asked: status, fixed code, a sentence for people."""

    status: int
    code: str
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)

    def reply(self) -> Reply:
        """As JSON: `{"error": {"code", "message", …}}`."""
        error = {"code": self.code, "message": self.message, **self.more}
        return Reply(self.status, msgspec.json.encode({"error": error}), headers=self.headers)


def read_body(environ: Environ, *, most_bytes: int) -> io.BytesIO:
    """The whole body, in memory only, at its start.

    A length that was announced too high or too low, or not at all (chunked), is all the same here.
    Raises Refused: 413 beyond `most_bytes`, 408 when it takes longer than two minutes, 400 for a
    length that is no number or not reached.
    """
    announced = _announced(environ)
    if announced is not None and announced > most_bytes:
        raise _too_large(most_bytes)
    body = io.BytesIO()
    stream = environ["wsgi.input"]
    # Where no length is announced and the server does not end the stream, there is no body.
    most = announced if announced is not None else most_bytes + 1 if _ends(environ) else 0
    give_up_at = monotonic() + READ_WITHIN_SECONDS
    while body.tell() < most:
        if monotonic() > give_up_at:
            raise _too_slow()
        piece = stream.read(min(READ_BYTES, most - body.tell()))
        if not piece:
            break
        body.write(piece)
    if body.tell() > most_bytes:
        raise _too_large(most_bytes)
    if announced is not None and body.tell() < announced:
        raise Refused(400, "body_cut_short", "The body ended before the announced length.")
    body.seek(0)
    return body


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


def _too_slow() -> Refused:
    return Refused(
        408, "too_slow", f"The body took longer than {READ_WITHIN_SECONDS} seconds to arrive."
    )


def _too_large(most_bytes: int) -> Refused:
    return Refused(413, "too_large", f"The body may have at most {most_bytes:,} bytes.")

"""Asking the API door as a program would, without a server."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.base.accounts.types import IssuedKey
from tocsin.doors.api.http import WsgiApp


@dataclass(frozen=True, slots=True)
class Said:
    """What the door answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.json["error"]["code"])


@dataclass(frozen=True, slots=True)
class Client:
    """Calls a WSGI application; `environ` is laid over what each request has."""

    app: WsgiApp
    environ: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes = b"", **environ: Any) -> Said:
        told: list[tuple[str, list[tuple[str, str]]]] = []
        whole = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **self.environ,
            **environ,
        }
        chunks = self.app(whole, lambda status, headers, *_: told.append((status, headers)))
        answer = b"".join(chunks)
        ((status, headers),) = told
        said = Said(int(status[:3]), dict(headers), answer)
        assert said.headers["Content-Length"] == str(len(answer))
        return said

    def post(self, path: str, body: bytes = b"", **environ: Any) -> Said:
        return self.ask("POST", path, body, **environ)

    def post_json(self, path: str, value: object, **environ: Any) -> Said:
        return self.post(
            path, msgspec.json.encode(value), CONTENT_TYPE="application/json", **environ
        )

    def with_bearer(self, key: IssuedKey) -> Client:
        """The same client with a key in the `/v2` manner."""
        return self._with(f"Bearer {key.bearer}")

    def with_basic(self, key: IssuedKey) -> Client:
        """The same client with a key in the `/v1` manner."""
        return self._with(basic(key.key_id, key.secret))

    def _with(self, authorization: str) -> Client:
        return Client(self.app, {**self.environ, "HTTP_AUTHORIZATION": authorization})


def basic(user: str, password: str) -> str:
    """The header of HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

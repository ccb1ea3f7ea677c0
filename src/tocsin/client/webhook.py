"""A validation webhook: a file is posted, and the status says whether it may be kept.

204 lets it in. Everything else refuses it: 451 for what was found, 503 while the service cannot be
asked, 422 for what no program can look at. That is how pict-rs, which keeps Lemmy's pictures, calls
an `external_validation`: it posts each file after its own processing, the `Content-Type` that of
the file and the body nothing but the file (chunked), follows no protocol beyond that, and takes
any status but 2xx as "no" (pict-rs 0.4.3, `releases/0.4.3.md`; `src/ingest.rs`).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace

from tocsin.client.middleware.screening import Handling, Refusal, Screen
from tocsin.client.middleware.wsgi import (
    READ_BYTES,
    Environ,
    StartResponse,
    WsgiApp,
    WsgiScreen,
    refuse,
)
from tocsin.client.synchronous import Client


class ValidationWebhook:
    """A WSGI application that checks what is posted to `/` followed by `secret`.

    Callers such as pict-rs can send no key, so the address is the key: without `secret`, let only
    the caller's machine reach it. A form with files is taken too. The server must hand on chunked
    bodies (granian and gunicorn do; wsgiref does not).
    """

    def __init__(self, screen: Screen[Client], *, secret: str = "") -> None:
        if screen.handling is not Handling.REFUSE:
            raise ValueError("a webhook answers yes or no, so its screen refuses")
        self._path = f"/{secret}".encode()
        # Whatever a caller calls it, the body is the file.
        self._screened: WsgiApp = WsgiScreen(_take, replace(screen, raw_types=("",)))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO") or "/").encode("latin-1", "replace")
        if not hmac.compare_digest(path, self._path):
            return refuse(Refusal(404, "There is nothing here."), start_response)
        if environ["REQUEST_METHOD"] != "POST":
            return refuse(Refusal(405, "Post a file.", (("Allow", "POST"),)), start_response)
        return self._screened(environ, start_response)


def _take(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The application behind the screen: it reads, keeps nothing, and says yes."""
    size = 0
    while piece := environ["wsgi.input"].read(READ_BYTES):
        size += len(piece)
    if not size:
        return refuse(Refusal(400, "The body is empty; post a file."), start_response)
    start_response("204 No Content", [("Cache-Control", "no-store")])
    return []

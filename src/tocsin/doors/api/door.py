"""The door itself, for `site` to hang in: one WSGI application for `/v1`, `/v2` and the facades."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from tocsin.domain.matching.queries import Checker
from tocsin.domain.receipts.queries import Issuer, issuer
from tocsin.doors.api import facade
from tocsin.doors.api.http import Environ, Flow, Refused, Reply, StartResponse, require_method
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.metered import Metered
from tocsin.doors.api.v1 import check as v1
from tocsin.doors.api.v2 import (
    corrections,
    feedback,
    jobs,
    openapi,
    private,
    receipts,
    reports,
    stream,
    terms,
)
from tocsin.doors.api.v2.media import Fingerprinter, Look, MediaDesk
from tocsin.doors.api.v2.repeats import once

PREFIXES = ("/v1/", "/v2/", facade.PREFIX)

Answerer: TypeAlias = Callable[[Environ, Checker, RateLimit, datetime], Reply | Flow]


def _now() -> datetime:
    return datetime.now(UTC)


class ApiDoor:
    """All of `/v1` and `/v2`, as `/v2/openapi.json` describes them, and the facades that are open.

    The checker is asked for with each request, so that it starts in the process that answers and
    not in the one that forks it.
    """

    def __init__(
        self,
        *,
        checker: Callable[[], Checker],
        fingerprint: Fingerprinter,
        look: Look | None = None,
        now: Callable[[], datetime] = _now,
        limit: RateLimit | None = None,
        facades: Collection[str] = facade.USUAL,
        issuer: Callable[[], Issuer] = issuer,
        refused: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`refused` hears the code of every request that is."""
        self._heard = refused
        self._checker = checker
        self._issuer = issuer
        self._now = now
        self._limit = limit or RateLimit()
        self._media = MediaDesk(fingerprint, look=look)
        compared = private.PrivateDoor()
        self._facades = {facade.prefix_of(name) for name in facades}
        self._open: dict[str, Callable[[Environ], Reply]] = {
            "/v2/webhook/keys": corrections.signing_keys,
            "/v2/receipts/keys": receipts.keys,
            "/v2/private/key": compared.key,
            "/v2/openapi.json": _describe,
        }
        self._paths: dict[str, Answerer] = {
            "/v2/checks": partial(stream.check, issuer=self._issuer),
            "/v2/reports": once(reports.report, most_bytes=reports.MOST_BYTES),
            "/v2/feedback": once(feedback.say, most_bytes=feedback.MOST_BYTES),
            "/v2/jobs": jobs.make,
            "/v2/corrections": corrections.poll,
            "/v2/corrections/acknowledge": corrections.acknowledge,
            "/v2/receipts/head": receipts.head,
            "/v2/private/delta": compared.delta,
            "/v2/private/evaluate": compared.evaluate,
            "/v2/terms": terms.tell,
            "/v2/webhook": corrections.set_webhook,
            "/v2/webhook/state": corrections.webhook_state,
        }

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        limit = Metered(self._limit)
        reply: Reply | Flow
        try:
            reply = self._answer(environ, limit)
        except Refused as refused:
            self._heard(refused.code)
            reply = facade.refusal(environ["PATH_INFO"], refused)
        return limit.told_in(reply).send(start_response)

    def _answer(self, environ: dict[str, Any], limit: Metered) -> Reply | Flow:
        path = environ["PATH_INFO"]
        if (described := self._open.get(path)) is not None:
            return described(environ)
        answer = self._answerer(path)
        if answer is None:
            raise Refused(404, "not_found", "There is nothing here; see /v2/openapi.json.")
        return answer(environ, self._checker(), limit, self._now())

    def _answerer(self, path: str) -> Answerer | None:
        if path.startswith((v1.LIVE, v1.TEST)):
            return v1.check
        if path.startswith(jobs.ONE):
            return jobs.one
        if path == "/v2/media":
            return partial(self._media.check, issuer=self._issuer)
        if receipts.is_proof(path):
            return receipts.proof
        if facade.prefix_in(path) in self._facades:
            return facade.answerer(path, self._media)
        return self._paths.get(path)


def _describe(environ: Environ) -> Reply:
    require_method(environ, "GET")
    return openapi.describe()

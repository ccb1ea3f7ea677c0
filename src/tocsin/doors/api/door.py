"""The door itself, for `site` to hang in: one WSGI application for `/v1` and `/v2`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from tocsin.domain.matching.queries import Checker
from tocsin.doors.api.http import Environ, Refused, Reply, StartResponse, require_method
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v1 import check as v1
from tocsin.doors.api.v2 import checks, corrections, feedback, openapi, reports, terms
from tocsin.doors.api.v2.media import Fingerprinter, MediaDesk

PREFIXES = ("/v1/", "/v2/")


def _now() -> datetime:
    return datetime.now(UTC)


class ApiDoor:
    """All of `/v1` and `/v2`, as `/v2/openapi.json` describes them.

    The checker is asked for with each request, so that it starts in the process that answers and
    not in the one that forks it.
    """

    def __init__(
        self,
        *,
        checker: Callable[[], Checker],
        fingerprint: Fingerprinter,
        now: Callable[[], datetime] = _now,
        limit: RateLimit | None = None,
    ) -> None:
        self._checker = checker
        self._now = now
        self._limit = limit or RateLimit()
        self._media = MediaDesk(fingerprint)
        self._paths: dict[str, Callable[[Environ], Reply]] = {
            "/v2/checks": lambda e: checks.check(e, *self._at_hand()),
            "/v2/media": lambda e: self._media.check(e, *self._at_hand()),
            "/v2/reports": lambda e: reports.report(e, *self._at_hand()),
            "/v2/feedback": lambda e: feedback.say(e, *self._at_hand()),
            "/v2/corrections": lambda e: corrections.poll(e, *self._at_hand()),
            "/v2/corrections/acknowledge": lambda e: corrections.acknowledge(e, *self._at_hand()),
            "/v2/terms": lambda e: terms.tell(e, *self._at_hand()),
            "/v2/webhook": lambda e: corrections.set_webhook(e, *self._at_hand()),
            "/v2/webhook/state": lambda e: corrections.webhook_state(e, *self._at_hand()),
            "/v2/webhook/keys": corrections.signing_keys,
            "/v2/openapi.json": _describe,
        }

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = self._answer(environ)
        except Refused as refused:
            reply = refused.reply()
        return reply.send(start_response)

    def _answer(self, environ: Environ) -> Reply:
        path = environ["PATH_INFO"]
        if path.startswith((v1.LIVE, v1.TEST)):
            return v1.check(environ, *self._at_hand())
        answer = self._paths.get(path)
        if answer is None:
            raise Refused(404, "not_found", "There is nothing here; see /v2/openapi.json.")
        return answer(environ)

    def _at_hand(self) -> tuple[Checker, RateLimit, datetime]:
        return self._checker(), self._limit, self._now()


def _describe(environ: Environ) -> Reply:
    require_method(environ, "GET")
    return openapi.describe()

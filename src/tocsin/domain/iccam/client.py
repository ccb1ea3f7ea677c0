"""ICCAM v3 over HTTP: log in, ask, tell. Through egress, to its own address only.

Its field names stand here and nowhere else. Each answer is read into a type or refused whole.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from tocsin.base.egress import Answer, Egress, EgressError, TooSlow, configured_peer
from tocsin.domain.iccam import rules, wire
from tocsin.domain.iccam.credentials import Keys
from tocsin.domain.iccam.speaking import CallFailed, NotTaken
from tocsin.domain.iccam.types import (
    Assessment,
    ContentNow,
    Filed,
    Listing,
    OutgoingReport,
    ReportNow,
    Told,
    Trouble,
)

MOST_BYTES: Final = 4 << 20
MOST_SECONDS: Final = 30.0
LONGEST_ASKED_WAIT: Final = 3_600
_OK: Final = frozenset({200, 201, 202, 204})
_NOT_TAKEN: Final = frozenset({400, 403, 404, 405, 409, 410, 422})


@dataclass(slots=True)
class Client:
    """Speaks for ICCAM. Logs in with the first call, again when it is told to, and keeps the pace
    that the service is used to. `pause` waits so many seconds."""

    base_url: str
    keys: Keys
    analyst: str
    egress: Egress = field(default_factory=Egress, repr=False)
    pause: Callable[[float], None] = time.sleep
    _bearer: str = field(default="", init=False, repr=False)

    def listed(self, which: Listing, since: datetime, most: int) -> Sequence[int]:
        """Numbers of contents, each once."""
        offline = which is Listing.OFFLINE
        start = "hotlineAssignmentStartDate" if offline else "countryAssignmentStartDate"
        query = urlencode({"maxResults": most, start: wire.moment(since)})
        told = self._get(f"rest/Content/{which.value}?{query}")
        return wire.numbers(told, "contentId")

    def content(self, number: int) -> ContentNow:
        return wire.content(self._get(f"rest/Content/{number:d}"))

    def report(self, number: int) -> ReportNow:
        return wire.report(self._get(f"rest/Reports/{number:d}"))

    def file(self, report: OutgoingReport) -> Filed:
        return wire.filed(self._tell("POST", "rest/reports", wire.outgoing(report, self.analyst)))

    def assess(self, number: int, assessment: Assessment) -> None:
        body = wire.assessment(assessment, self.analyst)
        self._tell("PUT", f"rest/Content/{number:d}/assessment", body)

    def act(self, number: int, told: Told) -> None:
        self._tell("POST", f"rest/Content/{number:d}/actions", wire.action(told, self.analyst))

    def set_reference(self, number: int, reference: str) -> None:
        query = urlencode({"reference": reference})
        self._tell("PUT", f"rest/Content/{number:d}/hotline-reference?{query}")

    def set_hosting(self, number: int, ip: str, country: str) -> None:
        query = urlencode({"newIpAddress": ip, "newCountryCode": country})
        self._tell("PUT", f"rest/Content/{number:d}/url/hosting?{query}")

    def assign(self, number: int, country: str) -> None:
        self._tell(
            "PUT", f"rest/Content/{number:d}/assigned-country?newCountryCode={quote(country)}"
        )

    def set_site_type(self, report_number: int, site_type: int) -> None:
        self._tell(
            "PUT", f"rest/Reports/{report_number:d}/source-url/site-type?siteType={site_type:d}"
        )

    def set_commerciality(self, report_number: int, commerciality: int) -> None:
        path = f"rest/Reports/{report_number:d}/source-url/commerciality"
        self._tell("PUT", f"{path}?commerciality={commerciality:d}")

    def set_payment_methods(self, report_number: int, methods: Sequence[int]) -> None:
        path = f"rest/Reports/{report_number:d}/source-url/payment-methods"
        self._tell("PUT", path, list(methods))

    def close(self) -> None:
        """Log out; what goes wrong is nobody's business any more."""
        if self._bearer:
            with contextlib.suppress(CallFailed):
                self._send("POST", "Authentication/logout", None)
            self._bearer = ""

    def _get(self, path: str) -> Any:
        return self._read(self._called("GET", path, None))

    def _tell(self, method: str, path: str, body: object = None) -> Any:
        answer = self._called(method, path, None if body is None else msgspec.json.encode(body))
        return self._read(answer) if answer.body.strip() else None

    def _called(self, method: str, path: str, body: bytes | None) -> Answer:
        """One call with a bearer token, that is asked for once more when the old one is over."""
        if not self._bearer:
            self._log_in()
        self.pause(rules.BETWEEN_CALLS_SECONDS)
        answer = self._send(method, path, body)
        if answer.status == 401:
            self._log_in()
            answer = self._send(method, path, body)
        return self._judged(answer)

    def _log_in(self) -> None:
        self._bearer = ""
        named = {"username": self.keys.username, "password": self.keys.password}
        answer = self._send("POST", "Authentication", msgspec.json.encode(named))
        if answer.status in {400, 401, 403}:
            raise CallFailed(Trouble.REFUSED)
        told = self._read(self._judged(answer))
        bearer = told.get("bearerToken") if isinstance(told, Mapping) else None
        if not isinstance(bearer, str) or not bearer.isprintable() or not bearer.isascii():
            raise CallFailed(Trouble.BROKEN)
        self._bearer = bearer
        self.pause(rules.AFTER_LOG_IN_SECONDS)

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        # Redirects are not followed: our password and certificate stay where they belong.
        policy = replace(
            configured_peer(self.base_url).limited_to(
                max_bytes=MOST_BYTES, deadline_seconds=MOST_SECONDS, max_redirects=0
            ),
            name="iccam",
        )
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        if self._bearer:
            headers["authorization"] = f"Bearer {self._bearer}"
        try:
            return self._way_out().request(
                method,
                f"{self.base_url.rstrip('/')}/{path}",
                policy=policy,
                content=body,
                headers=headers,
            )
        except TooSlow:
            raise CallFailed(Trouble.TOO_SLOW) from None
        except EgressError:
            raise CallFailed(Trouble.UNREACHABLE) from None

    def _way_out(self) -> Egress:
        return self.egress if self.keys.tls is None else replace(self.egress, tls=self.keys.tls)

    def _judged(self, answer: Answer) -> Answer:
        if answer.status in _OK:
            return answer
        if answer.status == 401:
            raise CallFailed(Trouble.REFUSED)
        if answer.status in _NOT_TAKEN:
            raise NotTaken
        if answer.status in {429, 503}:
            raise CallFailed(Trouble.BUSY, _asked_wait(answer.headers.get("retry-after", "")))
        raise CallFailed(Trouble.SERVER if answer.status >= 500 else Trouble.BROKEN)

    def _read(self, answer: Answer) -> Any:
        try:
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise CallFailed(Trouble.BROKEN) from None


def _asked_wait(text: str) -> int | None:
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit():
        return None
    return min(int(digits[:9]), LONGEST_ASKED_WAIT)

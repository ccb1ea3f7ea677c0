"""An ICCAM that is none, our exchange with it, and items that came from there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from tests.domain.desk import SYSTEM, UNLAWFUL, found, person
from tocsin.base.audit.types import Actor
from tocsin.domain.iccam import actions, wire
from tocsin.domain.iccam.models import Content
from tocsin.domain.iccam.speaking import CallFailed, NotTaken
from tocsin.domain.iccam.types import (
    Assessment,
    ContentNow,
    Filed,
    LinkTerms,
    Listing,
    OutgoingReport,
    Pulled,
    ReportNow,
    Told,
    Trouble,
)
from tocsin.domain.reports.types import FindingInput
from tocsin.site.rehearsal.iccam import FakeIccam

URL = "https://host.example/p/1"


def connect(now: datetime, url: str = "https://iccam.example/api", **terms: object) -> None:
    told = LinkTerms(url, "NL", "api-user", **terms)  # type: ignore[arg-type]
    actions.connect(terms=told, actor=SYSTEM, at=now)


def listed(number: int, iccam: FakeIccam) -> dict[str, object]:
    return iccam.contents[number]


@dataclass
class Clock:
    """A clock that can be turned."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: int) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass
class Direct:
    """Speaks with the fake without a network: for tests that make many calls."""

    iccam: FakeIccam
    _bearer: str = field(default="", init=False)

    def listed(self, which: Listing, since: datetime, most: int) -> Sequence[int]:
        query = urlencode({"maxResults": most, "countryAssignmentStartDate": wire.moment(since)})
        return wire.numbers(self._call("GET", f"rest/Content/{which.value}?{query}"), "contentId")

    def content(self, number: int) -> ContentNow:
        return wire.content(self._call("GET", f"rest/Content/{number}"))

    def report(self, number: int) -> ReportNow:
        return wire.report(self._call("GET", f"rest/Reports/{number}"))

    def file(self, report: OutgoingReport) -> Filed:
        return wire.filed(self._call("POST", "rest/reports", wire.outgoing(report, "a")))

    def assess(self, number: int, assessment: Assessment) -> None:
        self._call("PUT", f"rest/Content/{number}/assessment", wire.assessment(assessment, "a"))

    def act(self, number: int, told: Told) -> None:
        self._call("POST", f"rest/Content/{number}/actions", wire.action(told, "a"))

    def set_reference(self, number: int, reference: str) -> None:
        self._call("PUT", f"rest/Content/{number}/hotline-reference?reference={quote(reference)}")

    def set_hosting(self, number: int, ip: str, country: str) -> None:
        query = urlencode({"newIpAddress": ip, "newCountryCode": country})
        self._call("PUT", f"rest/Content/{number}/url/hosting?{query}")

    def assign(self, number: int, country: str) -> None:
        self._call("PUT", f"rest/Content/{number}/assigned-country?newCountryCode={country}")

    def set_site_type(self, report_number: int, site_type: int) -> None:
        path = f"rest/Reports/{report_number}/source-url/site-type?siteType={site_type}"
        self._call("PUT", path)

    def set_commerciality(self, report_number: int, commerciality: int) -> None:
        path = f"rest/Reports/{report_number}/source-url/commerciality"
        self._call("PUT", f"{path}?commerciality={commerciality}")

    def set_payment_methods(self, report_number: int, methods: Sequence[int]) -> None:
        path = f"rest/Reports/{report_number}/source-url/payment-methods"
        self._call("PUT", path, list(methods))

    def close(self) -> None:
        return

    def _call(self, method: str, path: str, body: object = None) -> object:
        self.iccam.tokens.add("direct")
        raw = b"" if body is None else json.dumps(body).encode()
        status, told = self.iccam.call(method, path, raw, "direct")
        if status == 200:
            if isinstance(told, str):
                raise CallFailed(Trouble.BROKEN)
            return told
        if status in {400, 403, 404, 409}:
            raise NotTaken
        troubles = {429: Trouble.BUSY, 500: Trouble.SERVER, 0: Trouble.UNREACHABLE}
        raise CallFailed(troubles.get(status, Trouble.TOO_SLOW), 120 if status == 429 else None)


def a_round(iccam: FakeIccam, clock: Clock) -> Pulled | None:
    return actions.do_round(clock=clock, service=Direct(iccam))


def rounds(iccam: FakeIccam, clock: Clock, count: int = 4) -> None:
    for _ in range(count):
        clock.turn(minutes=2)
        a_round(iccam, clock)


def item_of(number: int) -> str:
    return Content.objects.get(number=number).item_number


def judged(
    number: int, now: datetime, finding: FindingInput = UNLAWFUL, by: Actor | None = None
) -> str:
    """An analyst judges what came in under this number; the item."""
    item = item_of(number)
    found(item, by or person("ada"), now, finding)
    return item

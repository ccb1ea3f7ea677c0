"""An ICCAM that is none: its code lists and the order it insists on, on loopback, for rehearsals.

Written from what is known of the interface in use. `faults` make it behave badly: each is used up
by the first call that it fits. `done` is what it was told and took, in order.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tocsin.domain.iccam import codelists

Answer = tuple[int, Any]


class Fault(StrEnum):
    """How a call goes wrong."""

    BUSY = "busy"  # 429, come back later; nothing done
    BROKEN_BEFORE = "broken_before"  # 500, nothing done
    BROKEN_AFTER = "broken_after"  # done, and then 500
    CUT = "cut"  # done, and no answer at all
    LATE = "late"  # done, and the answer comes too late
    TWICE = "twice"  # a list names everything twice
    LOGGED_OUT = "logged_out"  # the token is over
    NONSENSE = "nonsense"  # 200, and no JSON


class Refused(Exception):
    """A call that breaks a rule: status and what it broke."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


@dataclass
class FakeIccam:
    """What it has on file. `country`: of the hotline that logs in."""

    country: str = "NL"
    username: str = "tocsin"
    password: str = "rehearsal"  # noqa: S105 - of nothing
    faults: list[tuple[Fault, str]] = field(default_factory=list)
    done: list[tuple[str, int, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    reports: dict[int, dict[str, Any]] = field(default_factory=dict)
    contents: dict[int, dict[str, Any]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    calls: int = 0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    late_seconds: float = 0.5
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *urls: str, country: str = "NL", **report: Any) -> list[int]:
        """Another hotline reports these addresses; the first is the page. Numbers of contents."""
        assessment = report.pop("assessment", None)
        number = len(self.reports) + 1_001
        self.reports[number] = {
            "reportId": number,
            "hotlineReference": f"XX-{number}",
            "sourceUrlReferrer": None,
            "sourceUrlSiteType": None,
            "sourceUrlCommerciality": None,
            "sourceUrlPaymentMethods": [],
            **report,
        }
        return [
            self._add_content(number, url, country, at == 0, assessment)
            for at, url in enumerate(urls)
        ]

    def _add_content(
        self, report: int, url: str, country: str, is_source: bool, assessment: Any
    ) -> int:
        number = len(self.contents) + 50_001
        self.contents[number] = {
            "contentId": number,
            "reportId": report,
            "assignedCountryCode": country,
            "countryAssignmentDate": self.clock().isoformat(),
            "hotlineReference": "",
            "url": {
                "urlString": url,
                "isSourceUrl": is_source,
                "hostingCountryCode": country,
                "hostingIpAddress": None,
            },
            "assessments": [assessment] if assessment else [],
            "actions": [],
        }
        return number

    def call(self, method: str, path: str, body: bytes, bearer: str) -> Answer:
        """Answer one call, faults and all. Status 0: hang up without an answer; -1: too late."""
        with self._lock:
            self.calls += 1
            fault = self._fault(method, path)
            if fault is Fault.BUSY:
                return 429, {"error": "busy"}
            if fault is Fault.BROKEN_BEFORE:
                return 500, {"error": "broken"}
            if fault is Fault.NONSENSE:
                return 200, "<html>maintenance</html>"
            if fault is Fault.LOGGED_OUT:
                self.tokens.clear()
            status, told = self._answered(method, path, body, bearer)
            if fault is Fault.BROKEN_AFTER:
                return 500, {"error": "broken"}
            if fault is Fault.TWICE and isinstance(told, list):
                told = told + told
            if fault in {Fault.CUT, Fault.LATE}:
                return (0 if fault is Fault.CUT else -1), told
            return status, told

    def _fault(self, method: str, path: str) -> Fault | None:
        for at, (fault, fits) in enumerate(self.faults):
            if re.search(fits, f"{method} {path}"):
                del self.faults[at]
                return fault
        return None

    def _answered(self, method: str, path: str, body: bytes, bearer: str) -> Answer:
        try:
            return 200, self._do(method, path, body, bearer)
        except Refused as refused:
            if refused.status != 401:
                self.refused.append(f"{method} {urlsplit(path).path}: {refused.why}")
            return refused.status, {"error": refused.why}

    def _do(self, method: str, path: str, raw: bytes, bearer: str) -> Any:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = json.loads(raw) if raw else None
        where = parts.path.strip("/")
        if where == "Authentication":
            return self._log_in(body)
        if bearer not in self.tokens:
            raise Refused(401, "log in")
        if where == "Authentication/logout":
            self.tokens.discard(bearer)
            return {}
        for pattern, wanted, handler in self._table():
            if wanted == method and (match := re.fullmatch(pattern, where)):
                return handler(*map(int, match.groups()), query, body)
        if method == "GET" and (match := re.fullmatch(r"rest/Content/([a-z-]+)", where)):
            return self._list(match[1], query)
        raise Refused(404, "nothing here")

    def _table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            (r"rest/Content/(\d+)", "GET", lambda n, q, b: self._shown(self._content(n))),
            (r"rest/Reports/(\d+)", "GET", lambda n, q, b: self._shown_report(n)),
            (r"rest/reports", "POST", self._file),
            (r"rest/Content/(\d+)/assessment", "PUT", self._assess),
            (r"rest/Content/(\d+)/actions", "POST", self._act),
            (r"rest/Content/(\d+)/url/hosting", "PUT", self._host),
            (r"rest/Content/(\d+)/assigned-country", "PUT", self._assign),
            (r"rest/Content/(\d+)/hotline-reference", "PUT", self._refer),
            (r"rest/Reports/(\d+)/source-url/site-type", "PUT", self._site_type),
            (r"rest/Reports/(\d+)/source-url/commerciality", "PUT", self._commerciality),
            (r"rest/Reports/(\d+)/source-url/payment-methods", "PUT", self._payment),
        ]

    def _log_in(self, body: Any) -> Any:
        if (body or {}) != {"username": self.username, "password": self.password}:
            raise Refused(403, "wrong name or password")
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return {"bearerToken": token, "refreshToken": token, "bearerTokenExpiresIn": 1800}

    def _list(self, which: str, query: dict[str, str]) -> Any:
        since = datetime.fromisoformat(query["countryAssignmentStartDate"])
        most = int(query["maxResults"])
        if most > 200:
            raise Refused(400, "at most 200")
        fits: dict[str, Callable[[dict[str, Any]], bool]] = {
            "unassigned-to-hotline": lambda one: not one["hotlineReference"],
            "unassessed": lambda one: not one["assessments"],
            "unactioned": lambda one: not one["actions"],
            "no-reference": lambda one: not one["hotlineReference"],
        }
        if which not in fits:
            raise Refused(404, "no such list")
        found = [
            one
            for one in self.contents.values()
            if one["assignedCountryCode"] == self.country
            and fits[which](one)
            and datetime.fromisoformat(one["countryAssignmentDate"]) >= since
        ]
        found.sort(key=lambda one: (one["countryAssignmentDate"], one["contentId"]))
        return [self._shown(one) for one in found[:most]]

    def _shown(self, one: dict[str, Any]) -> Any:
        return json.loads(json.dumps(one))

    def _shown_report(self, number: int) -> Any:
        report = self._report(number)
        own = [one for one in self.contents.values() if one["reportId"] == number]
        listed = [
            {"contentId": one["contentId"], "urlString": one["url"]["urlString"]} for one in own
        ]
        return {**report, "reportContents": listed}

    def _file(self, query: Any, body: Any) -> Any:
        reference = body["hotlineReference"]
        used = {one["hotlineReference"] for one in self.reports.values()}
        used |= {one["hotlineReference"] for one in self.contents.values()}
        if reference in used or any(url["hotlineReference"] in used for url in body["urls"]):
            raise Refused(409, "hotlineReference is used already")
        _known("site_types", body["sourceUrlSiteType"])
        _known("commercialities", body["sourceUrlCommerciality"])
        for method in body["sourceUrlPaymentMethods"]:
            _known("payment_methods", method)
        names = ("SiteType", "Commerciality", "PaymentMethods")
        told = {f"sourceUrl{name}": body[f"sourceUrl{name}"] for name in names}
        for url in body["urls"]:
            _check_assessment(url["assessment"])
        number = len(self.reports) + 1_001
        self.reports[number] = {
            "reportId": number, "hotlineReference": reference, "sourceUrlReferrer": None, **told
        }  # fmt: skip
        for url in body["urls"]:
            content = self._add_content(
                number, url["urlString"], url["hostingCountryCode"], url["isSourceUrl"],
                url["assessment"],
            )  # fmt: skip
            self.contents[content]["hotlineReference"] = url["hotlineReference"]
        self.done.append(("file", number, body))
        return self._shown_report(number)

    def _assess(self, number: int, query: Any, body: Any) -> Any:
        content = self._content(number)
        self._ours(content)
        _check_assessment(body)
        last = content["assessments"][-1] if content["assessments"] else None
        if last and last["classification"] == 1 and body["classification"] != 1:
            raise Refused(409, "a baseline assessment cannot be overruled")
        content["assessments"].append(body)
        self.done.append(("assess", number, body))
        return {}

    def _act(self, number: int, query: Any, body: Any) -> Any:
        content = self._content(number)
        self._ours(content)
        report = self._report(content["reportId"])
        if not content["assessments"]:
            raise Refused(409, "no action before an assessment")
        for name in ("SiteType", "Commerciality", "PaymentMethods"):
            if not report[f"sourceUrl{name}"]:
                raise Refused(409, f"no action before sourceUrl{name}")
        action = body["actionType"]
        _known("actions", action)
        if action in {one["actionType"] for one in content["actions"]}:
            raise Refused(409, "an action of this type is there already")
        if (action > 3) != ("reasonId" in body and bool(body.get("reasonText"))):
            raise Refused(400, "a reason goes with types above 3, and with no other")
        if action > 3:
            _known("reasons", body["reasonId"])
        datetime.fromisoformat(body["actionDate"])
        content["actions"].append({**body, "analystName": body["actioningAnalystName"]})
        self.done.append(("act", number, body))
        return {}

    def _host(self, number: int, query: dict[str, str], body: Any) -> Any:
        content = self._content(number)
        self._ours(content)
        content["url"]["hostingCountryCode"] = _country(query["newCountryCode"])
        content["url"]["hostingIpAddress"] = query.get("newIpAddress")
        self.done.append(("host", number, query))
        return {}

    def _assign(self, number: int, query: dict[str, str], body: Any) -> Any:
        content = self._content(number)
        self._ours(content)
        content["assignedCountryCode"] = _country(query["newCountryCode"])
        self.done.append(("assign", number, query))
        return {}

    def _refer(self, number: int, query: dict[str, str], body: Any) -> Any:
        content = self._content(number)
        self._ours(content)
        if query["reference"] in {one["hotlineReference"] for one in self.contents.values()}:
            raise Refused(409, "hotlineReference is used already")
        content["hotlineReference"] = query["reference"]
        self.done.append(("refer", number, query["reference"]))
        return {}

    def _site_type(self, number: int, query: dict[str, str], body: Any) -> Any:
        return self._fill(number, "SiteType", _known("site_types", int(query["siteType"])))

    def _commerciality(self, number: int, query: dict[str, str], body: Any) -> Any:
        value = _known("commercialities", int(query["commerciality"]))
        return self._fill(number, "Commerciality", value)

    def _payment(self, number: int, query: dict[str, str], body: Any) -> Any:
        if not isinstance(body, list) or not body:
            raise Refused(400, "a list of payment methods")
        return self._fill(number, "PaymentMethods", [_known("payment_methods", n) for n in body])

    def _fill(self, number: int, name: str, value: Any) -> Any:
        self._report(number)[f"sourceUrl{name}"] = value
        self.done.append((name, number, value))
        return {}

    def _content(self, number: int) -> dict[str, Any]:
        if number not in self.contents:
            raise Refused(404, "no such content")
        return self.contents[number]

    def _report(self, number: int) -> dict[str, Any]:
        if number not in self.reports:
            raise Refused(404, "no such report")
        return self.reports[number]

    def _ours(self, content: dict[str, Any]) -> None:
        if content["assignedCountryCode"] != self.country:
            raise Refused(403, "assigned to another country")


def _known(name: str, number: Any) -> Any:
    if type(number) is not int or number not in {code.id for code in codelists.codes(name)}:
        raise Refused(400, f"{name} has no such code")
    return number


def _check_assessment(body: dict[str, Any]) -> None:
    _known("classifications", body["classification"])
    _known("ages", body["ageCategorization"])
    _known("genders", body["genderCategorization"])
    for name in ("virtualContent", "userGeneratedContent", "childModeling"):
        value = body.get(f"{name}Categorization", 0)
        if type(value) is not int or value not in {0, 1}:
            raise Refused(400, f"{name} is 0 or 1")


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise Refused(400, "a country is two letters")
    return text

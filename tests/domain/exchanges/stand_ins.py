"""Stand-ins of NCMEC and StopNCII on loopback: what they hold, and how badly they behave.

Written from what is public of both services. `faults` are used up one by one, each in place of a
good answer.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

from tests.base.egress.peer import Handler, Peer, serving

USERNAME, PASSWORD = "tocsin", "p&ss:wörd"
FUNCTIONS_KEY, SUBSCRIPTION_KEY = "functions", "subscription"
KEYS = f"""
[ncmec]
username = "{USERNAME}"
password = "{PASSWORD}"
[stopncii]
functions_key = "{FUNCTIONS_KEY}"
subscription_key = "{SUBSCRIPTION_KEY}"
"""
NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"

Fault = Callable[[Handler], None]


def answers(status: int, body: bytes = b"", **headers: str) -> Fault:
    """A fault that is an answer."""
    return lambda handler: handler.give(status, body, **headers)


def hangs_up(handler: Handler) -> None:
    """Promises more than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/xml")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"<queryResult")
    handler.close_connection = True


@dataclass
class StandIn:
    """What both have: faults to come, and what was asked."""

    faults: list[Fault | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @contextlib.contextmanager
    def serving(self) -> Iterator[Peer]:
        with serving(self._reply) as peer:
            yield peer

    def _reply(self, handler: Handler) -> None:
        handler.date_time_string = lambda timestamp=None: self.clock().strftime(  # type: ignore[method-assign]
            "%a, %d %b %Y %H:%M:%S GMT"
        )
        self.asked.append(f"{handler.command} {handler.path}")
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            fault(handler)
        else:
            self.answer(handler)

    def answer(self, handler: Handler) -> None:
        raise NotImplementedError


def image(
    own_id: str,
    at: int,
    *,
    member: str = "42",
    prints: dict[str, str] | None = None,
    tag: str = "image",
    more: str = "",
) -> dict[str, Any]:
    """An entry as the stand-in holds it."""
    return {"id": own_id, "at": at, "member": member, "prints": prints or {}, "tag": tag,
            "more": more}  # fmt: skip


@dataclass
class Ncmec(StandIn):
    """NCMEC hash sharing v2. `order` puts the entries of a window in some order."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 2
    order: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda found: found
    reasons: list[tuple[str, str]] = field(default_factory=lambda: [("guid-1", "Not CSAM")])
    votes: list[tuple[str, bytes]] = field(default_factory=list)
    next_path: str = "/v2/entries"

    def answer(self, handler: Handler) -> None:
        login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {login}":
            handler.give(401)
            return
        parts = urlsplit(handler.path)
        if handler.command == "PUT":
            self.votes.append((parts.path, handler.server.seen[-1].body))
            handler.give(200)
        elif parts.path == "/v2/status":
            self._xml(handler, _wrapped("status", '<ipAddress>127.0.0.1</ipAddress>'
                      '<username>tocsin</username><member id="7">Us</member>'))  # fmt: skip
        elif parts.path.endswith("/reasons"):
            told = "".join(f'<reason guid="{g}" name="{n}" type="Md5"/>' for g, n in self.reasons)
            self._xml(handler, _wrapped("availableFeedbackReasons", told))
        else:
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._xml(handler, self.page(query))

    def page(self, query: dict[str, str]) -> str:
        start, stop = (_seconds(query[name]) for name in ("from", "to"))
        found = self.order([e for e in self.entries if start <= e["at"] < stop])
        first = int(query.get("start", "0"))
        some = found[first : first + self.page_size]
        paging = ""
        if first + self.page_size < len(found):
            onward = f"from={quote(query['from'])}&to={quote(query['to'])}"
            onward += f"&start={first + self.page_size}&size={self.page_size}&max={len(found)}"
            paging = f"<paging><next>{escape(f'{self.next_path}?{onward}')}</next></paging>"
        images = [e for e in some if "mage" in e["tag"]]
        videos = [e for e in some if "ideo" in e["tag"]]
        return _wrapped("queryResult", _part("images", images) + _part("videos", videos) + paging)

    def _xml(self, handler: Handler, text: str) -> None:
        handler.give(200, text.encode(), Content_Type="application/xml; charset=utf-8")


def _part(name: str, entries: list[dict[str, Any]]) -> str:
    newest = max((e["at"] for e in entries), default=0)
    inner = "".join(_entry(e) for e in entries)
    return f'<{name} count="{len(entries)}" maxTimestamp="{_moment(newest)}">{inner}</{name}>'


def _entry(entry: dict[str, Any]) -> str:
    prints = "".join(f"<{k}>{v}</{k}>" for k, v in entry["prints"].items())
    there = f"<fingerprints>{prints}</fingerprints>" if prints else ""
    return (
        f'<{entry["tag"]}><member id="{entry["member"]}">Member {entry["member"]}</member>'
        f"<timestamp>{_moment(entry['at'])}</timestamp><id>{entry['id']}</id>{there}"
        f"{entry['more']}</{entry['tag']}>"
    )


def _wrapped(root: str, inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{NAMESPACE}">{inner}</{root}>'


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def submitted(value: str, at: int, **fields: Any) -> dict[str, Any]:
    """A record of StopNCII."""
    return {"lastModtimestamp": at, "hashValue": value, "hashStatus": "Active",
            "signalType": "ImagePDQ", "caseNumbers": {"c-1": "Active"}, "CSPFeedbacks": [],
            **fields}  # fmt: skip


@dataclass
class StopNcii(StandIn):
    """StopNCII v1. `told_checkpoint`: what it says to ask from next, else its newest record."""

    records: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 2
    told_checkpoint: int | None = None
    feedback: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, handler: Handler) -> None:
        keys = (handler.headers.get("x-functions-key"),
                handler.headers.get("Ocp-Apim-Subscription-Key"))  # fmt: skip
        if keys != (FUNCTIONS_KEY, SUBSCRIPTION_KEY):
            handler.give(401)
            return
        parts = urlsplit(handler.path)
        if handler.command == "POST":
            self.feedback.append(json.loads(handler.server.seen[-1].body))
            self._json(handler, {})
            return
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._json(handler, self.page(query))

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        start = int(query["startTimestamp"])
        found = [r for r in self.records if r["lastModtimestamp"] >= start]
        first = int(query.get("nextPageToken", "0"))
        some = found[first : first + self.page_size]
        more = first + self.page_size < len(found)
        newest = max((r["lastModtimestamp"] for r in self.records), default=start)
        told = newest if self.told_checkpoint is None else self.told_checkpoint
        return {
            "count": len(some),
            "nextPageToken": str(first + self.page_size) if more else None,
            "nextSetTimestamp": told,
            "hasMoreRecords": more,
            "hashRecords": some,
        }

    def _json(self, handler: Handler, told: object) -> None:
        handler.give(200, json.dumps(told).encode(), Content_Type="application/json")

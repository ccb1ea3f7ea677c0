"""The provider of the rehearsal: asks about uploads, as any provider would, by `/v1` and `/v2`."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.engine import Fingerprints
from tocsin.site.rehearsal.play import Failed, must
from tocsin.site.rehearsal.web import Reply, ask


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider is told of one upload."""

    status: str
    action: str
    sources: int | None
    reference: str | None


class Provider:
    """Asks with one key at one address."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._bearer = {"Authorization": f"Bearer {key}"}
        self._basic = {
            "Authorization": f"Basic {base64.b64encode(key.replace('.', ':', 1).encode()).decode()}"
        }

    def show(self, picture: bytes) -> Told:
        """Send one file's bytes to `/v2/media`."""
        return _told(_of(self._post("/v2/media", picture), 200)["results"][0])

    def knows(self, md5: bytes) -> bool:
        """Ask on the Dutch wire; the answer is exactly `true` or `false`."""
        url = f"{self._address}/v1/test/check/md5"
        reply = ask("POST", url, body=md5.hex().encode(), headers=self._basic)
        must(reply.body in {b"true", b"false"}, f"/v1 answered {reply.status} with neither word.")
        return reply.body == b"true"

    def check(self, uploads: Sequence[Fingerprints], urls: Sequence[str] = ()) -> list[Told]:
        """Ask `/v2/checks` about fingerprints; a hit with an address opens an item."""
        items = [_item(str(place), prints) for place, prints in enumerate(uploads)]
        for item, url in zip(items, urls, strict=False):
            item["url"] = url
        results = _of(self._send("/v2/checks", {"items": items}), 200)["results"]
        return [_told(result) for result in results]

    def report(self, url: str, prints: Fingerprints, words: str) -> None:
        """Tell the hotline of an address by `/v2/reports`."""
        kinds = ("md5", "sha1", "sha256", "pdq", "pdq_quality")
        known = {k: v for k, v in _item("", prints).items() if k in kinds}
        _of(self._send("/v2/reports", {"url": url, "words": words, "fingerprints": known}), 202)

    def until(self, prints: Fingerprints, wanted: Told, within_seconds: float) -> float | None:
        """Ask until status and action are those of `wanted`; seconds, or None when never."""
        started = time.monotonic()
        while time.monotonic() - started < within_seconds:
            [told] = self.check([prints])
            if (told.status, told.action) == (wanted.status, wanted.action):
                return time.monotonic() - started
            time.sleep(0.03)
        return None

    def _send(self, path: str, message: Mapping[str, object]) -> Reply:
        return self._post(path, json.dumps(message).encode(), {"Content-Type": "application/json"})

    def _post(self, path: str, body: bytes, more: Mapping[str, str] | None = None) -> Reply:
        headers = {**self._bearer, **(more or {})}
        reply = ask("POST", self._address + path, body=body, headers=headers)
        for _ in range(20):
            if reply.status not in (429, 503):
                break
            time.sleep(min(float(reply.header("retry-after") or 1), 2.0))
            reply = ask("POST", self._address + path, body=body, headers=headers)
        return reply


def _item(name: str, prints: Fingerprints) -> dict[str, str | int]:
    item: dict[str, str | int] = {
        "id": name,
        "md5": prints.md5.hex(),
        "sha1": prints.sha1.hex(),
        "sha256": prints.sha256.hex(),
        "media_status": prints.status.value,
    }
    if prints.pdq is not None and prints.pdq_quality is not None:
        item |= {"pdq": prints.pdq.hex(), "pdq_quality": prints.pdq_quality}
    return item


def _of(reply: Reply, expected: int) -> Any:
    if reply.status != expected:
        raise Failed(
            f"the API answered {reply.status}: {reply.body[:200].decode(errors='replace')}"
        )
    return reply.json


def _told(result: Mapping[str, Any]) -> Told:
    match = result["match"] or {}
    return Told(result["status"], result["action"], match.get("sources"), result["reference"])

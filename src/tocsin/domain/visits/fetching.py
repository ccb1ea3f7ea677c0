"""One request of a visit: what came back, or the fixed word for why nothing did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, SupportsIndex

from tocsin.base.egress import EgressError, Policy, Step
from tocsin.domain.visits.ways import VISITED, Way

_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_ACCEPT: Final = "text/html,application/xhtml+xml,image/*,video/*;q=0.9,*/*;q=0.8"

KEPT_HEADERS: Final = frozenset(
    {
        *("age", "allow", "alt-svc", "cache-control", "cf-cache-status", "cf-ray", "connection"),
        *("content-disposition", "content-encoding", "content-language", "content-length"),
        *("content-location", "content-type", "date", "etag", "expires", "last-modified"),
        *("location", "retry-after", "server", "strict-transport-security", "vary", "via"),
        *("www-authenticate", "x-amz-cf-id", "x-amz-cf-pop", "x-amz-request-id", "x-cache"),
        *("x-powered-by", "x-request-id", "x-served-by", "x-varnish"),
    }
)
"""What may be kept of an answer's headers: how it was served. Never a cookie."""
LONGEST_HEADER: Final = 500


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """An answer in the memory of the process that fetched it; not to be pickled or written down.

    `failure` is egress's error and reason where there was no answer; then `status` is None.
    """

    url: str
    final_url: str
    status: int | None = None
    failure: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    steps: tuple[Step, ...] = ()

    def __repr__(self) -> str:
        return f"<Fetched {self.status} {self.failure} {len(self.body)} bytes>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("what was fetched stays in memory: it cannot be pickled, copied or queued")

    @property
    def redirects(self) -> int:
        return max(len(self.steps) - 1, 0)

    @property
    def address(self) -> str:
        """The IP address that the last hop went to, empty where none took the connection."""
        return self.steps[-1].address if self.steps else ""

    @property
    def says_page(self) -> bool:
        """Whether the server calls it a page."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in {"text/html", "application/xhtml+xml"}

    @property
    def charset(self) -> str:
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1] if found else ""


def fetch(url: str, way: Way, *, policy: Policy = VISITED, referer: str = "") -> Fetched:
    """Ask for an address, following what redirects the policy allows; never raises for what the
    other side does. `referer` is the page on which the address was found."""
    steps: list[Step] = []
    headers = {"user-agent": way.user_agent, "accept": _ACCEPT}
    if referer:
        headers["referer"] = referer
    try:
        answer = way.egress.request(
            "GET", url, policy=policy, headers=headers, witness=steps.append
        )
    except EgressError as error:
        failure = f"{type(error).__name__}:{error.reason}"
        final = steps[-1].url if steps else url
        return Fetched(url, final, failure=failure, steps=tuple(steps))
    except ValueError:
        # A header that HTTP cannot carry: letters of the page's address, which is the referer.
        return Fetched(url, url, failure="RefusedAddress:characters")
    return Fetched(
        url,
        answer.final_url,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        steps=tuple(steps),
    )


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of an answer's headers that evidence keeps, each cut to a length."""
    return {k: v[:LONGEST_HEADER] for k, v in sorted(headers.items()) if k in KEPT_HEADERS}

"""One request to a service: through egress, to its own address only, its answer judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tocsin.base.egress import (
    Answer,
    Egress,
    EgressError,
    RefusedAddress,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    UnreadableAnswer,
    configured_peer,
)
from tocsin.domain.exchanges import rules
from tocsin.domain.exchanges.types import Trouble

MOST_BYTES: Final = 16 << 20
MOST_SECONDS: Final = 30.0
_BY_ERROR: Final[tuple[tuple[type[EgressError], Trouble], ...]] = (
    (RefusedAddress, Trouble.REDIRECTED),
    (TooManyRedirects, Trouble.REDIRECTED),
    (TooLarge, Trouble.TOO_LARGE),
    (TooSlow, Trouble.TOO_SLOW),
    (UnreadableAnswer, Trouble.BROKEN),
)
_BY_STATUS: Final[Mapping[int, Trouble]] = {
    400: Trouble.GONE, 401: Trouble.REFUSED, 403: Trouble.REFUSED, 404: Trouble.GONE,
    410: Trouble.GONE, 429: Trouble.BUSY, 503: Trouble.BUSY,
}  # fmt: skip


class PullFailed(Exception):
    """A request did not bring what was asked for. `asked_wait`: seconds the server wants."""

    def __init__(self, trouble: Trouble, asked_wait: int | None = None) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.asked_wait = asked_wait


class NoReason(PullFailed):
    """A vote against needs a reason that the service has. `heard`: the names of those it has."""

    def __init__(self, heard: tuple[str, ...]) -> None:
        super().__init__(Trouble.NO_REASON)
        self.heard = heard


@dataclass(frozen=True, slots=True, repr=False)
class Service:
    """A service as it is asked: where it is, what opens it, and the way out."""

    base_url: str
    headers: Mapping[str, str]
    egress: Egress


@dataclass(frozen=True, slots=True, repr=False)
class Got:
    """A good answer: its body, and the server's own clock."""

    body: bytes
    server_time: int | None


def get(service: Service, target: str, *, media_type: str, now: int) -> Got:
    """GET `target` below the service's address; raises PullFailed for all but what was wanted."""
    answer = _send(service, "GET", target, None, {"accept": f"application/{media_type}"}, now)
    told = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told and not told.endswith(media_type):
        raise PullFailed(Trouble.WRONG_TYPE)
    return Got(answer.body, rules.server_time(answer.headers.get("date")))


def send(
    service: Service, method: str, target: str, body: bytes, media_type: str, now: int
) -> None:
    """Send a document; raises PullFailed."""
    _send(service, method, target, body, {"content-type": f"application/{media_type}"}, now)


def _send(
    service: Service,
    method: str,
    target: str,
    body: bytes | None,
    headers: Mapping[str, str],
    now: int,
) -> Answer:
    # Redirects are not followed: an interface has no use for them, and our keys stay where they
    # belong.
    policy = replace(
        configured_peer(service.base_url).limited_to(
            max_bytes=MOST_BYTES, deadline_seconds=MOST_SECONDS
        ),
        name="exchange",
        max_redirects=0,
    )
    try:
        answer = service.egress.request(
            method,
            service.base_url.rstrip("/") + target,
            policy=policy,
            content=body,
            headers={**headers, **service.headers},
        )
    except EgressError as error:
        raise PullFailed(_trouble_of(error)) from None
    if answer.status not in {200, 201, 202, 204}:
        asked = rules.asked_wait(answer.headers.get("retry-after"), now)
        raise PullFailed(_BY_STATUS.get(answer.status, _other(answer.status)), asked)
    return answer


def _trouble_of(error: EgressError) -> Trouble:
    for kind, trouble in _BY_ERROR:
        if isinstance(error, kind):
            return trouble
    return Trouble.UNREACHABLE


def _other(status: int) -> Trouble:
    return Trouble.REDIRECTED if 300 <= status < 400 else Trouble.SERVER

"""What a pull needs of a service, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.base.egress import Egress
from tocsin.domain.exchanges.asking import Service
from tocsin.domain.exchanges.rules import Window
from tocsin.domain.exchanges.types import Direction
from tocsin.domain.hashlists.types import Kind


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """A page that is whole. `cursor`: the service's word for the next one, empty at the end.

    `told_checkpoint`: the moment the service says to ask from next time, where it says one.
    """

    body: bytes
    cursor: str
    told_checkpoint: int | None
    server_time: int | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it is sent. `value`: the fingerprint in hex; `reason`: what a person here chose for
    a vote against, empty where nobody did."""

    member: str
    own_id: str
    kind: Kind
    value: str
    direction: Direction
    reason: str


@dataclass(frozen=True, slots=True)
class Speech:
    """How one kind of service is spoken to. All but `headers` raise PullFailed.

    `time`: the server's clock before a window, None where it need not be known; `page`: the page
    behind a cursor; `vote`: send one; `takes_end`: whether a window has an end of ours.
    """

    headers: Callable[[Mapping[str, str]], Mapping[str, str]]
    feedback_headers: Callable[[Mapping[str, str]], Mapping[str, str]]
    time: Callable[[Service, int], int | None]
    page: Callable[[Service, Window, str, int], Fetched]
    vote: Callable[[Service, Ballot, int], None]
    takes_end: bool


def service(base_url: str, headers: Mapping[str, str], egress: Egress | None = None) -> Service:
    """A service as it is asked, by the real way out unless told another."""
    return Service(base_url, headers, egress or Egress())

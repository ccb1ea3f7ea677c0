"""What other rooms know of a hoster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """How a place is recognised."""

    DOMAIN = "domain"  # the name itself and every name under it
    NETWORK = "network"  # addresses, in CIDR
    SERVER = "server"  # one host and port: several rehearsals on one loopback address


@dataclass(frozen=True, slots=True)
class Hours:
    """When a desk reads its mail: reminders keep to it, a first notice never does.

    `zone` is an IANA name; `opens` and `closes` are HH:MM of the same day there.
    """

    zone: str
    opens: str
    closes: str
    weekends: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a hoster takes notices by machine, and the word it asks for, if any."""

    url: str
    bearer: str = ""

    def __repr__(self) -> str:
        return "Endpoint(…)"


class HosterRefused(Exception):
    """The hoster cannot be kept as given; `problems` names each field and what is wrong."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


class PlaceTaken(Exception):
    """The place belongs to another hoster already."""

    def __init__(self, value: str, by: str) -> None:
        super().__init__(f"{value} belongs to {by} already.")
        self.value = value
        self.by = by


class UnknownHoster(Exception):
    """There is no hoster with that number."""


@dataclass(frozen=True, slots=True)
class Place:
    """A domain, network or server, in its one spelling."""

    kind: PlaceKind
    value: str


@dataclass(frozen=True, slots=True)
class HosterTerms:
    """A hoster as a person writes it down. `places` as typed: domains, CIDR, host:port.

    `bearer` empty leaves the one on file as it is, where there is an `endpoint`.
    """

    name: str
    country: str
    language: str
    abuse_email: str
    places: tuple[str, ...]
    reachable: bool = True
    rehearsal: bool = False
    hours: Hours | None = None
    endpoint: str = ""
    bearer: str = ""


@dataclass(frozen=True, slots=True)
class HosterView:
    """A hoster on file. Not `reachable`: notices to the address are known not to arrive."""

    id: int
    name: str
    country: str
    language: str
    abuse_email: str
    reachable: bool
    rehearsal: bool
    places: tuple[Place, ...]
    hours: Hours | None = None
    endpoint: str = ""

"""How visits get out and what reads what they bring: one place, which tests replace."""

from __future__ import annotations

import importlib.metadata
import os
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from socket import socket
from typing import Final, Protocol, TypeAlias, cast

from django.conf import settings

from tocsin.base.egress import PUBLIC, Egress, Policy
from tocsin.domain.visits.types import HOME, HONEST, Agent, Vantage
from tocsin.engine.media import DecoderPool

IpAddress: TypeAlias = IPv4Address | IPv6Address

MOST_BYTES: Final = 64 << 20
PICTURE_BYTES: Final = 16 << 20
ONE_REQUEST_SECONDS: Final = 30.0
DECODE_SECONDS: Final = 30.0
"""Longer than for uploads: nobody waits in a line behind these, and a film takes its time."""

VISITED: Final[Policy] = PUBLIC.limited_to(
    max_bytes=MOST_BYTES, deadline_seconds=ONE_REQUEST_SECONDS, max_redirects=6
)
"""What a visit may do: only the open internet, and so much time and memory."""


class UnknownVantage(Exception):
    """No vantage of that name is configured."""


class Outside(Protocol):
    """What stands in for the world outside in the process of a rehearsal."""

    def resolve(self, name: str) -> list[str]: ...

    def dial(self, address: IpAddress, port: int, seconds: float) -> socket: ...

    def dial_from_abroad(self, address: IpAddress, port: int, seconds: float) -> socket: ...


@dataclass(frozen=True, slots=True)
class Way:
    """From where, as whom, and with whose decoders one visit is made."""

    egress: Egress
    decoders: DecoderPool
    user_agent: str


def way(vantage: Vantage, agent: Agent) -> Way:
    """The way for one visit; raises UnknownVantage."""
    return Way(egress_for(vantage), decoders(), user_agent(agent))


def egress_for(vantage: Vantage) -> Egress:
    """The way out of a vantage; raises UnknownVantage."""
    played = cast("Outside | None", settings.TOCSIN_REHEARSED_WORLD)
    if played is not None:
        dial = played.dial if vantage.name == HOME.name else played.dial_from_abroad
        return Egress(resolve=played.resolve, dial=dial)
    if vantage.name == HOME.name:
        return Egress()
    for outlook in settings.TOCSIN_VANTAGES:
        if outlook.name == vantage.name:
            return Egress(dial=outlook.dial)
    raise UnknownVantage(f"No vantage {vantage.name} is configured (TOCSIN_VANTAGES).")


def vantages() -> tuple[Vantage, ...]:
    """Every place that may be looked from, home first."""
    home = Vantage(HOME.name, settings.TOCSIN_ORGANISATION.country)
    return (home, *(Vantage(o.name, o.country) for o in settings.TOCSIN_VANTAGES))


def agents() -> tuple[Agent, ...]:
    """Everybody that may be asked as: the honest one first."""
    return (HONEST, *(Agent(name, text) for name, text in settings.TOCSIN_VISIT_AGENTS.items()))


def user_agent(agent: Agent) -> str:
    """The words of `User-Agent`; of the honest one, who we are and where to complain."""
    if agent.text:
        return agent.text
    us = settings.TOCSIN_ORGANISATION
    words = f"Tocsin/{importlib.metadata.version('tocsin')} (hotline; {us.domain}; {us.email})"
    return words.encode("ascii", "replace").decode()


class _Decoders:
    """The decoder processes that this process reads visits with, started with the first one."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._pool: DecoderPool | None = None
        os.register_at_fork(after_in_child=self._forget)

    def pool(self) -> DecoderPool:
        with self._making:
            if self._pool is None:
                self._pool = DecoderPool(settings.TOCSIN_DECODERS, DECODE_SECONDS)
            return self._pool

    def close(self) -> None:
        with self._making:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _forget(self) -> None:
        # The pipes of the parent's decoders must have one reader only.
        self._making, self._pool = threading.Lock(), None


_decoders = _Decoders()


def decoders() -> DecoderPool:
    """This process's decoders."""
    return _decoders.pool()


def close_decoders() -> None:
    """End them; the next visit starts new ones."""
    _decoders.close()

"""What tests of visits stand on: pictures, sites on loopback, and the permit to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from tests.engine.media.drawn import picture, saved
from tocsin.base.audit.types import Actor
from tocsin.base.egress import Egress
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.visits import actions, reading, ways
from tocsin.domain.visits.types import Vantage
from tocsin.engine import fingerprint
from tocsin.engine.media import DecoderPool
from tocsin.site.rehearsal.sites import Sites

MANAGER = Actor("user", "1")
LANDSCAPE = saved(picture(400, 300, seed=3), "JPEG", quality=90)
OTHER = saved(picture(380, 300, seed=8), "JPEG", quality=90)
ABROAD = Vantage("abroad", "DE")


def prints_of(data: bytes) -> tuple[FingerprintValue, ...]:
    """The fingerprints by which a picture is known."""
    return reading.values_of(fingerprint(data))


def may_fetch(at: datetime) -> None:
    """The organisation states that it may fetch."""
    actions.permit(basis="Article 1 of a test", until=None, actor=MANAGER, at=at)


@contextmanager
def out_to(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sites]:
    """Let visits see these sites as the whole world."""

    def egress_for(vantage: Vantage) -> Egress:
        abroad = vantage.name == ABROAD.name
        return Egress(sites.resolve, sites.dial_from_abroad if abroad else sites.dial)

    monkeypatch.setattr(ways, "egress_for", egress_for)
    with sites:
        yield sites


def way_to(sites: Sites, decoders: DecoderPool) -> ways.Way:
    """The same without a database."""
    return ways.Way(Egress(sites.resolve, sites.dial), decoders, "Tocsin/test")


def browser_to(sites: Sites, decoders: DecoderPool) -> ways.Way:
    return replace(way_to(sites, decoders), user_agent="Mozilla/5.0")

"""Reading: where a host is, and where it was."""

from __future__ import annotations

from tocsin.domain.hosting import rules, sealed
from tocsin.domain.hosting.models import Origin, Whereabouts
from tocsin.domain.hosting.types import Hosting, OriginState

MOST_SHOWN = 100


def latest(host: str) -> Hosting | None:
    """Where the host was when it was last looked up, or None when it never was.

    `host` as in an item's address, with `:port` where it is not the usual one. No network is used.
    """
    known = sealed.digest(rules.spelling(host))
    row = Whereabouts.objects.filter(host_digest=known).exclude(sealed="").order_by("-id").first()
    return _hosting(row) if row else None


def history(host: str) -> tuple[Hosting, ...]:
    """Where the host was over time, newest first, at most 100; one for each time it changed."""
    known = sealed.digest(rules.spelling(host))
    rows = Whereabouts.objects.filter(host_digest=known).exclude(sealed="").order_by("-id")
    return tuple(_hosting(row) for row in rows[:MOST_SHOWN])


def origin(host: str) -> OriginState | None:
    """Whether the server behind a host's CDN is known; None for a host without one."""
    known = sealed.digest(rules.spelling(host))
    state = Origin.objects.filter(host_digest=known).values_list("state", flat=True).first()
    return OriginState(state) if state else None


def _hosting(row: Whereabouts) -> Hosting:
    return sealed.open_facts(
        row.sealed, host_digest=row.host_digest, at=row.first_at, confirmed_at=row.confirmed_at
    )

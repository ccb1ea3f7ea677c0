"""Reading: whose a host is, and the table of hosters."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.domain.hosters import rules, sealed
from tocsin.domain.hosters.models import Hoster, HosterPlace
from tocsin.domain.hosters.rules import leaves_at
from tocsin.domain.hosters.types import (
    Endpoint,
    HosterView,
    Hours,
    Place,
    PlaceKind,
    UnknownHoster,
)

__all__ = ["endpoint", "find_for_host", "hoster", "hosters", "leaves_at"]


def find_for_host(host: str, rehearsal: bool) -> HosterView | None:
    """The hoster of a host, or None when nobody is on file.

    `host` is a domain name in A-labels or an IP address, with `:port` when it is not the usual
    one. The longest matching domain or the narrowest network wins; one host and port goes before
    both. Hosters of rehearsals and real ones are never given for each other.
    """
    values, address = rules.candidates(host)
    kept = HosterPlace.objects.filter(hoster__rehearsal=rehearsal, hoster__removed_at=None)
    found = dict(
        kept.exclude(kind=PlaceKind.NETWORK)
        .filter(value__in=values)
        .values_list("value", "hoster_id")
    )
    if address is not None and not found:
        networks = dict(
            kept.filter(kind=PlaceKind.NETWORK).values_list("value", "hoster_id").iterator()
        )
        narrowest = rules.narrowest(address, list(networks))
        return hoster(networks[narrowest]) if narrowest else None
    best = next((value for value in values if value in found), None)
    return hoster(found[best]) if best else None


def hoster(hoster_id: int) -> HosterView:
    """One hoster, also one taken out of use; raises UnknownHoster."""
    row = Hoster.objects.filter(pk=hoster_id).prefetch_related("places").first()
    if row is None:
        raise UnknownHoster(f"There is no hoster {hoster_id}.")
    return _view(row)


def endpoint(hoster_id: int) -> Endpoint | None:
    """Where a hoster in use takes notices by machine, with its word; None where it does not."""
    row = Hoster.objects.filter(pk=hoster_id, removed_at=None).first()
    return sealed.open_endpoint(row) if row else None


def hosters() -> list[HosterView]:
    """Every hoster in use, by name."""
    return _views(Hoster.objects.filter(removed_at=None).order_by("name", "id"))


def _views(rows: Iterable[Hoster]) -> list[HosterView]:
    return [_view(row) for row in rows]


def _view(row: Hoster) -> HosterView:
    return HosterView(
        id=row.pk,
        name=row.name,
        country=row.country,
        language=row.language,
        abuse_email=row.abuse_email,
        reachable=row.reachable,
        rehearsal=row.rehearsal,
        places=tuple(
            Place(PlaceKind(place.kind), place.value)
            for place in sorted(row.places.all(), key=lambda place: place.value)
        ),
        hours=Hours(row.zone, row.opens, row.closes, row.weekends) if row.zone else None,
        endpoint=there.url if (there := sealed.open_endpoint(row)) else "",
    )

"""Reading: items by number, reference or address; somebody's day."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Count, QuerySet

from tocsin.base.audit.types import Actor
from tocsin.domain.reports import sealed
from tocsin.domain.reports.desk_types import Look, MyDay
from tocsin.domain.reports.models import Finding, Item, Skip
from tocsin.domain.reports.types import FindingKind, ItemState
from tocsin.engine.addresses import CanonicalUrl, UnusableAddress, canonical

MOST_FOUND = 50


def found_by(words: str) -> tuple[str, ...]:
    """Numbers of the items that `words` mean: a number, a reference of whoever reported, or an
    address, however it is spelled; of a bare host, all items of that site. The newest first.
    """
    words = words.strip()
    if not words.isprintable() or not words:
        return ()  # PostgreSQL takes no zero character, and no number or reference has one
    by_name = Item.objects.filter(number=words.upper()) | Item.objects.filter(
        pk__in=Item.objects.filter(reports__client_reference=words).values("pk")
    )
    found = list(_numbers(by_name))
    url = _address(words)
    if url is not None:
        found += _numbers(_at(url))
    return tuple(dict.fromkeys(found))[:MOST_FOUND]


def day_began(at: datetime) -> datetime:
    """Midnight of the organisation's day."""
    local = at.astimezone(settings.TOCSIN_ZONE)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def my_day(*, actor: Actor, at: datetime) -> MyDay:
    """What somebody has done since midnight of the organisation's zone, and what they hold."""
    began = day_began(at)
    mine = Finding.objects.filter(by=actor.text, at__gte=began)
    first = mine.exclude(kind=FindingKind.CORRECTION).exclude(look__in=(Look.SECOND, Look.THIRD))
    counted = dict(first.values_list("kind").annotate(n=Count("id")).order_by())
    held = Item.objects.filter(state=ItemState.TAKEN, taken_by=actor.text, taken_until__gt=at)
    return MyDay(
        findings={kind.value: counted.get(kind.value, 0) for kind in FindingKind},
        reviews=mine.filter(look__in=(Look.SECOND, Look.THIRD)).count(),
        skips=Skip.objects.filter(by=actor.text, at__gte=began).count(),
        held=tuple(held.order_by("taken_until").values_list("number", flat=True)),
        since=began,
    )


def _numbers(found: QuerySet[Item]) -> list[str]:
    return list(found.order_by("-pk").values_list("number", flat=True)[:MOST_FOUND])


def _address(words: str) -> CanonicalUrl | None:
    text = words if "://" in words else f"http://{words}"
    if "." not in words:
        return None
    try:
        return canonical(text)
    except UnusableAddress:
        return None


def _at(url: CanonicalUrl) -> QuerySet[Item]:
    worlds = (False, True)
    if url.identity_key.rstrip("/") == url.host:
        hosts = [sealed.host_digest(url, rehearsal=world) for world in worlds]
        return Item.objects.filter(host_digest__in=hosts, golden__isnull=True)
    digests = [sealed.digest(url, rehearsal=world) for world in worlds]
    return Item.objects.filter(url_digest__in=digests)

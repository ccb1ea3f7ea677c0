"""What the first look at a new item's address brings; `receiving` asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.base.outbox.types import News
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.matching.queries import ListsAway, known_here
from tocsin.domain.reports import items, receiving
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import Match, MatchKind
from tocsin.domain.visits import queries as visited
from tocsin.domain.visits.types import Outcome, Place

LOOKED: Final = "visits.looked"
_ITEM: Final = "item:"


def looked(news: News, at: datetime) -> None:
    """The file at an item's address was read: the item knows its fingerprints, and what lists say.

    Of a page nothing is taken over: which of its pictures the report means, a person sees.
    """
    reference, visit_id = str(news.payload["reference"]), news.payload["visit_id"]
    if not reference.startswith(_ITEM) or not isinstance(visit_id, int):
        return
    visit = visited.visit(visit_id)
    mine = [
        image.fingerprints
        for image in visit.images
        if image.place is Place.ITSELF and image.outcome is Outcome.PRESENT
    ]
    with transaction.atomic():
        item = Item.objects.select_for_update().filter(pk=int(reference[len(_ITEM) :])).first()
        if item is None:
            return
        record(
            actor=system("visits"),
            action="reports.looked_at",
            subject=items.subject(item),
            at=at,
            facts={"visit": visit_id, "outcome": visit.outcome.value},
        )
        if mine:
            receiving.learn(item, mine[0], _match(mine[0], item, at), system("visits"), at)


def _match(values: tuple[FingerprintValue, ...], item: Item, at: datetime) -> Match | None:
    try:
        found = known_here(values, at=at, rehearsal=item.rehearsal)
    except ListsAway:
        return None
    if found is None:
        return None
    return Match(MatchKind(found.kind.value), found.entry_ids, found.distance_bits)

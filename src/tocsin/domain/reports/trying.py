"""Reading: what the order of the queue would become under other weights; nothing is changed."""

from __future__ import annotations

from tocsin.domain.reports import items, pressing
from tocsin.domain.reports.desk_types import Moved
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import ItemState

LOOKED_AT = 500
SHOWN = 25


def dry_view(weights: pressing.Weights) -> tuple[Moved, ...]:
    """The first items under other weights, with their places before and after.

    Looks at the 500 that are first now: one that stands further back is not seen to come forward.
    """
    now = list(
        Item.objects.filter(state=ItemState.NEW).order_by("-rank", "first_reported_at", "id")[
            :LOOKED_AT
        ]
    )
    scored = []
    for place, item in enumerate(now, 1):
        points = pressing.priority(pressing.reasons(items.facts(item), weights))
        since = item.waiting_since or item.first_reported_at
        scored.append((pressing.rank(points, since, weights), place, points, item))
    scored.sort(key=lambda one: (-one[0], one[1]))
    return tuple(
        Moved(item.number, place, then, item.priority, points)
        for then, (_rank, place, points, item) in enumerate(scored[:SHOWN], 1)
    )

"""Reading: the cluster of an item, as its page shows it."""

from __future__ import annotations

from django.db.models import F

from tocsin.domain.reports.desk_types import ClusterMember, ClusterView, Look
from tocsin.domain.reports.models import Finding, Item
from tocsin.domain.reports.types import ItemState

MOST_SHOWN = 20


def decided(item: Item) -> Finding | None:
    """The finding that stands for the item's cluster, made on another of its items."""
    if item.cluster_id is None:
        return None
    return (
        Finding.objects.filter(
            item__cluster_id=item.cluster_id,
            item__state__in=(ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL),
            kind=F("item__state"),
            corrected=False,
            follows__isnull=True,
        )
        .exclude(item=item)
        .exclude(look=Look.SECOND)
        .select_related("item")
        .order_by("-item__cluster_lead", "-pk")
        .first()
    )


def view(item: Item) -> ClusterView | None:
    """The items that show the same picture, the one they are compared with first."""
    if item.cluster_id is None:
        return None
    members = Item.objects.filter(cluster_id=item.cluster_id)
    shown = members.exclude(pk=item.pk).order_by("-cluster_lead", "pk")[:MOST_SHOWN]
    source = decided(item)
    waiting = members.filter(state__in=(ItemState.NEW, ItemState.CANNOT_TELL))
    return ClusterView(
        id=item.cluster_id,
        members=tuple(
            ClusterMember(one.pk, one.number, one.state, one.cluster_bits, one.cluster_lead)
            for one in shown
        ),
        total=members.count(),
        waiting=waiting.exclude(pk=item.pk).count(),
        decided_by=source.item.number if source else None,
        verdict=source.kind if source else None,
    )

"""Golden items: what is decided beyond doubt is put into the queue again, to see who agrees."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import items, rules, sealed
from tocsin.domain.reports.models import Golden, Item, ItemReport
from tocsin.domain.reports.types import FindingKind, ItemState, UnknownItem

_MAY_BE = {
    ItemState.UNLAWFUL: FindingKind.UNLAWFUL,
    ItemState.NOT_UNLAWFUL: FindingKind.NOT_UNLAWFUL,
}


def make_golden(*, number: str, actor: Actor, at: datetime) -> None:
    """Vouch for a decided item as one that everybody should judge alike.

    Doing it again changes nothing. Raises UnknownItem, MoveRefused when it is not decided.
    """
    with transaction.atomic():
        item = items.locked(number)
        expected = _MAY_BE.get(ItemState(item.state))
        if expected is None or item.golden_id is not None:
            raise MoveRefused(f"{number} is {item.state}: nothing can be expected of it")
        row, made = Golden.objects.get_or_create(
            original=item, defaults={"expected": expected, "by": actor.text, "at": at}
        )
        if made or row.retired_at is not None:
            Golden.objects.filter(pk=row.pk).update(expected=expected, retired_at=None)
            record(
                actor=actor,
                action="reports.make_golden",
                subject=f"golden:{row.pk}",
                at=at,
                facts={"item": item.pk, "expected": expected.value},
            )


def retire(*, number: str, actor: Actor, at: datetime) -> None:
    """Plant it no more; raises UnknownItem when it is not golden."""
    with transaction.atomic():
        item = items.locked(number)
        won = Golden.objects.filter(original=item, retired_at__isnull=True).update(retired_at=at)
        if not won:
            raise UnknownItem(f"{number} is no golden item.")
        record(actor=actor, action="reports.retire_golden", subject=items.subject(item), at=at)


def plant(*, number: str, actor: Actor, at: datetime) -> None:
    """Put a golden item into the queue under a number of its own, looking like any other.

    The audit names the golden item and not the number it got: who may read the one is not to learn
    the other. Raises UnknownItem when it is not golden, or no longer.
    """
    with transaction.atomic():
        item = items.locked(number)
        golden = Golden.objects.filter(original=item, retired_at__isnull=True).first()
        if golden is None:
            raise UnknownItem(f"{number} is no golden item.")
        copy = _copy(item, golden, at)
        items.wind(copy, at)
        record(actor=actor, action="reports.plant", subject=f"golden:{golden.pk}", at=at)


def _copy(item: Item, golden: Golden, at: datetime) -> Item:
    number = items.next_number(at)
    url = sealed.open_text(item.sealed_url, context=items.context(item.number))
    prints = sealed.open_fingerprints(
        item.sealed_fingerprints, context=f"{items.context(item.number)}:fingerprints"
    )
    copy = Item(
        number=number,
        # Of no address: a report of the real one must go to the real item.
        url_digest=f"golden:{secrets.token_hex(20)}",
        sealed_url=sealed.close(url, context=items.context(number)),
        rehearsal=item.rehearsal,
        state=rules.LIFE.first,
        source=item.source,
        official_source=item.official_source,
        report_count=1,
        first_reported_at=at,
        last_reported_at=at,
        waiting_since=at,
        decide_by=at + rules.DECIDE_WITHIN,
        sealed_fingerprints=sealed.close_fingerprints(
            prints, context=f"{items.context(number)}:fingerprints"
        ),
        match_kind=item.match_kind,
        entry_ids=item.entry_ids,
        distance_bits=item.distance_bits,
        golden=golden,
    )
    items.reprioritise(copy)
    copy.save()
    ItemReport.objects.bulk_create(
        ItemReport(item=copy, report=report) for report in item.reports.order_by("at")[:1]
    )
    record(actor=system("desk"), action="reports.open", subject=items.subject(copy), at=at)
    return copy

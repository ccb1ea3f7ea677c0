"""A finding was wrong: what followed from it is undone, as an event of its own."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.actions import put
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.matching import queries as matching
from tocsin.domain.reports import acting, items, rules
from tocsin.domain.reports.models import Correction, Finding, Item
from tocsin.domain.reports.types import (
    FindingKind,
    FindingRefused,
    Ground,
    ItemState,
)


def correct(
    *, number: str, why: str, actor: Actor, at: datetime, was: ItemState | None = None
) -> None:
    """Say that the item's finding was wrong; `actions.correct` says what follows."""
    if not 0 < len(why.strip()) <= rules.MOST_WORDS:
        raise FindingRefused("why", f"Write why, in at most {rules.MOST_WORDS} characters.")
    with transaction.atomic():
        item = items.locked(number)
        if item.golden_id is not None:
            raise MoveRefused("a golden item stays as it was answered")
        before = ItemState(item.state)
        if was is not None and was is not before:
            raise MoveRefused(f"{number} is {before} by now")
        undo(item, why, actor, at)


def undo(item: Item, why: str, actor: Actor, at: datetime) -> None:
    """Take back the finding by which the locked item is in its state, and all that came of it."""
    before = ItemState(item.state)
    wrong = acting.standing_of(item)
    items.enter(item, rules.LIFE.target("correct", before), at)
    item.seen_again = False
    items.reprioritise(item)
    item.save()
    acting.recount_source(item, before)
    _strike(item, before, wrong)
    correction = Finding.objects.create(
        item=item,
        kind=FindingKind.CORRECTION,
        ground=Ground.NONE,
        by=actor.text,
        at=at,
        follows=wrong,
    )
    acting.seal_words(correction, "", why)
    told = _undo_entry(wrong, correction, actor, at)
    facts: dict[str, Json] = {
        "was": before.value,
        "finding": wrong.pk if wrong else None,
        "own_entry": wrong.own_entry_id if wrong else None,
        "parties_that_got_it": [row.party_id for row in told],
    }
    record(actor=actor, action="reports.correct", subject=items.subject(item), at=at, facts=facts)
    _tell(item, before, correction, at)
    # Here, since an appeal that is upheld corrects in turn.
    from tocsin.domain.reports import appealing

    appealing.close_for_corrected(item, at)
    if wrong is not None:
        wrong.corrected = True
        acting.tell_others(item, wrong, at)


def _strike(item: Item, before: ItemState, wrong: Finding | None) -> None:
    """The wrong finding does not stand; nor, where nothing had been settled, do those beside it."""
    if before in rules.PENDING:
        item.findings.exclude(kind=FindingKind.CORRECTION).update(corrected=True)
    elif wrong is not None:
        Finding.objects.filter(pk=wrong.pk).update(corrected=True)


def _tell(item: Item, before: ItemState, correction: Finding, at: datetime) -> None:
    news = {"item_id": item.pk}
    if before in {ItemState.UNLAWFUL, ItemState.FIRST_POLICE}:
        key = f"{acting.CORRECTED}:{correction.pk}"
        put(topic=acting.CORRECTED, payload=news, at=at, dedupe_key=key)
    if before is ItemState.NOT_UNLAWFUL:
        key = f"{acting.REOPENED}:{correction.pk}"
        put(topic=acting.REOPENED, payload=news, at=at, dedupe_key=key)


def _undo_entry(
    wrong: Finding | None, correction: Finding, actor: Actor, at: datetime
) -> list[Correction]:
    """Withdraw the wrong finding's own entry and write down who had got hits on it."""
    if wrong is None or wrong.own_entry_id is None:
        return []
    hashlists.withdraw_entry(entry_id=wrong.own_entry_id, reason="corrected", actor=actor, at=at)
    return Correction.objects.bulk_create(
        Correction(
            finding=correction,
            party_id=got.party_id,
            party_name=got.party_name,
            key_id=got.key_id,
            hits=got.hits,
            last_hit_at=got.last_at,
        )
        for got in matching.who_got(wrong.own_entry_id)
    )

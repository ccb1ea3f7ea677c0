"""Writing: receive reports, take and give back items, record, confirm and correct findings."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Coalesce

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.actions import put
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.classification import pack
from tocsin.domain.hashlists.types import EntryStatus, Kind, OwnEntry
from tocsin.domain.matching import queries as matching
from tocsin.domain.reports import items, queries, receiving, rules, sealed
from tocsin.domain.reports.models import Correction, Finding, Item
from tocsin.domain.reports.types import (
    Channel,
    FindingInput,
    FindingKind,
    FindingRefused,
    Ground,
    IncomingReport,
    ItemState,
    ItemView,
    Match,
    MatchKind,
    NothingToAgree,
    NotSeen,
    NotTaken,
    Received,
    SamePerson,
    TakenByAnother,
)
from tocsin.domain.viewing.queries import has_looked, viewing_is_on
from tocsin.engine.addresses import UnusableAddress, canonical

log = structlog.get_logger()

FOUND_UNLAWFUL = "reports.found_unlawful"
CORRECTED = "reports.corrected"


def receive_report(*, report: IncomingReport, actor: Actor, at: datetime) -> Received:
    """Keep a report and open, or raise, the item of its address.

    The same report again (same party, reference and address; or the same hit) changes nothing.
    Raises `engine.addresses.UnusableAddress` and ReportRefused, both with words for the sender.
    """
    rules.refuse_report(report)
    url = canonical(report.url)
    with transaction.atomic():
        return receiving.receive(report, url, actor, at)


def open_from_hit(*, hit_id: str, at: datetime) -> Received | None:
    """Open, or raise, the item of a hit that carries an address; None when nothing comes of it."""
    hit = matching.hit(hit_id)
    if hit.url is None:
        return None
    report = IncomingReport(
        url=hit.url,
        channel=Channel.HIT,
        party_id=hit.party_id,
        fingerprints=hit.fingerprints[: rules.MOST_FINGERPRINTS],
        rehearsal=hit.rehearsal,
        hit_id=hit_id,
        match=Match(MatchKind(hit.kind.value), hit.entry_ids, hit.distance_bits),
    )
    try:
        return receive_report(report=report, actor=Actor("key", hit.key_id), at=at)
    except UnusableAddress as error:
        # The hit itself stays on file; only there is no address to open an item for.
        with transaction.atomic():
            record(
                actor=system("reports"),
                action="reports.hit_without_address",
                subject=f"hit:{hit_id}",
                at=at,
                facts={"why": error.code},
            )
        log.warning("hit_without_usable_address", hit_id=hit_id, why=error.code)
        return None


def take(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """Take an item for 30 minutes; taking it again renews that.

    Raises TakenByAnother, UnknownItem, or MoveRefused when the item is decided.
    """
    free = (
        Q(state__in=rules.LIFE.sources("take"))
        | Q(state=ItemState.TAKEN, taken_until__lte=at)
        | Q(state=ItemState.TAKEN, taken_by=actor.text)
    )
    decide_by = Value(at + rules.DECIDE_WITHIN, output_field=DateTimeField())
    with transaction.atomic():
        won = Item.objects.filter(free, number=number).update(
            state=ItemState.TAKEN,
            taken_by=actor.text,
            taken_at=at,
            taken_until=at + rules.LEASE,
            decided_at=None,
            decide_by=Coalesce("decide_by", decide_by),
        )
        item = items.locked(number)
        if not won:
            raise _not_free(item)
        items.wind(item, at)
        record(actor=actor, action="reports.take", subject=items.subject(item), at=at)
    return queries.item(number)


def give_back(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """Put an item back in the queue; raises as `assess` does for one that is not held."""
    with transaction.atomic():
        item = _held(number, actor)
        items.enter(item, rules.LIFE.target("give_back", ItemState(item.state)), at)
        item.save()
        record(actor=actor, action="reports.give_back", subject=items.subject(item), at=at)
    return queries.item(number)


def assess(*, number: str, finding: FindingInput, actor: Actor, at: datetime) -> ItemView:
    """Record the finding of whoever holds the item.

    An unlawful one tells the takedown room, and puts a picture no list has on the own list, in
    this same transaction. Raises FindingRefused, NotTaken, TakenByAnother, MoveRefused.
    """
    with transaction.atomic():
        item = _held(number, actor)
        viewing = viewing_is_on(at=at)
        rules.refuse(finding, matched=bool(item.entry_ids), viewing=viewing)
        if finding.ground is Ground.SEEN and not has_looked(item.pk, actor=actor):
            raise NotSeen
        move = rules.VERDICT_MOVE[finding.verdict]
        items.enter(item, rules.LIFE.target(move, ItemState(item.state)), at)
        items.reprioritise(item)
        item.save()
        row = _write_finding(item, finding, actor, at)
        record(
            actor=actor,
            action=f"reports.{move}",
            subject=items.subject(item),
            at=at,
            facts={
                "finding": row.pk,
                "category": finding.category.value,
                "ground": finding.ground.value,
                "own_entry": row.own_entry_id,
            },
        )
        if finding.verdict is FindingKind.UNLAWFUL:
            news = {"item_id": item.pk, "finding_id": row.pk}
            put(topic=FOUND_UNLAWFUL, payload=news, at=at, dedupe_key=f"{FOUND_UNLAWFUL}:{row.pk}")
    return queries.item(number)


def agree(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """A second person confirms the own entry, which then counts with quorum 2.

    Raises SamePerson, NothingToAgree, UnknownItem.
    """
    with transaction.atomic():
        item = items.locked(number)
        finding = _standing(item, FindingKind.UNLAWFUL)
        if finding is None or finding.own_entry_id is None or finding.agreed_by:
            raise NothingToAgree(f"Nothing of {number} waits for a second person.")
        if finding.by == actor.text:
            raise SamePerson("Somebody else must agree: you made this finding.")
        try:
            hashlists.agree_entry(entry_id=finding.own_entry_id, actor=actor, at=at)
        except hashlists.NotLive as error:
            raise NothingToAgree(f"The entry of {number} has been withdrawn.") from error
        Finding.objects.filter(pk=finding.pk).update(agreed_by=actor.text)
        record(
            actor=actor,
            action="reports.agree",
            subject=items.subject(item),
            at=at,
            facts={"finding": finding.pk, "own_entry": finding.own_entry_id},
        )
    return queries.item(number)


def correct(
    *, number: str, why: str, actor: Actor, at: datetime, was: ItemState | None = None
) -> ItemView:
    """Say that the item's finding was wrong.

    A wrong "unlawful" is undone: its own entry is withdrawn, who had got hits on it is written
    down, and the takedown room takes the notice back. A wrong "not unlawful" is judged again.
    `was` is the state that was looked at: sent twice, it must not undo the correction itself.
    Raises FindingRefused when `why` is empty, MoveRefused when there is nothing to correct.
    """
    if not 0 < len(why.strip()) <= rules.MOST_WORDS:
        raise FindingRefused("why", f"Write why, in at most {rules.MOST_WORDS} characters.")
    with transaction.atomic():
        item = items.locked(number)
        before = ItemState(item.state)
        if was is not None and was is not before:
            raise MoveRefused(f"{number} is {before} by now")
        items.enter(item, rules.LIFE.target("correct", before), at)
        item.seen_again = False
        items.reprioritise(item)
        item.save()
        wrong = _mark_corrected(item, FindingKind(before.value))
        correction = Finding.objects.create(
            item=item, kind=FindingKind.CORRECTION, ground=Ground.NONE, by=actor.text, at=at
        )
        _seal_words(correction, "", why)
        told = _undo_entry(wrong, correction, actor, at)
        record(
            actor=actor,
            action="reports.correct",
            subject=items.subject(item),
            at=at,
            facts={
                "was": before.value,
                "finding": wrong.pk if wrong else None,
                "own_entry": wrong.own_entry_id if wrong else None,
                "parties_that_got_it": [row.party_id for row in told],
            },
        )
        if before is ItemState.UNLAWFUL:
            news = {"item_id": item.pk}
            key = f"{CORRECTED}:{correction.pk}"
            put(topic=CORRECTED, payload=news, at=at, dedupe_key=key)
    return queries.item(number)


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out item numbers, in the caller's transaction: after a restore they are taken."""
    items.skip_numbers(count, at)


def _not_free(item: Item) -> Exception:
    if item.state == ItemState.TAKEN:
        name = queries.names().get(item.taken_by, item.taken_by)
        return TakenByAnother(name, item.taken_at or item.last_reported_at)
    return MoveRefused(f"cannot take from {item.state}")


def _held(number: str, actor: Actor) -> Item:
    """The item, held by the actor; a lapsed lease counts until somebody else takes the item."""
    item = items.locked(number)
    if item.state in {ItemState.NEW, ItemState.CANNOT_TELL}:
        raise NotTaken("Take the item first.")
    if item.state == ItemState.TAKEN and item.taken_by != actor.text:
        raise _not_free(item)
    return item


def _write_finding(item: Item, finding: FindingInput, actor: Actor, at: datetime) -> Finding:
    row = Finding.objects.create(
        item=item,
        kind=finding.verdict.value,
        category=finding.category,
        ground=finding.ground,
        observed=pack(finding.observed),
        labels=finding.labels.text(),
        by=actor.text,
        at=at,
        own_entry_id=_own_entry(item, finding, actor, at),
    )
    _seal_words(row, finding.ground_detail, finding.note)
    return row


def _seal_words(row: Finding, detail: str, note: str) -> None:
    # Only now has the row its key, to which the words are bound.
    words = sealed.close_words(detail, note, context=f"finding:{row.pk}")
    Finding.objects.filter(pk=row.pk).update(sealed_words=words)


def _own_entry(item: Item, finding: FindingInput, actor: Actor, at: datetime) -> int | None:
    context = f"{items.context(item.number)}:fingerprints"
    fingerprints = sealed.open_fingerprints(item.sealed_fingerprints, context=context)
    wanted = finding.verdict is FindingKind.UNLAWFUL and rules.needs_own_entry(
        fingerprints,
        match=MatchKind(item.match_kind),
        listed_live=any(
            entry.status is EntryStatus.ACTIVE for entry in queries.matched(item.entry_ids)
        ),
    )
    if not wanted:
        return None
    pictured = any(value.kind is Kind.PDQ for value in fingerprints)
    entry = OwnEntry(
        fingerprints=fingerprints,
        category=finding.category,
        media_type="image" if pictured else "unknown",
        rehearsal=item.rehearsal,
        about=items.subject(item),
        observed=finding.observed,
        labels=finding.labels,
    )
    return hashlists.add_own_entry(entry=entry, actor=actor, at=at)


def _standing(item: Item, kind: FindingKind) -> Finding | None:
    """The item's latest finding of a kind that still stands."""
    return item.findings.filter(kind=kind, corrected=False).order_by("-id").first()


def _mark_corrected(item: Item, kind: FindingKind) -> Finding | None:
    wrong = _standing(item, kind)
    if wrong is not None:
        Finding.objects.filter(pk=wrong.pk).update(corrected=True)
    return wrong


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

"""What a finding leads to: an own entry, the news of it, counts of the source, the police first."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from tocsin.base.audit.types import Actor
from tocsin.base.clock.actions import set_due
from tocsin.base.outbox.actions import put
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.classification import Labels, pack, unpack
from tocsin.domain.hashlists.types import Category, EntryStatus, Kind, OwnEntry
from tocsin.domain.reports import items, matches, rules, sealed, setup
from tocsin.domain.reports.desk_types import Look
from tocsin.domain.reports.models import Finding, FindingAnswer, Item, PoliceHold, SourceRecord
from tocsin.domain.reports.types import (
    FindingInput,
    FindingKind,
    Ground,
    ItemState,
    MatchKind,
    NotSeen,
)
from tocsin.domain.viewing.queries import has_looked, viewing_is_on

FOUND_UNLAWFUL = "reports.found_unlawful"
POLICE_FIRST = "reports.police_first"
CORRECTED = "reports.corrected"
REOPENED = "reports.reopened"
SPREAD = "reports.spread"


def refuse(item: Item, finding: FindingInput, actor: Actor, at: datetime) -> None:
    """Raise FindingRefused unless this person may record the finding on this item now."""
    rules.refuse(finding, matched=bool(item.entry_ids), viewing=viewing_is_on(at=at))
    if finding.ground is Ground.SEEN and not has_looked(item.pk, actor=actor):
        raise NotSeen


def write_finding(
    item: Item, finding: FindingInput, actor: Actor, at: datetime, look: Look = Look.FIRST
) -> Finding:
    """The finding's row, words sealed, answers beside it; nothing follows from it yet."""
    row = Finding.objects.create(
        item=item,
        kind=finding.verdict.value,
        category=finding.category,
        ground=finding.ground,
        observed=pack(finding.observed),
        labels=finding.labels.text(),
        by=actor.text,
        at=at,
        look=look,
        police=finding.police.value if finding.police else "",
        with_cluster=finding.with_cluster,
    )
    seal_words(row, finding.ground_detail, finding.note)
    FindingAnswer.objects.bulk_create(
        FindingAnswer(
            finding=row,
            question_set=answer.question_set,
            version=answer.version,
            question=answer.question,
            values=list(answer.values),
        )
        for answer in finding.answers
    )
    return row


def seal_words(row: Finding, detail: str, note: str) -> None:
    """Seal what a finding says in words to its row."""
    # Only now has the row its key, to which the words are bound.
    words = sealed.close_words(detail, note, context=f"finding:{row.pk}")
    Finding.objects.filter(pk=row.pk).update(sealed_words=words)


def settle(item: Item, finding: Finding, at: datetime) -> None:
    """The item has just entered the state its finding asks for: do what follows, and no more.

    A golden item is there to see who agrees: nothing ever follows from it.
    """
    if item.golden_id is not None:
        return
    state = ItemState(item.state)
    if state is ItemState.FIRST_POLICE:
        _hold(item, finding, at)
    if state is ItemState.UNLAWFUL:
        begin(item, finding, at)
    if state in {ItemState.UNLAWFUL, ItemState.NOT_UNLAWFUL}:
        _count_source(item, state)
        tell_others(item, finding, at)


def tell_others(item: Item, finding: Finding, at: datetime) -> None:
    """A finding came into force, or was wrong: the others of its cluster are to know."""
    if item.cluster_id is not None and finding.follows_id is None:
        set_due(kind=SPREAD, subject=f"{finding.pk}:0", due_at=at)


def begin(item: Item, finding: Finding, at: datetime) -> None:
    """Put the picture on the own list where no list has it, and tell the rooms above to act."""
    # The very same file is on the own list by the finding that this one follows.
    same_file = finding.follows_id is not None and item.cluster_bits == 0
    entry_id = None if same_file else _own_entry(item, finding, at)
    Finding.objects.filter(pk=finding.pk).update(own_entry_id=entry_id)
    finding.own_entry_id = entry_id
    if entry_id is not None and finding.agreed_by:
        hashlists.agree_entry(entry_id=entry_id, actor=actor_of(finding.agreed_by), at=at)
    news = {"item_id": item.pk, "finding_id": finding.pk}
    key = f"{FOUND_UNLAWFUL}:{finding.pk}"
    put(topic=FOUND_UNLAWFUL, payload=news, at=at, dedupe_key=key)


def standing(item: Item, kind: FindingKind) -> Finding | None:
    """The item's latest finding of a kind that still stands and that is acted on."""
    found = item.findings.filter(kind=kind, corrected=False).exclude(look=Look.SECOND)
    return found.order_by("-id").first()


def standing_of(item: Item) -> Finding | None:
    """The finding by which the item is in its state, if it is decided."""
    kind = _KIND_OF.get(ItemState(item.state))
    return None if kind is None else standing(item, kind)


_KIND_OF = {
    ItemState.UNLAWFUL: FindingKind.UNLAWFUL,
    ItemState.FIRST_POLICE: FindingKind.UNLAWFUL,
    ItemState.SECOND_REVIEW: FindingKind.UNLAWFUL,
    ItemState.DISAGREED: FindingKind.UNLAWFUL,
    ItemState.NOT_UNLAWFUL: FindingKind.NOT_UNLAWFUL,
    ItemState.CANNOT_TELL: FindingKind.CANNOT_TELL,
}


def recount_source(item: Item, was: ItemState) -> None:
    """What was counted for the item's source was wrong; the item has its new state by now."""
    column = _COUNTED.get(was)
    if column is not None and item.source_key:
        SourceRecord.objects.filter(key=item.source_key, **{f"{column}__gt": 0}).update(
            **{column: F(column) - 1}
        )
    if ItemState(item.state) in _COUNTED:
        _count_source(item, ItemState(item.state))


def actor_of(text: str) -> Actor:
    """Whoever is written down as `text` (`user:5`)."""
    kind, _colon, rest = text.partition(":")
    return Actor(kind, rest)


def listed_live(item: Item) -> bool:
    """Whether a live list entry holds this very picture."""
    exact = MatchKind(item.match_kind) is MatchKind.EXACT
    return exact and any(
        entry.status is EntryStatus.ACTIVE for entry in matches.matched(item.entry_ids)
    )


_COUNTED = {ItemState.UNLAWFUL: "confirmed", ItemState.NOT_UNLAWFUL: "refuted"}


def _count_source(item: Item, state: ItemState) -> None:
    if not item.source_key:
        return
    SourceRecord.objects.get_or_create(key=item.source_key)
    column = _COUNTED[state]
    SourceRecord.objects.filter(key=item.source_key).update(**{column: F(column) + 1})


def _hold(item: Item, finding: Finding, at: datetime) -> None:
    until = at + setup.rules().police_hold
    item.police_until = until
    item.save(update_fields=["police_until"])
    items.wind(item, at)
    PoliceHold.objects.create(item=item, at=at, until=until, by=finding.by)
    news = {"item_id": item.pk, "finding_id": finding.pk}
    put(topic=POLICE_FIRST, payload=news, at=at, dedupe_key=f"{POLICE_FIRST}:{finding.pk}")


def _own_entry(item: Item, finding: Finding, at: datetime) -> int | None:
    context = f"{items.context(item.number)}:fingerprints"
    fingerprints = sealed.open_fingerprints(item.sealed_fingerprints, context=context)
    if not rules.needs_own_entry(
        fingerprints,
        match=MatchKind(item.match_kind),
        listed_live=any(
            entry.status is EntryStatus.ACTIVE for entry in matches.matched(item.entry_ids)
        ),
    ):
        return None
    pictured = any(value.kind is Kind.PDQ for value in fingerprints)
    entry = OwnEntry(
        fingerprints=fingerprints,
        category=Category(finding.category),
        media_type="image" if pictured else "unknown",
        rehearsal=item.rehearsal,
        about=items.subject(item),
        observed=unpack(finding.observed),
        labels=Labels.of_text(finding.labels),
    )
    return hashlists.add_own_entry(entry=entry, actor=actor_of(finding.by), at=at)

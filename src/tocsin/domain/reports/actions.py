"""Writing: receive reports, take and give back items, record, confirm and correct findings.

What takes more than a few lines stands in modules of its own and is handed out here.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Coalesce

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.matching import queries as matching
from tocsin.domain.reports import (
    acting,
    appealing,
    clusters,
    correcting,
    items,
    queries,
    questions,
    receiving,
    reviewing,
    rules,
    setup,
)
from tocsin.domain.reports.acting import CORRECTED, FOUND_UNLAWFUL, POLICE_FIRST, REOPENED
from tocsin.domain.reports.appealing import Opening, open_appeal
from tocsin.domain.reports.appealing import dismiss as dismiss_appeal
from tocsin.domain.reports.appealing import give_back as give_appeal_back
from tocsin.domain.reports.appealing import take as take_appeal
from tocsin.domain.reports.appealing import uphold as uphold_appeal
from tocsin.domain.reports.clusters import put_together, take_apart
from tocsin.domain.reports.desk_types import ReasonNeeded, SkipReason
from tocsin.domain.reports.golden import make_golden, plant, retire
from tocsin.domain.reports.handing import hand_over
from tocsin.domain.reports.models import Finding, Item, Skip
from tocsin.domain.reports.police import extend as extend_police
from tocsin.domain.reports.police import release as release_police
from tocsin.domain.reports.putting_back import put_batch_back
from tocsin.domain.reports.setup import set_rules, set_weights
from tocsin.domain.reports.types import (
    Channel,
    FindingInput,
    FindingKind,
    IncomingReport,
    ItemState,
    ItemView,
    Match,
    MatchKind,
    NothingToAgree,
    Received,
    SamePerson,
    TakenByAnother,
)
from tocsin.domain.viewing.queries import viewing_is_on
from tocsin.engine.addresses import UnusableAddress, canonical

__all__ = [
    "CORRECTED",
    "FOUND_UNLAWFUL",
    "POLICE_FIRST",
    "REOPENED",
    "Opening",
    "agree",
    "assess",
    "correct",
    "dismiss_appeal",
    "extend_police",
    "follow",
    "give_appeal_back",
    "give_back",
    "hand_over",
    "make_golden",
    "open_appeal",
    "open_from_hit",
    "plant",
    "put_batch_back",
    "put_together",
    "receive_report",
    "release_police",
    "retire",
    "review",
    "set_batch_aside",
    "set_live",
    "set_rules",
    "set_weights",
    "skip",
    "skip_numbers",
    "take",
    "take_apart",
    "take_appeal",
    "take_next",
    "uphold_appeal",
]

log = structlog.get_logger()


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
            raise items.not_free(item)
        items.wind(item, at)
        record(actor=actor, action="reports.take", subject=items.subject(item), at=at)
    return queries.item(number, reader=actor)


def take_next(*, actor: Actor, at: datetime) -> ItemView | None:
    """Take the most pressing item that is free and that this person has not put back today."""
    for number in queries.offered(actor=actor, at=at, limit=20):
        try:
            return take(number=number, actor=actor, at=at)
        except (TakenByAnother, MoveRefused):
            # Somebody was quicker; the next one then.
            continue
    return None


def give_back(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """Put an item back in the queue; raises as `assess` does for one that is not held."""
    with transaction.atomic():
        item = items.held(number, actor)
        items.enter(item, rules.LIFE.target("give_back", ItemState(item.state)), at)
        item.save()
        record(actor=actor, action="reports.give_back", subject=items.subject(item), at=at)
    return queries.item(number, reader=actor)


def skip(*, number: str, reason: SkipReason, actor: Actor, at: datetime) -> ItemView:
    """Put an item back and say why: it is offered to others, and not to this person today."""
    with transaction.atomic():
        item = items.held(number, actor)
        items.enter(item, rules.LIFE.target("skip", ItemState(item.state)), at)
        item.save()
        Skip.objects.create(item=item, by=actor.text, at=at, reason=reason)
        record(
            actor=actor,
            action="reports.skip",
            subject=items.subject(item),
            at=at,
            facts={"reason": reason.value},
        )
    return queries.item(number, reader=actor)


def set_live(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """Abuse is happening now: to the top of the queue, with an hour to decide.

    Saying it again changes nothing. Raises UnknownItem, MoveRefused when it is decided.
    """
    with transaction.atomic():
        item = items.locked(number)
        if item.state not in rules.UNDECIDED:
            raise MoveRefused(f"{number} is {item.state} by now")
        if not item.live:
            receiving.put_first(item, actor, at)
            items.reprioritise(item)
            item.save()
    return queries.item(number, reader=actor)


def assess(*, number: str, finding: FindingInput, actor: Actor, at: datetime) -> ItemView:
    """Record the finding of whoever holds the item.

    An unlawful one tells the takedown room, and puts a picture no list has on the own list, in
    this same transaction; where a second person must agree first, or the police come first, that
    waits. Raises FindingRefused, BadAnswer, NotTaken, TakenByAnother, MoveRefused.
    """
    with transaction.atomic():
        item = items.held(number, actor)
        rules.refuse(finding, matched=bool(item.entry_ids), viewing=viewing_is_on(at=at))
        for answer in finding.answers:
            questions.refuse(answer, finding.verdict)
        second = item.golden_id is None and rules.needs_second(
            finding, setup.rules(), listed=acting.listed_live(item)
        )
        move = rules.move_of(finding, second=second)
        items.enter(item, rules.LIFE.target(move, ItemState(item.state)), at)
        items.reprioritise(item)
        item.save()
        row = acting.write_finding(item, finding, actor, at)
        if not second:
            acting.settle(item, row, at)
        told: dict[str, Json] = {"finding": row.pk}
        if not second:
            told |= {
                "category": finding.category.value,
                "ground": finding.ground.value,
                "own_entry": row.own_entry_id,
            }
        record(
            actor=actor,
            action=f"reports.{move}",
            subject=items.subject(item),
            at=at,
            facts=told,
        )
    return queries.item(number, reader=actor)


def review(*, number: str, finding: FindingInput, actor: Actor, at: datetime) -> ItemView:
    """Judge blind what another has judged, or settle where two differ; see `reviewing.review`."""
    for answer in finding.answers:
        questions.refuse(answer, finding.verdict)
    viewing = viewing_is_on(at=at)
    reviewing.review(number=number, finding=finding, viewing=viewing, actor=actor, at=at)
    return queries.item(number, reader=actor)


def agree(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """A second person confirms the own entry, which then counts with quorum 2.

    Raises SamePerson, NothingToAgree, UnknownItem.
    """
    with transaction.atomic():
        item = items.locked(number)
        finding = acting.standing(item, FindingKind.UNLAWFUL)
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
    return queries.item(number, reader=actor)


def follow(*, number: str, actor: Actor, at: datetime) -> ItemView:
    """Confirm that what was found of the item's cluster holds for it too; see `clusters.follow`."""
    clusters.follow(number=number, actor=actor, at=at)
    return queries.item(number, reader=actor)


def correct(
    *, number: str, why: str, actor: Actor, at: datetime, was: ItemState | None = None
) -> ItemView:
    """Say that the item's finding was wrong.

    A wrong "unlawful" is undone: its own entry is withdrawn, who had got hits on it is written
    down, and the takedown room takes the notice back. A wrong "not unlawful" is judged again. What
    was found of its cluster's others because of it goes with it.
    `was` is the state that was looked at: sent twice, it must not undo the correction itself.
    Raises FindingRefused when `why` is empty, MoveRefused when there is nothing to correct.
    """
    correcting.correct(number=number, why=why, actor=actor, at=at, was=was)
    return queries.item(number, reader=actor)


def set_batch_aside(*, batch: str, why: str, actor: Actor, at: datetime) -> int:
    """Whoever sent these reports together did so in bad faith: none of them counts any more.

    An item that nobody else has reported goes to the end of the queue, and is not thrown away; a
    clock that runs goes on. How many reports were set aside. Raises ReasonNeeded.
    """
    if not 0 < len(why.strip()) <= rules.MOST_WORDS:
        raise ReasonNeeded(f"Write why, in at most {rules.MOST_WORDS} characters.")
    return receiving.set_batch_aside(batch, why, actor, at) if batch else 0


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out numbers of items and appeals, in the caller's transaction: they are taken."""
    items.skip_numbers(count, at)
    appealing.skip_numbers(count, at)

"""How a report becomes part of an item: kept once, counted once, the item opened or raised."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import PartyKind
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.outbox.actions import put
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.reports import acting, clusters, items, pressing, rules, sealed
from tocsin.domain.reports.models import Item, ItemReport, Report
from tocsin.domain.reports.types import (
    Channel,
    IncomingReport,
    ItemState,
    Match,
    MatchKind,
    ReasonCode,
    Received,
)
from tocsin.domain.visits import actions as visits
from tocsin.engine.addresses import CanonicalUrl

SEEN_AGAIN = "reports.seen_again"
_OFFICIAL = {PartyKind.POLICE, PartyKind.HOTLINE}


def receive(report: IncomingReport, url: CanonicalUrl, actor: Actor, at: datetime) -> Received:
    """Keep a report and bring it to its item; must run inside a transaction."""
    digest = sealed.digest(url, rehearsal=report.rehearsal)
    row, new = _keep(report, digest, at)
    if not new:
        return Received(row.items.get(golden__isnull=True).number, str(row.pk), repeated=True)
    item, opened = _item_of(url, digest, report, at)
    ItemReport.objects.create(item=item, report=row)
    record(
        actor=actor,
        action="reports.open" if opened else "reports.count",
        subject=items.subject(item),
        at=at,
        facts={"report": str(row.pk), "channel": report.channel.value, "party": report.party_id},
    )
    _add_to(item, report, actor, at)
    if opened:
        visits.ask(reference=items.subject(item), url=url.text, at=at)
    return Received(item.number, str(row.pk), repeated=False)


def learn(
    item: Item,
    fingerprints: tuple[FingerprintValue, ...],
    match: Match | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Take over what a look at the address brought, as from a report that is not counted; in the
    caller's transaction, who has locked the item."""
    told = IncomingReport("", Channel.API, fingerprints=fingerprints, match=match)
    _take_over(item, told, actor, at)
    items.reprioritise(item)
    item.save()


def _take_over(item: Item, report: IncomingReport, actor: Actor, at: datetime) -> bool:
    """Let the item know what the report does; True when that opened it again. The caller saves."""
    if _merge_fingerprints(item, report):
        clusters.ask_to_place(item, at)
    if not (_merge_match(item, report) and item.state in rules.LIFE.sources("reopen")):
        return False
    items.enter(item, rules.LIFE.target("reopen", ItemState(item.state)), at)
    record(actor=actor, action="reports.reopen", subject=items.subject(item), at=at)
    _tell_reopened(item, report, at)
    return True


def _keep(report: IncomingReport, digest: str, at: datetime) -> tuple[Report, bool]:
    """The report's row and whether it is new; the same report told twice is one row."""
    known = _known(report, digest)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            return _write(report, digest, at), True
    except IntegrityError:
        known = _known(report, digest)
        if known is None:
            raise
        return known, False


def _known(report: IncomingReport, digest: str) -> Report | None:
    if report.hit_id is not None:
        return Report.objects.filter(hit_id=report.hit_id).first()
    if report.client_reference and report.party_id is not None:
        return Report.objects.filter(
            party_id=report.party_id, client_reference=report.client_reference, url_digest=digest
        ).first()
    return None


def _write(report: IncomingReport, digest: str, at: datetime) -> Report:
    pk = uuid4()
    context = f"report:{pk}"
    return Report.objects.create(
        id=pk,
        at=at,
        channel=report.channel,
        party_id=report.party_id,
        hit_id=report.hit_id,
        client_reference=report.client_reference,
        url_digest=digest,
        sealed_url=sealed.close(report.url, context=f"{context}:url"),
        sealed_words=sealed.close(report.words, context=f"{context}:words"),
        category_hint=report.category_hint,
        sealed_fingerprints=sealed.close_fingerprints(
            report.fingerprints, context=f"{context}:fingerprints"
        ),
        fingerprint_count=len(report.fingerprints),
        first_seen_at=report.first_seen_at,
        rehearsal=report.rehearsal,
        batch=report.batch,
    )


def _item_of(
    url: CanonicalUrl, digest: str, report: IncomingReport, at: datetime
) -> tuple[Item, bool]:
    """The address's one item and whether it was opened now."""
    found = Item.objects.filter(url_digest=digest).first()
    if found is not None:
        _tell_address_again(found, url)
        return found, False
    try:
        # A savepoint: when another opens the same item first, only this attempt is undone.
        with transaction.atomic():
            return _open(url, digest, report, at), True
    except IntegrityError:
        return Item.objects.get(url_digest=digest), False


def _tell_address_again(item: Item, url: CanonicalUrl) -> None:
    """One whose address was forgotten in time is reported once more."""
    if not item.sealed_url:
        again = sealed.close(url.text, context=items.context(item.number))
        Item.objects.filter(pk=item.pk, sealed_url="").update(sealed_url=again)


def _open(url: CanonicalUrl, digest: str, report: IncomingReport, at: datetime) -> Item:
    number = items.next_number(at)
    party = accounts.party(report.party_id) if report.party_id is not None else None
    return Item.objects.create(
        number=number,
        url_digest=digest,
        sealed_url=sealed.close(url.text, context=items.context(number)),
        rehearsal=report.rehearsal,
        state=rules.LIFE.first,
        source=party.name if party else report.channel.value,
        source_key=f"party:{party.pk}" if party else f"channel:{report.channel.value}",
        first_reported_at=at,
        last_reported_at=at,
        waiting_since=at,
        decide_by=at + rules.DECIDE_WITHIN,
        slow=report.slow,
        **_site(url, report),
    )


def _site(url: CanonicalUrl, report: IncomingReport) -> dict[str, Any]:
    """The item's site, and how often something was found unlawful there."""
    digest = sealed.host_digest(url, rehearsal=report.rehearsal)
    there = Item.objects.filter(host_digest=digest, state=ItemState.UNLAWFUL)
    most = pressing.MOST_TIMES[ReasonCode.SITE_KNOWN]
    # Cut off: a site with ten thousand is looked up as fast as one with ten.
    return {"host_digest": digest, "site_found": there.order_by()[:most].count()}


def _add_to(item: Item, report: IncomingReport, actor: Actor, at: datetime) -> None:
    """Count the report on the item and take over what it knows."""
    # The update holds the row: two reports at once are counted one after the other.
    Item.objects.filter(pk=item.pk).update(report_count=F("report_count") + 1)
    item.refresh_from_db()
    first = item.report_count == 1
    item.last_reported_at = max(item.last_reported_at, at)
    item.official_source = item.official_source or _is_official(report)
    item.slow = item.slow and report.slow
    reopened = _take_over(item, report, actor, at)
    if first and not reopened:
        items.wind(item, at)
    if report.live and not item.live and item.state in rules.UNDECIDED:
        put_first(item, actor, at)
    if item.state == ItemState.UNLAWFUL:
        _tell_seen_again(item, at)
    items.reprioritise(item)
    item.save()


def _is_official(report: IncomingReport) -> bool:
    party = accounts.party(report.party_id) if report.party_id is not None else None
    return party is not None and PartyKind(party.kind) in _OFFICIAL


def put_first(item: Item, actor: Actor, at: datetime) -> None:
    """Mark the item as happening now, with an hour to decide; the caller saves."""
    item.live = True
    soon = at + rules.LIVE_WITHIN
    item.decide_by = soon if item.decide_by is None else min(item.decide_by, soon)
    items.wind(item, at)
    record(actor=actor, action="reports.live", subject=items.subject(item), at=at)


def set_batch_aside(batch: str, why: str, actor: Actor, at: datetime) -> int:
    """Count the reports of a batch no longer; how many there were."""
    with transaction.atomic():
        fresh = Report.objects.filter(batch=batch, set_aside=False)
        pks = list(fresh.values_list("pk", flat=True))
        Report.objects.filter(pk__in=pks).update(set_aside=True)
        about = Item.objects.filter(reports__pk__in=pks).order_by("pk").distinct()
        for number in list(about.values_list("number", flat=True)):
            _count_less(items.locked(number), pks)
        if pks:
            record(
                actor=actor,
                action="reports.set_aside",
                subject="batch",
                at=at,
                facts={"reports": [str(pk) for pk in pks]},
                personal={"why": why},
            )
    return len(pks)


def _count_less(item: Item, pks: list[UUID]) -> None:
    lost = item.reports.filter(pk__in=pks).count()
    item.report_count = max(item.report_count - lost, 0)
    if not item.reports.filter(set_aside=False).exists():
        item.slow = True
    items.reprioritise(item)
    item.save(update_fields=["report_count", "slow", "why", "priority", "rank"])


def _tell_reopened(item: Item, report: IncomingReport, at: datetime) -> None:
    put(
        topic=acting.REOPENED,
        payload={"item_id": item.pk},
        at=at,
        dedupe_key=f"{acting.REOPENED}:{item.pk}:{report.hit_id or at.isoformat()}",
    )


def _merge_fingerprints(item: Item, report: IncomingReport) -> bool:
    """Take the fingerprints over; True when the item has some it did not have."""
    context = f"{items.context(item.number)}:fingerprints"
    known = sealed.open_fingerprints(item.sealed_fingerprints, context=context)
    merged = rules.merge(known, report.fingerprints)
    item.content_differs = item.content_differs or merged.differs
    if merged.fingerprints == known:
        return False
    item.sealed_fingerprints = sealed.close_fingerprints(merged.fingerprints, context=context)
    return True


def _merge_match(item: Item, report: IncomingReport) -> bool:
    """Take the match over; True when it names entries not known of the item."""
    if report.match is None:
        return False
    new = rules.brings_new_evidence(item.entry_ids, report.match.entry_ids)
    known = MatchKind(item.match_kind)
    item.match_kind = rules.stronger(known, report.match.kind)
    known_and_new = dict.fromkeys([*item.entry_ids, *report.match.entry_ids])
    item.entry_ids = list(known_and_new)[: rules.MOST_ENTRIES]
    distances = [item.distance_bits, report.match.distance_bits]
    item.distance_bits = min((d for d in distances if d is not None), default=None)
    return new


def _tell_seen_again(item: Item, at: datetime) -> None:
    """The material is reported after the finding: the notice's people should know, once a day."""
    item.seen_again = True
    put(
        topic=SEEN_AGAIN,
        payload={"item_id": item.pk},
        at=at,
        dedupe_key=f"{SEEN_AGAIN}:{item.pk}:{at.date()}",
    )

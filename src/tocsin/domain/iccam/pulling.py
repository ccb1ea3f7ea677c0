"""Reports of other hotlines come in: what is assigned to our country and nobody has taken yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.domain.hashlists.classification import pack
from tocsin.domain.iccam import queueing, rules, sealed, telling
from tocsin.domain.iccam.holding import Hold
from tocsin.domain.iccam.models import Content, Link, Report
from tocsin.domain.iccam.sending import Clock
from tocsin.domain.iccam.speaking import CallFailed, Service
from tocsin.domain.iccam.types import (
    Classification,
    ContentNow,
    Listing,
    Pulled,
    ReportNow,
    Trouble,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as desk
from tocsin.domain.reports.types import Channel, IncomingReport, ReportRefused
from tocsin.engine.addresses import UnusableAddress

log = structlog.get_logger()

_US: Final = system("iccam")
_BEGINNING: Final = datetime(2015, 1, 1, tzinfo=UTC)
MOST_PAGES: Final = 50
_HINTS: Final = {Classification.BASELINE: "baseline", Classification.NATIONAL: "national"}


def pull(link: Link, hold: Hold, service: Service, clock: Clock) -> Pulled:
    """Take in what is listed; the checkpoint moves when all of it is here. Raises CallFailed.

    A content is known by its number: listed twice, or again after a break, it is taken in once.
    """
    began_at = clock()
    since = (link.checkpoint or _BEGINNING) - rules.OVERLAP
    listed = new = unusable = 0
    for _ in range(MOST_PAGES):
        numbers = service.listed(Listing.UNASSIGNED, since, rules.MOST_RESULTS)
        listed += len(numbers)
        latest: datetime | None = None
        for number in _unknown(numbers):
            hold.go_on(clock())
            now = service.content(number)
            usable = _take_in(link, now, service, clock())
            new += usable
            unusable += not usable
            latest = max(filter(None, (latest, now.listed_at)), default=None)
        if len(numbers) < rules.MOST_RESULTS:
            hold.go_on(clock(), checkpoint=began_at, pulled_at=clock())
            return Pulled(listed=listed, new=new, unusable=unusable)
        # A full page: what lies behind it is asked for from its last moment on.
        if latest is None or latest <= since:
            raise CallFailed(Trouble.ENDLESS)
        since = latest
    raise CallFailed(Trouble.ENDLESS)


def _unknown(numbers: Sequence[int]) -> list[int]:
    known = set(Content.objects.filter(number__in=numbers).values_list("number", flat=True))
    return [number for number in numbers if number not in known]


def _take_in(link: Link, now: ContentNow, service: Service, at: datetime) -> bool:
    """One content with its report; False when its address cannot be used, which is kept too."""
    known = Report.objects.filter(number=now.report_number).first()
    told = None if known else service.report(now.report_number)
    try:
        with transaction.atomic():
            report = known or _report(told, now.report_number, at)
            return _content(link, report, now, at)
    except IntegrityError:
        # Another process has just taken it in.
        return True


def _report(told: ReportNow | None, number: int, at: datetime) -> Report:
    if told is None or told.number != number:
        raise CallFailed(Trouble.BROKEN)
    return Report.objects.create(
        number=number,
        reference=told.reference[:60],
        sealed_referrer=sealed.close({"url": told.referrer}, context=f"iccam:report:{number}")
        if told.referrer
        else "",
        site_type=told.site_type,
        commerciality=told.commerciality,
        payment_methods=list(told.payment_methods),
        at=at,
    )


def _content(link: Link, report: Report, now: ContentNow, at: datetime) -> bool:
    stated = now.assessment
    content = Content.objects.create(
        report=report,
        number=now.number,
        is_source=now.is_source,
        classification=int(stated.classification) if stated else 0,
        observed=pack(rules.observed_of(stated)),
        at=at,
    )
    unusable = ""
    try:
        received = reports.receive_report(report=_incoming(link, report, now), actor=_US, at=at)
    except UnusableAddress as error:
        unusable = error.code[:20]
    except ReportRefused as error:
        unusable = error.field[:20]
    else:
        item = desk.of_address(now.url)
        content.item_id = item.id if item else None
        content.item_number = received.item_number
        queueing.reference(content, f"{received.item_number}.{now.number}", at)
    content.unusable = unusable
    content.closed_at = at if unusable else None
    content.save()
    telling.say_what_was_found(content, at)
    record(
        actor=_US,
        action="iccam.take_in",
        subject=f"content:{content.pk}",
        at=at,
        facts={"report": report.number, "content": now.number, "unusable": unusable},
    )
    if unusable:
        log.warning("iccam_content_unusable", content_id=content.pk, why=unusable)
    return not unusable


def _incoming(link: Link, report: Report, now: ContentNow) -> IncomingReport:
    stated = now.assessment
    context = f"iccam:report:{report.number}"
    referrer = str(sealed.reveal(report.sealed_referrer, context=context).get("url", ""))
    return IncomingReport(
        url=now.url,
        channel=Channel.ICCAM,
        party_id=link.party_id,
        words=f"Referrer: {referrer}"[:4_000] if referrer else "",
        category_hint=_HINTS.get(stated.classification, "") if stated else "",
        client_reference=f"ICCAM {now.number}",
    )

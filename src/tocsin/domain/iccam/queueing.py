"""What is to be told goes into a queue: each thing once, behind what its report had queued before.

All of this runs in the transaction of what it tells of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import F

from tocsin.base.audit.types import Json
from tocsin.base.clock.actions import set_due
from tocsin.domain.iccam import codelists, rules, sealed
from tocsin.domain.iccam.models import Content, Report, Step
from tocsin.domain.iccam.types import Assessment, ContentType, StepKind, StepState, Told


def assess(content: Content, wanted: Assessment, at: datetime) -> bool:
    """Fill in what the report still misses, then assess; False where that was queued before."""
    of_report(content.report, at)
    key = f"assess:{content.pk}:{int(wanted.classification)}"
    what = codelists.name_of("classifications", int(wanted.classification))
    return _put(content.report, content, StepKind.ASSESS, key, _assessment(wanted), at, what=what)


def _assessment(wanted: Assessment) -> dict[str, Json]:
    return {
        "classification": int(wanted.classification),
        "age": int(wanted.age),
        "gender": int(wanted.gender),
        "virtual": wanted.virtual,
        "self_generated": wanted.self_generated,
        "child_modelling": wanted.child_modelling,
    }


def of_report(report: Report, at: datetime) -> None:
    """Fill in the three fields without which ICCAM takes no action; what stands there stays."""
    if report.ours:
        return
    for kind, told in (
        (StepKind.SITE_TYPE, report.site_type or rules.WEBSITE),
        (StepKind.COMMERCIALITY, report.commerciality or rules.NOT_DETERMINED),
        (StepKind.PAYMENT_METHODS, list(report.payment_methods) or [rules.NOT_DETERMINED]),
    ):
        payload: dict[str, Json] = {"value": told}
        _put(report, None, kind, f"{kind}:{report.pk}", payload, at)


def act(content: Content, told: Told, at: datetime) -> bool:
    """Tell an action, not in the round of the assessment; False where one of its type was queued
    before: each is told once, whatever happens after."""
    key = f"act:{content.pk}:{int(told.type)}"
    payload: dict[str, Json] = {
        "type": int(told.type),
        "at": told.at.isoformat(),
        "reason": None if told.reason is None else int(told.reason),
    }
    what = codelists.name_of("actions", int(told.type))
    later = at + rules.BETWEEN_REPORT_AND_ACTION
    return _put(content.report, content, StepKind.ACT, key, payload, later, what=what)


def move(content: Content, country: str, ip: str, at: datetime) -> bool:
    """Tell where it is hosted now, and give it to that country's hotline where it is another's."""
    mark = sealed.digest(f"{country} {ip}")
    told: dict[str, Json] = {"country": country, "ip": ip}
    key = f"hosting:{content.pk}:{mark}"
    return _put(content.report, content, StepKind.HOSTING, key, told, at, what=country)


def assign(content: Content, country: str, at: datetime) -> bool:
    """Give it to another country's hotline."""
    key = f"assign:{content.pk}:{country}"
    told: dict[str, Json] = {"country": country}
    return _put(content.report, content, StepKind.ASSIGN, key, told, at, what=country)


def reference(content: Content, text: str, at: datetime) -> bool:
    """Write our number there, by which the hotline is known to have taken it."""
    told: dict[str, Json] = {"reference": text}
    key = f"reference:{content.pk}"
    return _put(content.report, content, StepKind.REFERENCE, key, told, at, what=text)


def file(
    report: Report,
    content: Content,
    finding_id: int,
    country: str,
    ip: str,
    organisation: str,
    wanted: Assessment,
    at: datetime,
) -> bool:
    """File a report of ours, with its one content."""
    told: dict[str, Json] = {
        **_assessment(wanted),
        "finding_id": finding_id,
        "country": country,
        "ip": ip,
        "organisation": organisation,
        "content_type": int(ContentType.WEBSITE),
    }
    return _put(report, content, StepKind.FILE, f"file:{report.pk}", told, at, what=country)


def context(report_id: int, seq: int) -> str:
    """What a step's payload is bound to."""
    return f"iccam:step:{report_id}:{seq}"


def _put(
    report: Report,
    content: Content | None,
    kind: StepKind,
    key: str,
    told: Mapping[str, Json],
    due_at: datetime,
    *,
    what: str = "",
) -> bool:
    if Step.objects.filter(key=key).exists():
        return False
    # The update holds the row: two that queue at once get places one after the other, and the
    # second then finds what the first has queued.
    Report.objects.filter(pk=report.pk).update(last_seq=F("last_seq") + 1)
    if Step.objects.filter(key=key).exists():
        return False
    seq = Report.objects.values_list("last_seq", flat=True).get(pk=report.pk)
    step = Step.objects.create(
        report=report,
        content=content,
        seq=seq,
        key=key,
        kind=kind,
        sealed_payload=sealed.close(told, context=context(report.pk, seq)),
        what=what,
        state=StepState.WAITING,
        due_at=due_at,
        at=due_at,
    )
    set_due(kind=rules.LATE, subject=str(step.pk), due_at=due_at + rules.LATE_AFTER)
    return True

"""One step, done: what ICCAM has is read first, so that nothing is told twice or out of its turn.

The step before may have gone through although its answer never came: then it is found there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.audit.types import Json
from tocsin.domain.iccam import rules
from tocsin.domain.iccam.models import Step
from tocsin.domain.iccam.rules import Next, Verdict
from tocsin.domain.iccam.speaking import CallFailed, Service
from tocsin.domain.iccam.types import (
    ActionType,
    Age,
    Assessment,
    Classification,
    ContentType,
    Filed,
    Gender,
    OutgoingContent,
    OutgoingReport,
    Reason,
    StepKind,
    Told,
    Trouble,
)
from tocsin.domain.reports import queries as desk

_DONE = Verdict(Next.DONE)


@dataclass(frozen=True, slots=True)
class Done:
    """How a step ended. `filed`: the numbers of a report that was filed."""

    verdict: Verdict
    filed: Filed | None = None


def perform(step: Step, told: Mapping[str, Json], service: Service, country: str) -> Done:
    """Do a step that is still to be done; raises CallFailed."""
    kind = StepKind(step.kind)
    if kind is StepKind.FILE:
        return _file(step, told, service)
    if kind in {StepKind.SITE_TYPE, StepKind.COMMERCIALITY, StepKind.PAYMENT_METHODS}:
        return Done(_field(step, told, service))
    if step.content is None or step.content.number is None:
        raise CallFailed(Trouble.NUMBER_UNKNOWN)
    return Done(_of_content(kind, step.content.number, told, service, country))


def _of_content(
    kind: StepKind, number: int, told: Mapping[str, Json], service: Service, country: str
) -> Verdict:
    now = service.content(number)
    if kind is StepKind.ASSESS:
        wanted = assessment_in(told)
        verdict = rules.before_assessment(wanted, now, country)
        if verdict.next is Next.GO:
            service.assess(number, wanted)
    elif kind is StepKind.ACT:
        action = action_in(told)
        verdict = rules.before_action(action.type, now, country)
        if verdict.next is Next.GO:
            service.act(number, action)
    elif kind is StepKind.REFERENCE:
        text = str(told["reference"])
        verdict = rules.before_reference(text, now, country)
        if verdict.next is Next.GO:
            service.set_reference(number, text)
    elif kind is StepKind.HOSTING:
        new = str(told["country"])
        verdict = rules.before_hosting(new, now, country)
        if verdict.next is Next.GO:
            service.set_hosting(number, str(told["ip"]), new)
    else:
        new = str(told["country"])
        verdict = rules.before_move(new, now, country)
        if verdict.next is Next.GO:
            service.assign(number, new)
    return _DONE if verdict.next is Next.GO else verdict


def _field(step: Step, told: Mapping[str, Json], service: Service) -> Verdict:
    number = step.report.number
    if number is None:
        raise CallFailed(Trouble.NUMBER_UNKNOWN)
    now, value = service.report(number), told["value"]
    if step.kind == StepKind.PAYMENT_METHODS:
        methods = tuple(int(str(one)) for one in value) if isinstance(value, list) else ()
        verdict = rules.before_field(now.payment_methods, methods)
        if verdict.next is Next.GO:
            service.set_payment_methods(number, methods)
    elif step.kind == StepKind.SITE_TYPE:
        verdict = rules.before_field(now.site_type, int(str(value)))
        if verdict.next is Next.GO:
            service.set_site_type(number, int(str(value)))
    else:
        verdict = rules.before_field(now.commerciality, int(str(value)))
        if verdict.next is Next.GO:
            service.set_commerciality(number, int(str(value)))
    return _DONE if verdict.next is Next.GO else verdict


def _file(step: Step, told: Mapping[str, Json], service: Service) -> Done:
    """File a report. One that was tried before may be there under a number that we do not know:
    ICCAM cannot be asked by our own number, so that a person has to look."""
    if step.report.number is not None:
        return Done(_DONE)
    if step.attempts > 1:
        raise CallFailed(Trouble.NUMBER_UNKNOWN)
    filed = service.file(_outgoing(step, told))
    contents = filed.contents or service.report(filed.number).contents
    return Done(_DONE, Filed(filed.number, contents))


def _outgoing(step: Step, told: Mapping[str, Json]) -> OutgoingReport:
    case = desk.case(int(str(told["finding_id"])))
    content = OutgoingContent(
        url=case.url,
        reference=f"{step.report.reference}-1",
        country=str(told["country"]),
        ip=str(told["ip"]),
        organisation=str(told["organisation"]),
        is_source=True,
        type=ContentType(int(str(told["content_type"]))),
        assessment=assessment_in(told),
    )
    return OutgoingReport(
        reference=step.report.reference,
        received_at=case.last_reported_at,
        site_type=step.report.site_type or rules.WEBSITE,
        commerciality=rules.NOT_DETERMINED,
        payment_methods=(rules.NOT_DETERMINED,),
        contents=(content,),
    )


def assessment_in(told: Mapping[str, Json]) -> Assessment:
    """An assessment as a step carries it."""
    return Assessment(
        classification=Classification(int(str(told["classification"]))),
        age=Age(int(str(told["age"]))),
        gender=Gender(int(str(told["gender"]))),
        virtual=told["virtual"] is True,
        self_generated=told["self_generated"] is True,
        child_modelling=told["child_modelling"] is True,
    )


def action_in(told: Mapping[str, Json]) -> Told:
    """An action as a step carries it."""
    reason = told["reason"]
    return Told(
        ActionType(int(str(told["type"]))),
        datetime.fromisoformat(str(told["at"])),
        None if reason is None else Reason(int(str(reason))),
    )

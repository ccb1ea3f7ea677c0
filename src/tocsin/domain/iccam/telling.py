"""News of our own rooms becomes steps: what was found, sent, seen to be gone or moved, corrected.

News may come twice and in any order: whatever an action needs before it is queued before it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Q

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosting import queries as hosting
from tocsin.domain.iccam import queueing, rules
from tocsin.domain.iccam.models import Content, Link, Report, Step
from tocsin.domain.iccam.types import (
    ActionType,
    Assessment,
    Classification,
    StepKind,
    StepRefused,
    StepState,
    Told,
    Trouble,
)
from tocsin.domain.reports import queries as desk
from tocsin.domain.reports.types import FindingKind, FindingView, ItemState
from tocsin.domain.visits.types import Outcome
from tocsin.engine.addresses import canonical

_US: Final = system("iccam")
LOOKED_AT_ONCE: Final = 500


def found_unlawful(item_id: int, finding_id: int, at: datetime) -> None:
    """Assess every content of the item; report it where it is another country's and ICCAM has none
    of it, if that is wanted."""
    contents = _contents(item_id)
    for content in contents:
        _assess(content, at)
    link = Link.objects.first()
    if contents or link is None or not link.files_abroad:
        return
    case = desk.case(finding_id)
    where = place_of(case.url)
    if where is not None and where[0] not in {"", link.country} and not case.rehearsal:
        file(finding_id, *where, actor=_US, at=at)


def say_what_was_found(content: Content, at: datetime) -> None:
    """Content of an item that was found unlawful long ago: nobody finds it again, so say it now."""
    if content.item_id is None:
        return
    if desk.states({content.item_id}).get(content.item_id) is ItemState.UNLAWFUL:
        _assess(content, at)


def police_first(item_id: int, at: datetime) -> None:
    """It goes to the police: assess, and say so."""
    _act_on(item_id, Told(ActionType.REPORTED_TO_LEA, at), at)


def notice_sent(item_id: int, at: datetime) -> None:
    """A notice has gone to the hoster."""
    _act_on(item_id, Told(ActionType.REPORTED_TO_ISP, at), at)


def removed(item_id: int, outcome: Outcome | None, seen_at: datetime, at: datetime) -> None:
    """It was seen to be gone, or cannot be got at any more."""
    told = rules.gone(outcome, seen_at)
    if told is not None:
        _act_on(item_id, told, at)


def moved(item_id: int, at: datetime) -> None:
    """It lies elsewhere now: tell where; another country's hotline takes it over."""
    link = Link.objects.first()
    for content in _contents(item_id):
        where = place_of(desk.item(content.item_number).url)
        if link is None or where is None or not where[0] or not _assess(content, at):
            continue
        country, ip, _ = where
        queueing.move(content, country, ip, at)
        if country != link.country:
            queueing.assign(content, country, at)


def corrected(item_id: int, at: datetime) -> None:
    """Our finding was wrong: what was not told yet is not told.

    What was told is overruled by `look_at_items`, where ICCAM lets it be; a report that we filed
    abroad is another hotline's by now, so that a person has to write.
    """
    for content in _contents(item_id):
        in_flight = Q(state=StepState.WAITING, leased_until__gt=at)
        filed = content.steps.filter(Q(state=StepState.SENT) | in_flight, kind=StepKind.FILE)
        was_filed = filed.exists()
        _take_back(content, at)
        if was_filed:
            _ask_for_help(content, at)


def look_at_items(at: datetime) -> int:
    """Say of contents that were found not to be unlawful that they are not; how many were looked
    at. A few at a time, those first that were not looked at for longest."""
    open_ones = Content.objects.filter(closed_at__isnull=True, item_id__isnull=False)
    ordered = open_ones.select_related("report").order_by("looked_at", "id")
    contents = list(ordered[:LOOKED_AT_ONCE])
    states = desk.states({int(str(content.item_id)) for content in contents})
    for content in contents:
        if states.get(int(str(content.item_id))) is ItemState.NOT_UNLAWFUL:
            _not_illegal(content, at)
    Content.objects.filter(pk__in=[content.pk for content in contents]).update(looked_at=at)
    return len(contents)


def file(
    finding_id: int, country: str, ip: str, organisation: str, *, actor: Actor, at: datetime
) -> int:
    """Report an item that was found unlawful to another country's hotline; the number of the
    report here. Raises StepRefused."""
    case = desk.case(finding_id)
    if _contents(case.item_id):
        raise StepRefused("ICCAM has this item already.")
    view = desk.item(case.item_number)
    finding = _standing(view.findings)
    if finding is None or finding.id != finding_id:
        raise StepRefused("Only what stands as unlawful is reported to another country.")
    reference = f"{case.item_number}/{finding_id}"
    report, made = Report.objects.get_or_create(reference=reference, ours=True, defaults={"at": at})
    if not made:
        raise StepRefused("This is reported already.")
    content = Content.objects.create(
        report=report,
        item_id=case.item_id,
        item_number=case.item_number,
        is_source=True,
        closed_at=at,
        at=at,
    )
    wanted = rules.assessment_of(finding.category, finding.observed)
    queueing.file(report, content, finding_id, country, ip, organisation, wanted, at)
    record(
        actor=actor,
        action="iccam.file",
        subject=f"item:{case.item_id}",
        at=at,
        facts={"report": report.pk, "country": country},
    )
    return report.pk


def standing_of(item_number: str) -> int:
    """The finding by which an item is unlawful; raises StepRefused and UnknownItem."""
    finding = _standing(desk.item(item_number).findings)
    if finding is None:
        raise StepRefused("Only what stands as unlawful is reported to another country.")
    return finding.id


def place_of(url: str) -> tuple[str, str, str] | None:
    """Country, address and name of who keeps the server; None where nothing is known of it."""
    if not url:
        return None
    parts = canonical(url)
    host = parts.host if parts.port is None else f"{parts.host}:{parts.port}"
    if (known := hosting.latest(host)) is not None:
        return known.country, next(iter(known.addresses), ""), known.asn_name
    if (hoster := hosters.find_for_host(host, rehearsal=False)) is not None:
        return hoster.country, "", hoster.name
    return None


def say(content: Content, told: Told, at: datetime) -> bool:
    """A person tells an action; False where one of its type was queued before. Raises StepRefused
    for content that we have not found anything of."""
    # A finding that waits for a second person is none yet.
    found = desk.item(content.item_number).state is ItemState.UNLAWFUL
    if not found or not _assess(content, at):
        raise StepRefused("Judge the item first: ICCAM takes no action before an assessment.")
    return queueing.act(content, told, at)


def _contents(item_id: int) -> list[Content]:
    usable = Content.objects.filter(item_id=item_id, unusable="").select_related("report")
    return list(usable.order_by("id"))


def _act_on(item_id: int, told: Told, at: datetime) -> None:
    for content in _contents(item_id):
        if _assess(content, at):
            queueing.act(content, told, at)


def _assess(content: Content, at: datetime) -> bool:
    """Have the item's standing finding told; False where there is none that is unlawful."""
    finding = _standing(desk.item(content.item_number).findings)
    if finding is None:
        return False
    if not content.report.ours:
        wanted = rules.assessment_of(finding.category, finding.observed)
        queueing.assess(content, wanted, at)
    return True


def _standing(findings: tuple[FindingView, ...]) -> FindingView | None:
    stands = [one for one in findings if one.kind is FindingKind.UNLAWFUL and not one.corrected]
    return stands[-1] if stands else None


def _not_illegal(content: Content, at: datetime) -> None:
    findings = desk.item(content.item_number).findings
    last = [one for one in findings if one.kind is FindingKind.NOT_UNLAWFUL and not one.corrected]
    observed = last[-1].observed if last else rules.observed_of(None)
    queueing.assess(content, Assessment(Classification.IGNORE), at)
    told = Told(ActionType.NOT_ILLEGAL, at, rules.not_illegal_reason(observed))
    queueing.act(content, told, at)
    Content.objects.filter(pk=content.pk).update(closed_at=at)


def _take_back(content: Content, at: datetime) -> None:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    # What says that it is not illegal stays: that is what the correction says, too.
    stays = [
        f"assess:{content.pk}:{int(Classification.IGNORE)}",
        f"act:{content.pk}:{int(ActionType.NOT_ILLEGAL)}",
    ]
    ours = content.steps.exclude(kind=StepKind.REFERENCE).exclude(key__in=stays)
    for step in ours.filter(free, state__in=[StepState.WAITING, StepState.DEAD]):
        state = rules.LIFE.target("pass_over", StepState(step.state))
        mine = Step.objects.filter(free, pk=step.pk, version=step.version, state=step.state)
        won = mine.update(
            state=state,
            trouble=Trouble.TAKEN_BACK,
            version=step.version + 1,
            # Found unlawful after all, it is told under its own key.
            key=f"{step.key}~{step.pk}",
        )
        if won:
            forget_clocks(step)
            record(
                actor=_US,
                action="iccam.pass_over",
                subject=f"step:{step.pk}",
                at=at,
                facts={"why": Trouble.TAKEN_BACK.value},
            )


def _ask_for_help(content: Content, at: datetime) -> None:
    """A dead letter at once: no call takes back what ICCAM was told."""
    Content.objects.filter(pk=content.pk).update(closed_at=at)
    told = Told(ActionType.NOT_ILLEGAL, at, rules.not_illegal_reason(rules.observed_of(None)))
    if not queueing.act(content, told, at):
        return
    step = content.steps.order_by("-seq").first()
    if step is None:
        return
    state = rules.LIFE.target("give_up", StepState(step.state))
    Step.objects.filter(pk=step.pk).update(state=state, trouble=Trouble.CORRECTED)
    forget_clocks(step)
    set_due(kind=rules.DEAD_WAITS, subject=str(step.pk), due_at=at + rules.REMIND_EACH)


def forget_clocks(step: Step) -> None:
    """A step that is settled waits for nothing."""
    cancel(kind=rules.LATE, subject=str(step.pk))
    cancel(kind=rules.DEAD_WAITS, subject=str(step.pk))

"""Reading: how the exchange goes, what waits to be told, what ICCAM says of an item."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, Min, OuterRef

from tocsin.domain.hashlists.classification import Observations, unpack
from tocsin.domain.iccam.models import Content, Link, Report, Step
from tocsin.domain.iccam.types import (
    LinkState,
    LinkView,
    StepKind,
    StepState,
    StepView,
    Trouble,
)


def link() -> LinkView | None:
    """How the exchange goes; None where none is noted down."""
    row = Link.objects.first()
    if row is None:
        return None
    waiting = Step.objects.filter(state=StepState.WAITING)
    return LinkView(
        base_url=row.base_url,
        country=row.country,
        state=LinkState(row.state),
        trouble=Trouble(row.trouble),
        failures=row.failures,
        checkpoint=row.checkpoint,
        pulled_at=row.pulled_at,
        sent_at=row.sent_at,
        next_try_at=row.next_try_at,
        reports=Report.objects.count(),
        contents=Content.objects.count(),
        unusable=Content.objects.exclude(unusable="").count(),
        waiting=waiting.count(),
        oldest_waiting_at=waiting.aggregate(at=Min("at"))["at"],
        dead=Step.objects.filter(state=StepState.DEAD).count(),
        files_abroad=row.files_abroad,
    )


def due(*, at: datetime) -> bool:
    """Whether it is time for a round."""
    rows = Link.objects.exclude(state=LinkState.OFF)
    return rows.filter(next_try_at__lte=at).exists()


def dead_steps(*, limit: int = 100) -> list[StepView]:
    """Steps that were given up, oldest first."""
    return _views(Step.objects.filter(state=StepState.DEAD).order_by("at", "id")[:limit])


def waiting_steps(*, limit: int = 100) -> list[StepView]:
    """Steps that wait, those that are told next first."""
    return _views(Step.objects.filter(state=StepState.WAITING).order_by("due_at", "id")[:limit])


def steps_of(item_number: str) -> list[StepView]:
    """Everything told, or to be told, of an item."""
    found = Step.objects.filter(content__item_number=item_number)
    return _views(found.order_by("report", "seq"))


def stated(item_number: str) -> list[tuple[int | None, int, Observations]]:
    """What other hotlines stated of an item: content, classification, observations."""
    rows = Content.objects.filter(item_number=item_number).order_by("id")
    return [(row.number, row.classification, unpack(row.observed)) for row in rows]


def _views(rows: Iterable[Step]) -> list[StepView]:
    before = Step.objects.filter(
        report=OuterRef("report"), seq__lt=OuterRef("seq"), state=StepState.DEAD
    )
    known = {row.pk for row in rows}
    found = Step.objects.filter(pk__in=known).annotate(blocked=Exists(before))
    by_id = {row.pk: row for row in found.select_related("report", "content")}
    return [_view(by_id[row.pk]) for row in rows if row.pk in by_id]


def _view(row: Step) -> StepView:
    content = row.content
    return StepView(
        id=row.pk,
        report_number=row.report.number,
        content_number=content.number if content else None,
        item_number=content.item_number if content else "",
        kind=StepKind(row.kind),
        what=row.what,
        state=StepState(row.state),
        trouble=Trouble(row.trouble),
        attempts=row.attempts,
        at=row.at,
        due_at=row.due_at if row.state == StepState.WAITING else None,
        sent_at=row.sent_at,
        blocked=bool(getattr(row, "blocked", False)),
    )

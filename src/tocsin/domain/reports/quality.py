"""Reading: how well decisions agree; for quality and managers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from tocsin.domain.reports import items
from tocsin.domain.reports.agreement import agreement
from tocsin.domain.reports.desk_types import GoldenView, Look, PersonQuality, QualityPage
from tocsin.domain.reports.models import Finding, Golden, Item, Skip
from tocsin.domain.reports.types import FindingKind, ItemState

_VERDICTS = (FindingKind.UNLAWFUL, FindingKind.NOT_UNLAWFUL, FindingKind.CANNOT_TELL)


class _Rounds:
    """First, second and third findings of the items that had a second look, round by round."""

    def __init__(self, since: datetime, until: datetime) -> None:
        seconds = Finding.objects.filter(look=Look.SECOND, at__gte=since, at__lt=until)
        item_ids = list(seconds.values_list("item_id", flat=True).distinct())
        rows = Finding.objects.filter(item_id__in=item_ids, kind__in=_VERDICTS).order_by("pk")
        self.rounds: list[dict[str, Finding]] = []
        current: dict[int, dict[str, Finding]] = {}
        for row in rows.exclude(look=Look.CLUSTER):
            if row.look == Look.FIRST:
                current[row.item_id] = {}
                self.rounds.append(current[row.item_id])
            if row.item_id in current:
                current[row.item_id][row.look] = row
        self.rounds = [
            one
            for one in self.rounds
            if Look.SECOND in one and since <= one[Look.SECOND].at < until
        ]

    def pairs(self) -> list[tuple[str, str]]:
        return [(one[Look.FIRST].kind, one[Look.SECOND].kind) for one in self.rounds]

    def settled_for(self, look: Look) -> int:
        differ = (one for one in self.rounds if one[Look.FIRST].kind != one[Look.SECOND].kind)
        return sum(Look.THIRD in one and one[Look.THIRD].kind == one[look].kind for one in differ)


def quality(*, since: datetime, until: datetime) -> QualityPage:
    """Agreement of first with second findings, and of everybody with golden items, in a period."""
    rounds = _Rounds(since, until)
    answers = _golden_answers(since, until)
    return QualityPage(
        second=agreement(rounds.pairs()),
        golden=agreement((expected, row.kind) for expected, row in answers),
        waiting_second=Item.objects.filter(state=ItemState.SECOND_REVIEW).count(),
        disagreed=Item.objects.filter(state=ItemState.DISAGREED).count(),
        settled_for_first=rounds.settled_for(Look.FIRST),
        settled_for_second=rounds.settled_for(Look.SECOND),
        people=_people(rounds, answers, since, until),
    )


def golden() -> tuple[GoldenView, ...]:
    """Golden items that are planted, the newest first."""
    rows = Golden.objects.filter(retired_at__isnull=True).select_related("original")
    return tuple(_golden(row) for row in rows.order_by("-pk")[:100])


def _golden(row: Golden) -> GoldenView:
    answers = Finding.objects.filter(item__golden=row, look=Look.FIRST, kind__in=_VERDICTS)
    return GoldenView(
        number=row.original.number,
        expected=row.expected,
        planted=row.planted.count(),
        answered=answers.count(),
        right=answers.filter(kind=row.expected).count(),
        at=row.at,
    )


def _golden_answers(since: datetime, until: datetime) -> list[tuple[str, Finding]]:
    rows = Finding.objects.filter(
        item__golden__isnull=False, kind__in=_VERDICTS, at__gte=since, at__lt=until
    ).select_related("item__golden")
    return [(row.item.golden.expected, row) for row in rows if row.item.golden is not None]


def _people(
    rounds: _Rounds, answers: Iterable[tuple[str, Finding]], since: datetime, until: datetime
) -> tuple[PersonQuality, ...]:
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for expected, row in answers:
        counted[row.by]["golden"] += 1
        counted[row.by]["golden_right"] += row.kind == expected
    for one in rounds.rounds:
        first = one[Look.FIRST]
        counted[first.by]["reviewed"] += 1
        last = one.get(Look.THIRD, one[Look.SECOND])
        counted[first.by]["upheld"] += last.kind == first.kind
    for by in Skip.objects.filter(at__gte=since, at__lt=until).values_list("by", flat=True):
        counted[by]["skips"] += 1
    known = items.names()
    found = (
        PersonQuality(
            name=known.get(by, by),
            golden=n["golden"],
            golden_right=n["golden_right"],
            reviewed=n["reviewed"],
            upheld=n["upheld"],
            skips=n["skips"],
        )
        for by, n in counted.items()
        if by
    )
    return tuple(sorted(found, key=lambda one: one.name))

"""Reading: the mandate, what somebody may see of an item, and the ledger of who saw what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q

from tocsin.base.accounts import queries as accounts
from tocsin.base.audit.types import Actor
from tocsin.domain.viewing import rules, shifts
from tocsin.domain.viewing.models import Look, Mandate, Viewer
from tocsin.domain.viewing.types import (
    Allowance,
    Headline,
    Ladder,
    Limits,
    LookView,
    MandateView,
    PersonExposure,
    Span,
    Subject,
    Veil,
)
from tocsin.domain.visits import queries as visits

MATTERS_FOR = timedelta(hours=27)
"""A day of 25 hours, the hour that may have begun before it, and some to spare."""


def in_force(*, at: datetime) -> MandateView | None:
    """The mandate by which people here look; None: viewing is off."""
    rows = Mandate.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), ended_at=None)
    row = rows.filter(stated_at__lte=at).order_by("-pk").first()
    return _mandate(row, _names()) if row is not None else None


def mandates() -> tuple[MandateView, ...]:
    """Every statement there was, newest first."""
    names = _names()
    return tuple(_mandate(row, names) for row in Mandate.objects.order_by("-pk"))


def viewing_is_on(*, at: datetime) -> bool:
    """Whether anybody here may look: a mandate is in force. A finding may then rest on having seen
    it, whether or not it can be fetched at the moment."""
    rows = Mandate.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), ended_at=None)
    return rows.filter(stated_at__lte=at).exists()


def limits() -> Limits:
    """How long somebody may look, as configured."""
    return Limits(
        a_day=timedelta(minutes=settings.TOCSIN_VIEWING_MINUTES_A_DAY),
        in_a_row=timedelta(minutes=settings.TOCSIN_VIEWING_MINUTES_IN_A_ROW),
        a_break=timedelta(minutes=settings.TOCSIN_VIEWING_BREAK_MINUTES),
    )


def allowance(actor: Actor, *, at: datetime) -> Allowance:
    """What this person may still look today, and until the next break."""
    rows = Look.objects.filter(who=actor.text, opened_at__gt=at - MATTERS_FOR, opened_at__lte=at)
    spans = [
        rules.span_of(opened, beat, ended is not None, at)
        for opened, beat, ended in rows.values_list("opened_at", "last_beat_at", "ended_at")
    ]
    return rules.allowance(
        spans,
        at=at,
        zone=settings.TOCSIN_ZONE,
        limits=limits(),
        shift_ends_at=shifts.ends_at(actor.text, at),
    )


def ladder(subject: Subject, *, actor: Actor, at: datetime) -> Ladder:
    """What may be shown of an item to this person now, or why nothing."""
    mine = Look.objects.filter(who=actor.text, item_id=subject.item_id, place=subject.place)
    seen = {Veil(step) for step in mine.values_list("step", flat=True).distinct()}
    moments = max(mine.values_list("moments", flat=True), default=1)
    like = Look.objects.filter(item_id__in=set(subject.like) - {subject.item_id})
    seen_like = like.order_by("pk").values_list("item_number", flat=True).first() or ""
    standing = rules.Standing(
        mandate=viewing_is_on(at=at),
        may_fetch=visits.may_fetch(at=at),
        opted_out=opted_out(actor),
        seen_like=bool(seen_like),
        allowance=allowance(actor, at=at),
    )
    why, until = rules.why_not(subject, standing)
    return Ladder(
        steps=rules.steps(seen) if why is None else (),
        seen=tuple(veil for veil in Veil if veil in seen),
        why_not=why,
        until=until,
        seen_like=seen_like,
        moments=moments,
    )


def opted_out(actor: Actor) -> bool:
    """Whether this person said that they want to be shown nothing."""
    return Viewer.objects.filter(who=actor.text, opted_out_at__isnull=False).exists()


def has_looked(item_id: int, *, actor: Actor) -> bool:
    """Whether this person was shown anything of an item."""
    return Look.objects.filter(who=actor.text, item_id=item_id).exists()


def looks(*, who: str, since: datetime, until: datetime, limit: int = 100) -> tuple[LookView, ...]:
    """One person's looks, newest first."""
    names = _names()
    rows = Look.objects.filter(who=who, opened_at__gte=since, opened_at__lt=until)
    return tuple(_look(row, names) for row in rows.order_by("-pk")[:limit])


def exposure(actor: Actor, *, since: datetime, until: datetime, at: datetime) -> PersonExposure:
    """What one person was shown in a time, and what is left of their day."""
    rows = Look.objects.filter(who=actor.text, opened_at__gte=since, opened_at__lt=until)
    counted = _counted(rows, at)
    return _person(
        actor.text, counted.get(actor.text, []), _names(), allowance(actor, at=at), opted_out(actor)
    )


def exposures(*, since: datetime, until: datetime, at: datetime) -> tuple[PersonExposure, ...]:
    """What everybody was shown in a time, who saw most first."""
    rows = Look.objects.filter(opened_at__gte=since, opened_at__lt=until).exclude(who="")
    names = _names()
    people = [_person(who, seen, names) for who, seen in _counted(rows, at).items()]
    return tuple(sorted(people, key=lambda one: (-one.seconds, one.who)))


def headline(*, since: datetime, until: datetime, confirmed: int) -> Headline:
    """Looks per confirmed item of a time; `confirmed` is how many items were found unlawful."""
    rows = Look.objects.filter(opened_at__gte=since, opened_at__lt=until)
    items = rows.values("item_id").distinct().count()
    return Headline(looks=rows.count(), items_looked_at=items, confirmed=confirmed)


def looks_by_item(since: datetime, until: datetime) -> dict[int, int]:
    """How many looks there were at each item, for figures."""
    rows = Look.objects.filter(opened_at__gte=since, opened_at__lt=until)
    return dict(rows.values_list("item_id").annotate(n=Count("id")))


def _counted(rows: Iterable[Look], at: datetime) -> dict[str, list[tuple[Look, Span]]]:
    found: dict[str, list[tuple[Look, Span]]] = defaultdict(list)
    for row in rows:
        ended = row.ended_at is not None
        found[row.who].append((row, rules.span_of(row.opened_at, row.last_beat_at, ended, at)))
    return found


def _person(
    who: str,
    seen: list[tuple[Look, Span]],
    names: dict[str, str],
    left: Allowance | None = None,
    is_out: bool = False,
) -> PersonExposure:
    on_screen = (span.end - span.start for _, span in seen)
    return PersonExposure(
        who=names.get(who, who),
        items=len({row.item_id for row, _ in seen}),
        looks=len(seen),
        repeats=sum(1 for row, _ in seen if row.repeat),
        seconds=int(sum((each.total_seconds() for each in on_screen), 0.0)),
        plain=sum(1 for row, _ in seen if row.step == Veil.PLAIN),
        opted_out=is_out,
        allowance=left,
    )


def _look(row: Look, names: dict[str, str]) -> LookView:
    return LookView(
        id=row.pk,
        who=names.get(row.who, row.who),
        item_number=row.item_number,
        step=Veil(row.step),
        opened_at=row.opened_at,
        seconds=int(row.seconds),
        repeat=row.repeat,
    )


def _mandate(row: Mandate, names: dict[str, str]) -> MandateView:
    return MandateView(
        id=row.pk,
        basis=row.basis,
        stated_by=names.get(row.stated_by, row.stated_by),
        stated_at=row.stated_at,
        ends_at=row.ends_at,
        ended_by=names.get(row.ended_by, row.ended_by),
        ended_at=row.ended_at,
    )


def _names() -> dict[str, str]:
    return {f"user:{person.pk}": person.username for person in accounts.people()}

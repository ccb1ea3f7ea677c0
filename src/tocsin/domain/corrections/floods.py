"""The flood brake: an entry that suddenly matches for many is held until somebody has looked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Sum

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.corrections import alarm, holds, rules
from tocsin.domain.corrections.models import DayCount, Flood, Lifted, MinuteCount
from tocsin.domain.corrections.rules import FloodTerms, Habit, LastHour, Limit
from tocsin.domain.corrections.sealed import seal_words
from tocsin.domain.corrections.types import (
    MOST_WORDS,
    FloodState,
    UnknownFlood,
    WordsNeeded,
)
from tocsin.domain.hashlists import actions as hashlists_actions
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Purpose, Standing
from tocsin.domain.matching.types import HitLine

log = structlog.get_logger()

HOUR_MINUTES = 60
HABIT_DAYS = 7
MINUTES_KEPT = 120
DAYS_KEPT = HABIT_DAYS + 1
FORGET_AT_ONCE = 5_000

_US = system("flood brake")
_Counted = TypeVar("_Counted", MinuteCount, DayCount)


def count(lines: Sequence[HitLine], at: datetime) -> None:
    """Count hits as they come home and hold what has become a flood, in the caller's transaction.

    The caller holds the follower's row, so that no two add to one count. Hits of rehearsals are
    not counted, and hits older than an hour weigh in the entry's habit only.
    """
    real = [line for line in lines if not line.rehearsal]
    now = _minute(at)
    minutes: Counter[tuple[int, int, int]] = Counter()
    days: Counter[tuple[int, int, int]] = Counter()
    for line in real:
        when = min(line.at, at)  # a web process's clock may be ahead of ours
        for entry_id in line.entry_ids:
            if _minute(when) > now - MINUTES_KEPT:
                minutes[entry_id, line.party_id, _minute(when)] += 1
            if _day(when) > _day(at) - DAYS_KEPT:
                days[entry_id, line.party_id, _day(when)] += 1
    _add(MinuteCount, "minute", minutes)
    _add(DayCount, "day", days)
    for entry_id in sorted(_suspects({entry_id for entry_id, _, _ in minutes}, now)):
        _brake(entry_id, at)


def lift(*, number: int, words: str, actor: Actor, at: datetime) -> None:
    """It was no flood: let the entry count again, and let it match this often from now on.

    Raises UnknownFlood, MoveRefused when somebody has decided already, and WordsNeeded.
    """
    with transaction.atomic():
        flood = _decided(number, "lift", words, actor, at)
        hour = LastHour(_by_party(hashlists.versions([flood.entry_id]), _minute(at)))
        limit = rules.raised(
            parties=max(hour.parties, flood.parties),
            hits=max(hour.hits, flood.hits),
            limit=Limit(flood.party_limit, flood.hit_limit),
        )
        Lifted.objects.update_or_create(
            entry_id=flood.entry_id, defaults={"parties": limit.parties, "hits": limit.hits}
        )
        holds.let_go(flood.entry_id, why=f"flood {number}", actor=actor, at=at)


def withdraw(*, number: int, words: str, actor: Actor, at: datetime) -> None:
    """The entry is wrong: withdraw it. Raises as `lift` does."""
    with transaction.atomic():
        flood = _decided(number, "withdraw", words, actor, at)
        hashlists_actions.withdraw_entry(
            entry_id=flood.entry_id, reason=f"flood {number}", actor=actor, at=at
        )


def close_for_gone(entry_ids: Iterable[int], at: datetime) -> None:
    """Close brakes of entries that went by another way, in the caller's transaction."""
    for flood in Flood.objects.filter(entry_id__in=list(entry_ids), state=FloodState.HELD):
        if holds.is_gone(flood.entry_id):
            won = Flood.objects.filter(pk=flood.pk, state=FloodState.HELD).update(
                state=FloodState.MOOT, decided_by=_US.text, decided_at=at
            )
            if won:
                _close(flood, "moot", _US, at)


def still_waiting(subject: str, at: datetime) -> None:
    """Nobody has looked at a brake: it is pressed, and comes back in four hours."""
    with transaction.atomic():
        waiting = Flood.objects.filter(pk=subject, state=FloodState.HELD)
        if waiting.update(attention=F("attention") + 1):
            flood = waiting.get()
            _note(flood, "flood_waits", _US, at)
            _wind(flood, at)


def forget(at: datetime) -> int:
    """Take away counts that are too old to matter, some at a time; how many went."""
    old = (
        MinuteCount.objects.filter(minute__lte=_minute(at) - MINUTES_KEPT),
        DayCount.objects.filter(day__lte=_day(at) - DAYS_KEPT),
    )
    gone = 0
    for rows in old:
        some = list(rows.values_list("pk", flat=True)[:FORGET_AT_ONCE])
        gone += rows.model.objects.filter(pk__in=some).delete()[0] if some else 0
    return gone


def terms() -> FloodTerms:
    """The limits of this installation."""
    return FloodTerms(
        parties=settings.TOCSIN_FLOOD_PARTIES,
        hits=settings.TOCSIN_FLOOD_HITS,
        times_usual=settings.TOCSIN_FLOOD_TIMES,
    )


def _suspects(entry_ids: set[int], now: int) -> set[int]:
    """Those that reach the least limit there is: only these are looked at closely."""
    least = terms()
    last_hour = MinuteCount.objects.filter(entry_id__in=entry_ids, minute__gt=now - HOUR_MINUTES)
    rows = last_hour.values("entry_id").annotate(
        hits=Sum("n"), parties=Count("party_id", distinct=True)
    )
    enough = rows.filter(hits__gte=least.hits, parties__gte=least.parties)
    return set(enough.values_list("entry_id", flat=True))


def _brake(met_id: int, at: datetime) -> None:
    # Hits may still name a version that another has replaced: they weigh together, and what is held
    # is the version that counts.
    family, entry_id = hashlists.versions([met_id]), hashlists.newest(met_id)
    if hashlists.standings([entry_id])[entry_id] is not Standing.LISTED:
        return
    entry = hashlists.entry(entry_id)
    if entry.purpose is Purpose.TEST:
        return
    hour = LastHour(_by_party(family, _minute(at)))
    habit = _habit(family, max(entry.sources, entry.quorum), at)
    limit = rules.flood_limit(habit, terms())
    if rules.is_flood(hour, limit):
        _hold(entry_id, hour, limit, habit.hits_an_hour, at)


def _hold(
    entry_id: int, hour: LastHour, limit: Limit, usual_hits_an_hour: float, at: datetime
) -> None:
    holds.locked(entry_id)
    if not holds.hold(entry_id, why="flood", actor=_US, at=at):
        return
    flood, made = Flood.objects.get_or_create(
        entry_id=entry_id,
        state=FloodState.HELD,
        defaults={
            "parties": hour.parties,
            "hits": hour.hits,
            "party_limit": limit.parties,
            "hit_limit": limit.hits,
            "usual_hits_an_hour": usual_hits_an_hour,
            "held_at": at,
        },
    )
    if made:
        _note(flood, "flood", _US, at, parties=hour.parties, hits=hour.hits)
        _wind(flood, at)
        alarm.tell_managers(flood, actor=_US, at=at)
        log.warning("flood_held", flood_id=flood.pk, parties=hour.parties, hits=hour.hits)


def _habit(family: set[int], confirmations: int, at: datetime) -> Habit:
    """How the entry matched in the seven days before today; days it did not count are left out."""
    since = [moment for each in family if (moment := hashlists.counts_since(each)) is not None]
    age = at - min(since) if since else timedelta(0)
    days = min(max(age.days, 1), HABIT_DAYS)
    today = _day(at)
    week = DayCount.objects.filter(entry_id__in=family, day__lt=today, day__gte=today - HABIT_DAYS)
    told = week.aggregate(hits=Sum("n"), rows=Count("pk"))
    lifted = Lifted.objects.filter(pk__in=family).aggregate(
        parties=Max("parties"), hits=Max("hits")
    )
    return Habit(
        hits_an_hour=(told["hits"] or 0) / (days * 24),
        parties_a_day=told["rows"] / days,
        confirmations=confirmations,
        age=age,
        lifted_parties=lifted["parties"] or 0,
        lifted_hits=lifted["hits"] or 0,
    )


def _by_party(family: set[int], now: int) -> dict[int, int]:
    rows = MinuteCount.objects.filter(
        entry_id__in=family, minute__gt=now - HOUR_MINUTES, minute__lte=now
    )
    return dict(rows.values_list("party_id").annotate(Sum("n")))


def _add(table: type[_Counted], span: str, counted: Counter[tuple[int, int, int]]) -> None:
    """Add hits by (entry, party, number of the minute or day) to the rows that count them."""
    rows = table.objects.filter(
        entry_id__in={entry_id for entry_id, _, _ in counted},
        **{f"{span}__in": {number for _, _, number in counted}},
    )
    known = {(row.entry_id, row.party_id, getattr(row, span)): row for row in rows}
    changed = [known[key] for key in known.keys() & counted.keys()]
    for row in changed:
        row.n += counted[row.entry_id, row.party_id, getattr(row, span)]
    table.objects.bulk_update(changed, ["n"], 200)
    table.objects.bulk_create(
        table(entry_id=entry_id, party_id=party_id, n=n, **{span: number})
        for (entry_id, party_id, number), n in counted.items()
        if (entry_id, party_id, number) not in known
    )


def _decided(number: int, name: str, words: str, actor: Actor, at: datetime) -> Flood:
    """The flood, decided by this actor, its entry locked."""
    if not 0 < len(words.strip()) <= MOST_WORDS:
        raise WordsNeeded(f"Write why, in at most {MOST_WORDS} characters.")
    flood = Flood.objects.filter(pk=number).first()
    if flood is None:
        raise UnknownFlood(f"There is no flood {number}.")
    holds.locked(flood.entry_id)
    state = rules.FLOOD.target(name, FloodState.HELD)
    won = Flood.objects.filter(pk=number, state=FloodState.HELD).update(
        state=state,
        decided_by=actor.text,
        decided_at=at,
        sealed_outcome=seal_words(words, f"flood:{number}"),
    )
    if not won:
        raise MoveRefused(f"flood {number} has been decided already")
    _close(flood, name, actor, at)
    return flood


def _close(flood: Flood, name: str, actor: Actor, at: datetime) -> None:
    for waiting in rules.FLOOD.waiting.values():
        cancel(kind=waiting.then, subject=str(flood.pk))
    _note(flood, f"flood_{name}", actor, at)


def _wind(flood: Flood, at: datetime) -> None:
    waiting = rules.FLOOD.waiting[FloodState.HELD]
    set_due(kind=waiting.then, subject=str(flood.pk), due_at=at + waiting.within)


def _note(flood: Flood, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    told: dict[str, Json] = {"entry": flood.entry_id, **facts}
    subject = f"flood:{flood.pk}"
    record(actor=actor, action=f"corrections.{action}", subject=subject, at=at, facts=told)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _day(at: datetime) -> int:
    return int(at.timestamp()) // 86_400

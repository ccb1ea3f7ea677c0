"""Naming a hoster in published figures: proposed by one, heard by the hoster, signed by another.

Nobody is named by a number alone. The hoster is written to with the figures, has four weeks to
answer, and somebody other than who proposed it decides with reasons; the decision is signed, and
can be withdrawn. What nobody decides lapses.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from django.conf import settings
from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import Lifecycle, MoveRefused, Waiting, move
from tocsin.base.letters import actions as letters
from tocsin.base.letters.types import Content
from tocsin.base.secrets import seal, sign, unseal
from tocsin.domain.figures.models import Naming
from tocsin.domain.figures.types import (
    HosterFigures,
    NamingState,
    NamingView,
    Period,
    SamePerson,
    TooFewNotices,
    UnknownNaming,
    WordsNeeded,
)
from tocsin.domain.hosters import queries as hosters

HEARING = timedelta(days=28)
DECIDE_WITHIN = timedelta(days=28)
HEARING_OVER, LAPSES = "figures.hearing_over", "figures.naming_lapses"
LETTER = "naming-heard"
MOST_WORDS = 8_000
_US = system("figures")
_H, _D, _N = NamingState.HEARING, NamingState.TO_DECIDE, NamingState.NAMED

LIFE = Lifecycle(
    states=NamingState,
    first=_H,
    moves=(
        move("hearing_over", [_H], _D),
        move("name", [_D], _N),
        move("do_not_name", [_H, _D], NamingState.NOT_NAMED),
        move("lapse", [_D], NamingState.LAPSED),
        move("withdraw", [_N], NamingState.WITHDRAWN),
    ),
    final=frozenset({_N, NamingState.NOT_NAMED, NamingState.LAPSED, NamingState.WITHDRAWN}),
    waiting={_H: Waiting(HEARING, HEARING_OVER), _D: Waiting(DECIDE_WITHIN, LAPSES)},
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides of a proposal, and why."""

    name: bool
    why: str


def propose(*, figures: HosterFigures, period: Period, actor: Actor, at: datetime) -> int:
    """Begin: the hoster is written to with its figures. The proposal's number.

    Raises TooFewNotices where the figures are of too few notices, MoveRefused when there is one
    for this hoster and period already.
    """
    if not figures.enough:
        raise TooFewNotices("There are too few notices to compare this hoster with others.")
    hoster = hosters.hoster(_number(figures.hoster))
    try:
        with transaction.atomic():
            row = Naming.objects.create(
                hoster_id=hoster.id,
                first=period.first,
                last=period.last,
                counted=asdict(figures),
                state=LIFE.first,
                proposed_by=actor.text,
                proposed_at=at,
                hearing_until=at + HEARING,
            )
            set_due(kind=HEARING_OVER, subject=str(row.pk), due_at=row.hearing_until)
            content = _letter(row, hoster.language, hoster.name)
            letters.queue(
                draft=letters.Draft(
                    f"naming-{row.pk}",
                    LETTER,
                    _about(row),
                    hoster.abuse_email,
                    hoster.language,
                    content,
                    hoster.rehearsal,
                ),
                actor=actor,
                at=at,
            )
            _note(row, "propose", actor, at)
    except IntegrityError as error:
        raise MoveRefused("This hoster has such a proposal for this period already.") from error
    return row.pk


def hear(*, number: int, words: str, actor: Actor, at: datetime) -> None:
    """Write down what the hoster answered; it stands beside the decision. Raises UnknownNaming."""
    _refuse_empty(words)
    with transaction.atomic():
        row = _locked(number)
        if row.state not in (_H, _D):
            raise MoveRefused("This has been decided.")
        row.heard_at = at
        _add_words(row, "hoster", words)
        row.save()
        _note(row, "hear", actor, at)


def decide(*, number: int, decision: Decision, actor: Actor, at: datetime) -> None:
    """Name, or do not name: by somebody other than who proposed it; signed.

    Raises SamePerson, WordsNeeded, MoveRefused (while the hoster may still answer), UnknownNaming.
    """
    _refuse_empty(decision.why)
    with transaction.atomic():
        row = _locked(number)
        if row.proposed_by == actor.text:
            raise SamePerson("Somebody else must decide: you proposed it.")
        row.decided_by, row.decided_at = actor.text, at
        _add_words(row, "decision", decision.why)
        _move(row, "name" if decision.name else "do_not_name", actor, at)
        message = signed_text(row)
        row.key_id, row.signature = sign(settings.TOCSIN_KEYS.ring("figures"), message)
        row.save()


def withdraw(*, number: int, why: str, actor: Actor, at: datetime) -> None:
    """Name the hoster no more. Raises WordsNeeded, MoveRefused, UnknownNaming."""
    _refuse_empty(why)
    with transaction.atomic():
        row = _locked(number)
        _add_words(row, "withdrawal", why)
        _move(row, "withdraw", actor, at)
        row.save()


def hearing_over(subject: str, at: datetime) -> None:
    """The four weeks are over: somebody is to decide."""
    _by_clock(subject, "hearing_over", at)


def lapse(subject: str, at: datetime) -> None:
    """Nobody decided: it is as if nothing had been proposed."""
    _by_clock(subject, "lapse", at)


def named() -> dict[str, str]:
    """The hosters that figures outside the house may name, with their names."""
    ids = set(Naming.objects.filter(state=_N).values_list("hoster_id", flat=True))
    return {f"hoster:{number}": hosters.hoster(number).name for number in sorted(ids)}


def namings() -> list[NamingView]:
    """Every proposal, the newest first."""
    return [_view(row) for row in Naming.objects.order_by("-pk")]


def signed_text(row: Naming) -> bytes:
    """What the signature of a decision is over."""
    told = {
        "hoster": row.hoster_id,
        "from": row.first,
        "to": row.last,
        "counted": row.counted,
        "state": row.state,
        "decided_at": row.decided_at,
    }
    text = json.dumps(told, default=lambda v: v.isoformat(), sort_keys=True, separators=(",", ":"))
    return text.encode()


def _number(hoster: str) -> int:
    kind, _, number = hoster.partition(":")
    if kind != "hoster":
        raise TooFewNotices(
            "Only a hoster that is on file, with an address to write to, can be heard."
        )
    return int(number)


def _by_clock(subject: str, name: str, at: datetime) -> None:
    with transaction.atomic():
        row = Naming.objects.select_for_update().filter(pk=subject).first()
        if row is not None and NamingState(row.state) in LIFE.sources(name):
            _move(row, name, _US, at)
            row.save()


def _move(row: Naming, name: str, actor: Actor, at: datetime) -> None:
    row.state = LIFE.target(name, NamingState(row.state))
    for waiting in LIFE.waiting.values():
        cancel(kind=waiting.then, subject=str(row.pk))
    waits = LIFE.waiting.get(NamingState(row.state))
    if waits is not None:
        set_due(kind=waits.then, subject=str(row.pk), due_at=at + waits.within)
    _note(row, name, actor, at)


def _view(row: Naming) -> NamingView:
    return NamingView(
        number=row.pk,
        hoster=f"hoster:{row.hoster_id}",
        hoster_name=hosters.hoster(row.hoster_id).name,
        period=Period(row.first, row.last),
        state=NamingState(row.state),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        hearing_until=row.hearing_until,
        heard_at=row.heard_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        words=tuple(_words(row)),
        counted=row.counted,
        signature=row.signature,
        key_id=row.key_id,
    )


def _words(row: Naming) -> list[tuple[str, str]]:
    if not row.sealed_words:
        return []
    ring = settings.TOCSIN_KEYS.ring("figures")
    told = json.loads(unseal(ring, row.sealed_words, context=f"naming:{row.pk}"))
    return [(who, text) for who, text in told]


def _add_words(row: Naming, who: str, words: str) -> None:
    told = json.dumps([*_words(row), (who, words)]).encode()
    ring = settings.TOCSIN_KEYS.ring("figures")
    row.sealed_words = seal(ring, told, context=f"naming:{row.pk}")


def _refuse_empty(words: str) -> None:
    if not 0 < len(words.strip()) <= MOST_WORDS:
        raise WordsNeeded(f"Write why, in at most {MOST_WORDS} characters.")


def _locked(number: int) -> Naming:
    row = Naming.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise UnknownNaming(f"There is no proposal {number}.")
    return row


def _note(row: Naming, name: str, actor: Actor, at: datetime) -> None:
    facts: dict[str, Json] = {"hoster": row.hoster_id, "state": str(row.state)}
    record(actor=actor, action=f"figures.{name}", subject=_about(row), at=at, facts=facts)


def _about(row: Naming) -> str:
    return f"naming:{row.pk}"


def _letter(row: Naming, language: str, name: str) -> Content:
    counted = row.counted
    middle = counted["median"]["value"]
    words = {
        "hoster": name,
        "organisation": settings.TOCSIN_ORGANISATION.name,
        "email": settings.TOCSIN_ORGANISATION.email,
        "first": row.first.isoformat(),
        "last": row.last.isoformat(),
        "until": row.hearing_until.date().isoformat(),
        "notices": counted["notices"],
        "still_online": counted["still_online"],
        "median": "-" if middle is None else f"{middle:.1f}",
    }
    subject, _, text = _template(language).partition("\n\n")
    return Content(subject.strip().format_map(words), text.format_map(words))


@cache
def _template(language: str) -> str:
    return (files("tocsin.domain.figures") / "templates" / f"naming.{language}.txt").read_text(
        "utf-8"
    )

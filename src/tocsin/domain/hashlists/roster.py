"""The known-good sets by name: noted when asked, missed when gone, left out when people say so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import known
from tocsin.domain.hashlists.models import KnownSet, SetBrake
from tocsin.domain.hashlists.quarantine_types import (
    BrakeView,
    NoSuchKnownSet,
    SetIsWell,
    SetState,
    SetView,
    needed_words,
)


def note(at: datetime) -> None:
    """Remember which sets are asked now, so that one that is gone later is missed."""
    for one in known.look_at_sets():
        if one.trouble or one.left_out:
            continue
        if not KnownSet.objects.filter(name=one.name, mark=one.mark).exists():
            KnownSet.objects.update_or_create(
                name=one.name, defaults={"mark": one.mark, "seen_at": at}
            )


def go_on_without(*, name: str, words: str, actor: Actor, at: datetime) -> None:
    """Let lists count without asking a set that is damaged or gone, as long as it stays as it is.

    What a damaged set said before stands; what one that is gone said of digests holds no more.
    Raises NoSuchKnownSet, SetIsWell and WordsNeeded.
    """
    words = needed_words(words)
    one = _named(name)
    if not one.trouble and name not in _waiting():
        raise SetIsWell(f"The known-good set {name} is well; it is asked.")
    with transaction.atomic():
        told = {"left_out_mark": one.mark, "left_out_by": actor.text, "left_out_at": at}
        KnownSet.objects.update_or_create(
            name=name,
            defaults={**told, "words": words},
            create_defaults={**told, "words": words, "mark": one.mark, "seen_at": at},
        )
        record(
            actor=actor,
            action="hashlists.go_on_without_set",
            subject=f"known-good:{name}",
            at=at,
            facts={"missing": not one.mark},
            personal={"reason": words},
        )


def ask_again(*, name: str, actor: Actor, at: datetime) -> bool:
    """Ask a set again that was left out; False when it was not. Raises NoSuchKnownSet."""
    _named(name)
    with transaction.atomic():
        won = KnownSet.objects.filter(name=name, left_out_mark__isnull=False).update(
            left_out_mark=None, left_out_by="", left_out_at=None, words=""
        )
        if won:
            record(
                actor=actor, action="hashlists.ask_set_again", subject=f"known-good:{name}", at=at
            )
    return bool(won)


def known_sets() -> list[SetView]:
    """Every set with how it stands. What is wrong with one that is left out is told too."""
    rows = {row.name: row for row in KnownSet.objects.all()}
    views = []
    brakes = _waiting()
    for one in known.look_at_sets():
        row = rows.get(one.name)
        brake = brakes.pop(one.name, None)
        state = SetState.ASKED if brake is None else SetState.WAITS
        if one.left_out:
            state = SetState.LEFT_OUT
        elif one.trouble:
            state = SetState.DAMAGED if one.mark else SetState.MISSING
        left_out = row if one.left_out else None
        views.append(
            SetView(
                name=one.name,
                state=state,
                trouble=one.trouble or ("" if brake is None else _told(brake)),
                left_out_by=left_out.left_out_by if left_out else "",
                left_out_at=left_out.left_out_at if left_out else None,
                words=left_out.words if left_out else "",
                mark=brake.mark if brake is not None and state is SetState.WAITS else "",
                waits=None if brake is None else _view(brake),
            )
        )
    # What is left are our own lists of harmless files.
    views += [
        SetView(name, SetState.WAITS, _told(brake), "", None, "", brake.mark, _view(brake))
        for name, brake in brakes.items()
    ]
    return views


def _waiting() -> dict[str, SetBrake]:
    """The brakes of sets that wait for a person as they are now."""
    marks = known.marks()
    rows = SetBrake.objects.filter(confirmed_at=None)
    return {row.name: row for row in rows if marks.get(row.name) == row.mark}


def _view(brake: SetBrake) -> BrakeView:
    return BrakeView(brake.entries, brake.most, brake.at)


def _told(brake: SetBrake) -> str:
    return (
        f"It would silence {brake.entries:,} entries at once or more, and may {brake.most:,} by "
        f"itself; it waits for a person since {brake.at:%Y-%m-%d}."
    )


def _named(name: str) -> known.OnDisk:
    for one in known.look_at_sets():
        if one.name == name:
            return one
    raise NoSuchKnownSet(f"There is no known-good set {name}, and there was none.")

"""Writing: add, change and remove hosters; each tells the takedown room that it did."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.base.outbox.actions import put
from tocsin.domain.hosters import rules, sealed
from tocsin.domain.hosters.models import Hoster, HosterPlace
from tocsin.domain.hosters.types import (
    Endpoint,
    HosterRefused,
    HosterTerms,
    PlaceTaken,
    UnknownHoster,
)

CHANGED = "hosters.changed"


def add(*, terms: HosterTerms, actor: Actor, at: datetime) -> int:
    """Write a hoster down; its number. Notices that waited for it leave by themselves.

    Raises HosterRefused for fields that cannot be kept, PlaceTaken when a place is another's.
    """
    _refuse_problems(terms)
    with transaction.atomic():
        hoster = Hoster.objects.create(made_at=at, **_fields(terms))
        _put_endpoint(hoster, terms)
        _put_places(hoster, terms)
        _tell("hosters.add", hoster.pk, terms, actor, at)
    return hoster.pk


def update(*, hoster_id: int, terms: HosterTerms, actor: Actor, at: datetime) -> None:
    """Replace all that is on file of a hoster; raises as `add`, and UnknownHoster.

    A rehearsal hoster stays one and a real one too: notices made for it must not change worlds.
    """
    _refuse_problems(terms)
    with transaction.atomic():
        hoster = _held(hoster_id)
        if hoster.rehearsal != terms.rehearsal:
            raise HosterRefused({"rehearsal": "A hoster cannot change between the two worlds."})
        Hoster.objects.filter(pk=hoster_id).update(**_fields(terms))
        _put_endpoint(hoster, terms)
        HosterPlace.objects.filter(hoster_id=hoster_id).delete()
        _put_places(hoster, terms)
        _tell("hosters.update", hoster_id, terms, actor, at)


def note_unreachable(*, hoster_id: int, email: str, actor: Actor, at: datetime) -> bool:
    """A letter to `email` came back: no notice goes there until somebody has looked.

    False when the address on file is another by now, or known not to take letters already.
    """
    with transaction.atomic():
        won = Hoster.objects.filter(
            pk=hoster_id, abuse_email=email, reachable=True, removed_at=None
        ).update(reachable=False)
        if won:
            record(actor=actor, action="hosters.unreachable", subject=f"hoster:{hoster_id}", at=at)
            put(topic=CHANGED, payload={"hoster_id": hoster_id}, at=at)
    return bool(won)


def remove(*, hoster_id: int, actor: Actor, at: datetime) -> None:
    """Take a hoster out of use; its places are free again. Raises UnknownHoster."""
    with transaction.atomic():
        _held(hoster_id)
        Hoster.objects.filter(pk=hoster_id).update(removed_at=at)
        HosterPlace.objects.filter(hoster_id=hoster_id).delete()
        record(actor=actor, action="hosters.remove", subject=f"hoster:{hoster_id}", at=at)


def _refuse_problems(terms: HosterTerms) -> None:
    if problems := rules.problems(terms):
        raise HosterRefused(problems)


def _held(hoster_id: int) -> Hoster:
    hoster = Hoster.objects.select_for_update().filter(pk=hoster_id, removed_at=None).first()
    if hoster is None:
        raise UnknownHoster(f"There is no hoster {hoster_id}.")
    return hoster


def _fields(terms: HosterTerms) -> dict[str, str | bool]:
    return {
        "name": terms.name.strip(),
        "country": terms.country,
        "language": terms.language,
        "abuse_email": terms.abuse_email,
        "reachable": terms.reachable,
        "rehearsal": terms.rehearsal,
        "zone": terms.hours.zone if terms.hours else "",
        "opens": terms.hours.opens if terms.hours else "",
        "closes": terms.hours.closes if terms.hours else "",
        "weekends": bool(terms.hours and terms.hours.weekends),
    }


def _put_endpoint(hoster: Hoster, terms: HosterTerms) -> None:
    before = sealed.open_endpoint(hoster)
    kept = ""
    if terms.endpoint:
        bearer = terms.bearer or (before.bearer if before else "")
        if before and before.url != terms.endpoint and not terms.bearer:
            bearer = ""  # a word given by one must not be shown to another
        kept = sealed.close_endpoint(Endpoint(terms.endpoint, bearer), hoster_id=hoster.pk)
    Hoster.objects.filter(pk=hoster.pk).update(sealed_endpoint=kept)


def _put_places(hoster: Hoster, terms: HosterTerms) -> None:
    for place in rules.places(terms):
        try:
            with transaction.atomic():
                HosterPlace.objects.create(hoster=hoster, kind=place.kind, value=place.value)
        except IntegrityError as error:
            owner = Hoster.objects.filter(places__value=place.value).first()
            raise PlaceTaken(place.value, owner.name if owner else "another") from error


def _tell(action: str, hoster_id: int, terms: HosterTerms, actor: Actor, at: datetime) -> None:
    facts: dict[str, Json] = {
        "country": terms.country,
        "language": terms.language,
        "reachable": terms.reachable,
        "rehearsal": terms.rehearsal,
        "places": len(terms.places),
        "hours": terms.hours is not None,
        "endpoint": bool(terms.endpoint),
    }
    record(
        actor=actor,
        action=action,
        subject=f"hoster:{hoster_id}",
        at=at,
        facts=facts,
        personal={"name": terms.name, "abuse_email": terms.abuse_email},
    )
    put(topic=CHANGED, payload={"hoster_id": hoster_id}, at=at)

"""Making lists, and finding one by its short name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists.changes import take_numbers
from tocsin.domain.hashlists.models import DerivedFrom, HashList, Source
from tocsin.domain.hashlists.types import OWN_LIST, OWN_REHEARSAL_LIST, Purpose, Serve

EVERYTHING = Serve.EXACT | Serve.NEAR | Serve.SCANNER | Serve.EXPORT


class ListExists(Exception):
    """There is a list of that short name already."""


class NoSuchList(Exception):
    """There is no list of that short name."""


def make_list(  # noqa: PLR0913 - a list is these things
    *,
    slug: str,
    name: str,
    purpose: Purpose,
    source: str,
    actor: Actor,
    at: datetime,
    environment: str = "",
    member: str = "",
    serve: Serve = EVERYTHING,
    derived_from: Iterable[str] = (),
) -> int:
    """A new list of an organisation; its number. Raises ListExists, NoSuchList.

    `derived_from` names lists that this one re-shares: together they count as one source.
    """
    with transaction.atomic():
        # Taken first: whoever makes the same list at this moment waits here, then sees ours.
        number = take_numbers("list")
        if HashList.objects.filter(slug=slug).exists():
            raise ListExists(f"There is already a list {slug}.")
        organisation, _ = Source.objects.get_or_create(name=source)
        made = HashList.objects.create(
            number=number,
            slug=slug,
            name=name,
            purpose=purpose,
            source=organisation,
            environment=environment,
            member=member,
            serve=int(serve),
            own=slug in {OWN_LIST, OWN_REHEARSAL_LIST},
            made_at=at,
        )
        for parent in derived_from:
            DerivedFrom.objects.create(hash_list=made, from_list=list_of(parent))
        record(
            actor=actor,
            action="hashlists.make_list",
            subject=f"list:{made.number}",
            at=at,
            facts={"slug": slug, "purpose": purpose.value, "source": source},
        )
    return made.number


def let_answer_unvetted(*, number: int, actor: Actor, at: datetime) -> bool:
    """The list's terms let it answer providers nobody has vetted; False when it does already."""
    return _set_unvetted(number, True, "hashlists.let_answer_unvetted", actor, at)


def keep_from_unvetted(*, number: int, actor: Actor, at: datetime) -> bool:
    """It answers them no more, within a second; False when it did not."""
    return _set_unvetted(number, False, "hashlists.keep_from_unvetted", actor, at)


def _set_unvetted(number: int, to: bool, action: str, actor: Actor, at: datetime) -> bool:
    with transaction.atomic():
        won = HashList.objects.filter(pk=number, unvetted=not to).update(unvetted=to)
        if won:
            record(actor=actor, action=action, subject=f"list:{number}", at=at)
    return bool(won)


def list_of(slug: str) -> HashList:
    """The list of that short name; raises NoSuchList."""
    found = HashList.objects.filter(slug=slug).first()
    if found is None:
        raise NoSuchList(f"There is no list {slug}.")
    return found

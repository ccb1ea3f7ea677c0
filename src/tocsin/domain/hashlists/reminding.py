"""Telling managers by letter of entries that nobody has decided about, and of a set that waits."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Role
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import set_due
from tocsin.base.letters import actions as letters
from tocsin.base.letters.types import Content
from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.models import HashList, Quarantine
from tocsin.domain.hashlists.quarantine import WAITS
from tocsin.domain.hashlists.quarantine_types import QuarantineState

PURPOSE = "quarantine-waits"
BRAKE_PURPOSE = "lint-brake"
_LANGUAGES = ("en", "nl", "fr")


def still_waiting(subject: str, at: datetime) -> None:
    """Entries of the list with this number have waited long: tell the managers, and look again.

    Nothing is let out or taken away: that is for a person.
    """
    with transaction.atomic():
        hash_list = HashList.objects.get(pk=int(subject))
        waits = Quarantine.objects.filter(hash_list=hash_list, state=QuarantineState.WAITING)
        told = waits.aggregate(since=Min("at"), entries=Count("entry", distinct=True))
        if told["since"] is None:
            return
        again_at = told["since"] + rules.REMIND_AFTER
        if again_at <= at:
            _tell_managers(hash_list, told["entries"], told["since"], system("worker"), at)
            again_at = at + rules.REMIND_AFTER
        set_due(kind=WAITS, subject=subject, due_at=again_at)


def _tell_managers(
    hash_list: HashList, entries: int, since: datetime, actor: Actor, at: datetime
) -> None:
    letter = _Letter(
        f"quarantine-{hash_list.pk}-{at:%Y%m%d%H%M}", PURPOSE, f"list:{hash_list.pk}", "quarantine"
    )
    _send(letter, entries, since, actor, at)


def tell_brake(name: str, mark: str, entries: int, *, actor: Actor, at: datetime) -> None:
    """A letter to the managers at once, in the caller's transaction: a set waits for a person."""
    # Once for the set as it is, however often an import is tried again meanwhile; its name is for
    # the console, as a letter leaves the house.
    which = hashlib.sha256(f"{name} {mark}".encode()).hexdigest()[:16]
    letter = _Letter(f"brake-{which}", BRAKE_PURPOSE, "lint", "brake")
    _send(letter, entries, at, actor, at)


class _Letter(NamedTuple):
    """`name`: the same name is the same letter; `template`: the file of its words."""

    name: str
    purpose: str
    about: str
    template: str


def _send(letter: _Letter, entries: int, since: datetime, actor: Actor, at: datetime) -> None:
    """A letter to each manager who has an address."""
    for person in accounts.people():
        if not (person.is_active and person.role == Role.MANAGER and person.email):
            continue
        draft = letters.Draft(
            name=f"{letter.name}.{person.pk}",
            purpose=letter.purpose,
            about=letter.about,
            to=person.email,
            language=person.language,
            content=_content(letter.template, person.language, entries, since),
        )
        letters.queue(draft=draft, actor=actor, at=at)


def _content(template: str, language: str, entries: int, since: datetime) -> Content:
    """Figures and no more: a letter leaves the house, and mail servers keep what they carry."""
    text = _read(template, language if language in _LANGUAGES else "en")
    subject, _, text = text.partition("\n\n")
    words = {
        "organisation": settings.TOCSIN_ORGANISATION.name,
        "entries": f"{entries:,}" if language == "en" else str(entries),
        "since": since.strftime("%Y-%m-%d"),
    }
    return Content(subject.strip().format_map(words), text.format_map(words))


@cache
def _read(template: str, language: str) -> str:
    name = f"{template}.{language}.txt"
    return (files("tocsin.domain.hashlists") / "templates" / name).read_text("utf-8")

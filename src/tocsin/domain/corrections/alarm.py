"""Telling managers of a flood by letter; the console shows it on every page besides."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files

from django.conf import settings

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Role
from tocsin.base.audit.types import Actor
from tocsin.base.letters import actions as letters
from tocsin.base.letters.types import Content
from tocsin.domain.corrections.models import Flood

PURPOSE = "flood-alarm"
_LANGUAGES = ("en", "nl", "fr")


def tell_managers(flood: Flood, *, actor: Actor, at: datetime) -> int:
    """A letter to each manager who has an address, in the caller's transaction; how many."""
    told = 0
    for person in accounts.people():
        if person.is_active and person.role == Role.MANAGER and person.email:
            draft = letters.Draft(
                name=f"flood-{flood.pk}.{person.pk}",
                purpose=PURPOSE,
                about=f"flood:{flood.pk}",
                to=person.email,
                language=person.language,
                content=_content(flood, person.language),
            )
            letters.queue(draft=draft, actor=actor, at=at)
            told += 1
    return told


def _content(flood: Flood, language: str) -> Content:
    """Figures and no more: a letter leaves the house, and mail servers keep what they carry."""
    subject, _, text = _read(language if language in _LANGUAGES else "en").partition("\n\n")
    words = {
        "organisation": settings.TOCSIN_ORGANISATION.name,
        "entry": flood.entry_id,
        "parties": flood.parties,
        "hits": flood.hits,
        "at": flood.held_at.strftime("%Y-%m-%d %H:%M"),
    }
    return Content(subject.strip().format_map(words), text.format_map(words))


@cache
def _read(language: str) -> str:
    name = f"flood.{language}.txt"
    return (files("tocsin.domain.corrections") / "templates" / name).read_text("utf-8")

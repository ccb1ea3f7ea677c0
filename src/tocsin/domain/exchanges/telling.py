"""Telling managers by letter that a pull or a vote needs them; the console shows it besides."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files

import structlog
from django.conf import settings

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Role
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.letters import actions as letters
from tocsin.base.letters.types import Content
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import Trouble

log = structlog.get_logger()

PURPOSE = "exchange-alarm"
_LANGUAGES = ("en", "nl", "fr")


def tell_dead(row: Exchange, trouble: Trouble, *, actor: Actor, at: datetime) -> None:
    """The pull does not go through by itself; in the caller's transaction."""
    facts = {"trouble": trouble.value, "failures": row.failures}
    action, subject = "exchanges.dead", f"exchange:{row.pk}"
    record(actor=actor, action=action, subject=subject, at=at, facts=facts)
    _tell(row, "dead", actor=actor, at=at)
    log.error("exchange_dead", exchange_id=row.pk, trouble=trouble.value)


def tell_stale(row: Exchange, *, actor: Actor, at: datetime) -> None:
    """What was pulled is older than its source allows; in the caller's transaction."""
    subject = f"exchange:{row.pk}"
    record(actor=actor, action="exchanges.stale", subject=subject, at=at)
    _tell(row, "stale", actor=actor, at=at)
    log.error("exchange_stale", exchange_id=row.pk)


def _tell(row: Exchange, what: str, *, actor: Actor, at: datetime) -> None:
    for person in accounts.people():
        if person.is_active and person.role == Role.MANAGER and person.email:
            language = person.language if person.language in _LANGUAGES else "en"
            draft = letters.Draft(
                name=f"exchange-{row.pk}-{what}-{at:%Y%m%d%H%M%S}.{person.pk}",
                purpose=PURPOSE,
                about=f"exchange:{row.pk}",
                to=person.email,
                language=language,
                content=_content(row, what, language),
            )
            letters.queue(draft=draft, actor=actor, at=at)


def _content(row: Exchange, what: str, language: str) -> Content:
    """Its name and no more: a letter leaves the house, and mail servers keep what they carry."""
    subject, _, text = _read(f"{what}.{language}.txt").partition("\n\n")
    words = {"organisation": settings.TOCSIN_ORGANISATION.name, "exchange": row.slug}
    return Content(subject.strip().format_map(words), text.format_map(words))


@cache
def _read(name: str) -> str:
    return (files("tocsin.domain.exchanges") / "templates" / name).read_text("utf-8")

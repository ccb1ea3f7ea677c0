"""Which list a member's entries go into; made when the member is met first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction

from tocsin.base.audit.types import Actor
from tocsin.domain.exchanges.models import Exchange, MemberList
from tocsin.domain.exchanges.types import ExchangeKind
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Purpose, Serve

_PLAIN: Final = re.compile(r"[a-z0-9_-]{1,20}")


def list_for(
    row: Exchange, member: str, member_name: str, *, actor: Actor, at: datetime
) -> str | None:
    """The short name of the list; None for a member whose entries are not wanted."""
    if row.members and member not in row.members:
        return None
    there = row.lists.filter(member=member).values_list("list_slug", flat=True).first()
    if there is not None:
        return there
    slug = row.slug if not member else f"{row.slug}-{_short(member)}"
    try:
        _make(row, slug, member, member_name, actor=actor, at=at)
    except hashlists.ListExists:
        # Somebody else's list, which is left alone; for one member the others need not wait.
        slug += f"-{_digest(f'{row.slug}/{member}')[:6]}"
        _make(row, slug, member, member_name, actor=actor, at=at)
    return slug


def members_after(row: Exchange, named: Iterable[str]) -> tuple[int, int]:
    """How many members have a list, and how many of these would get one besides."""
    known = set(row.lists.values_list("member", flat=True))
    wanted = {member for member in named if member and (not row.members or member in row.members)}
    return len(known), len(wanted - known)


def _make(
    row: Exchange, slug: str, member: str, member_name: str, *, actor: Actor, at: datetime
) -> None:
    with transaction.atomic():
        hashlists.make_list(
            slug=slug,
            name=_name(row, member, member_name),
            purpose=Purpose(row.purpose),
            # Each member is an organisation of its own: two of them are two independent sources.
            source=f"{row.source}: {_called(member, member_name)}"[:120] if member else row.source,
            environment=row.environment,
            member=member,
            serve=_serve(row),
            actor=actor,
            at=at,
        )
        MemberList.objects.create(exchange=row, member=member, list_slug=slug)


def _serve(row: Exchange) -> Serve:
    everything = Serve.EXACT | Serve.NEAR | Serve.SCANNER
    # What people handed in to protect themselves is not passed on.
    return everything if row.kind == ExchangeKind.STOPNCII else everything | Serve.EXPORT


def _name(row: Exchange, member: str, member_name: str) -> str:
    told = row.environment or row.source
    return f"{told}: {_called(member, member_name)}"[:120] if member else told[:120]


def _called(member: str, member_name: str) -> str:
    printable = "".join(letter for letter in member_name if letter.isprintable())
    return f"{printable[:40]} ({member})" if printable else member


def _short(member: str) -> str:
    """A member's id as part of a short name: as it is where it is plain, else a digest."""
    return member if _PLAIN.fullmatch(member) else _digest(member)[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""Holding an entry for review: whoever asked for it first, it is let go when nobody asks any more.

An appeal and a brake may both hold one entry. What was held by somebody else (its source's changed
record came in held) stays held whatever is decided here.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.base.audit.types import Actor
from tocsin.domain.corrections import rules
from tocsin.domain.corrections.models import Appeal, Flood, Tally
from tocsin.domain.corrections.types import FloodState
from tocsin.domain.hashlists import actions as hashlists


def locked(entry_id: int) -> Tally:
    """The entry's row here, locked until the caller's transaction ends: one decides at a time."""
    return Tally.objects.select_for_update().get_or_create(pk=entry_id)[0]


def hold(entry_id: int, *, why: str, actor: Actor, at: datetime) -> bool:
    """Hold an entry; True when the hold is ours to let go of. The caller has locked the entry."""
    ours = _asked_for(entry_id)
    return hashlists.hold_entry(entry_id=entry_id, reason=why, actor=actor, at=at) or ours


def let_go(entry_id: int, *, why: str, actor: Actor, at: datetime) -> None:
    """Let an entry count again unless somebody else asks for the hold; the caller has locked it."""
    if not _asked_for(entry_id):
        hashlists.release_hold(entry_id=entry_id, reason=why, actor=actor, at=at)


def _asked_for(entry_id: int) -> bool:
    appealed = Appeal.objects.filter(entry_id=entry_id, state__in=rules.OPEN, holds=True)
    flooded = Flood.objects.filter(entry_id=entry_id, state=FloodState.HELD)
    return appealed.exists() or flooded.exists()

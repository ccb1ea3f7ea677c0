"""Holding an entry for review: whoever asked for it first, it is let go when nobody asks any more.

An appeal and a brake may both hold one entry, whichever version of it they were about: what is held
is the version that counts. What was held by somebody else (an older version that we had withdrawn)
stays held whatever is decided here, until a person lets it count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.corrections import rules
from tocsin.domain.corrections.models import Appeal, Feedback, Flood, Held, Tally
from tocsin.domain.corrections.types import (
    MOST_WORDS,
    FloodState,
    HeldFor,
    NotHeld,
    StillAsked,
    Verdict,
    WordsNeeded,
)
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.types import Standing

_GONE = frozenset({Standing.WITHDRAWN, Standing.EXPIRED})


def locked(entry_id: int) -> Tally:
    """The entry's row here, locked until the caller's transaction ends: one decides at a time.

    All versions of an entry share it.
    """
    first = min(queries.versions([entry_id]))
    return Tally.objects.select_for_update().get_or_create(pk=first)[0]


def hold(entry_id: int, *, why: str, actor: Actor, at: datetime) -> bool:
    """Hold an entry; True when the hold is ours to let go of. The caller has locked the entry."""
    ours = held_for(entry_id) is not HeldFor.NOBODY
    counts = queries.newest(entry_id)
    return hashlists.hold_entry(entry_id=counts, reason=why, actor=actor, at=at) or ours


def let_go(entry_id: int, *, why: str, actor: Actor, at: datetime) -> None:
    """Let an entry count again unless somebody else asks for the hold; the caller has locked it."""
    if held_for(entry_id) is HeldFor.NOBODY:
        counts = queries.newest(entry_id)
        hashlists.release_hold(entry_id=counts, reason=why, actor=actor, at=at)


def let_count(*, entry_id: int, words: str, actor: Actor, at: datetime) -> None:
    """A person lets an entry count again that is held though nobody asks for it any more.

    Raises NotHeld, StillAsked where an appeal or a brake is to be decided instead, and WordsNeeded.
    """
    with transaction.atomic():
        counts = _held_for_nobody(entry_id, words)
        weigh_doubts(counts, at)
        Held.objects.filter(pk=counts).delete()
        record(
            actor=actor,
            action="corrections.let_count",
            subject=f"entry:{counts}",
            at=at,
            personal={"reason": words.strip()},
        )
        hashlists.release_hold(entry_id=counts, reason="let count", actor=actor, at=at)


def withdraw_held(*, entry_id: int, words: str, actor: Actor, at: datetime) -> None:
    """A person withdraws an entry that is held though nobody asks for it any more: it is wrong.

    Raises as `let_count`.
    """
    with transaction.atomic():
        counts = _held_for_nobody(entry_id, words)
        Held.objects.filter(pk=counts).delete()
        record(
            actor=actor,
            action="corrections.withdraw_held",
            subject=f"entry:{counts}",
            at=at,
            personal={"reason": words.strip()},
        )
        hashlists.withdraw_entry(entry_id=counts, reason="held", actor=actor, at=at)


def _held_for_nobody(entry_id: int, words: str) -> int:
    """The version that counts, locked in the caller's transaction, where it is for a person to
    decide here."""
    counts = queries.newest(entry_id)
    locked(counts)
    if counts not in queries.held_among([counts]):
        raise NotHeld(f"Entry {entry_id} is not held.")
    if (asked := held_for(counts)) is not HeldFor.NOBODY:
        raise StillAsked(asked)
    if not 0 < len(words.strip()) <= MOST_WORDS:
        raise WordsNeeded(f"Write why, in at most {MOST_WORDS} characters.")
    return counts


def held_for(entry_id: int) -> HeldFor:
    """Who asks for the hold of an entry, whichever version they spoke of."""
    family = queries.versions([entry_id])
    appealed = Appeal.objects.filter(entry_id__in=family, state__in=rules.OPEN, holds=True)
    flooded = Flood.objects.filter(entry_id__in=family, state=FloodState.HELD)
    return rules.held_for(appealed=appealed.exists(), flooded=flooded.exists())


def weigh_doubts(entry_id: int, at: datetime) -> None:
    """Who said that the entry is benign has had an answer: the same parties' saying so does not
    hold it a second time. In the caller's transaction, who has locked the entry."""
    doubts = Feedback.objects.filter(
        entry_id__in=queries.versions([entry_id]),
        verdict=Verdict.DOWN,
        reason__in=rules.SAYS_BENIGN,
        replaced_at=None,
        weighed_at=None,
    )
    doubts.update(weighed_at=at)


def is_gone(entry_id: int) -> bool:
    """Whether an entry has gone for good. One in quarantine may come back, and its hold with it."""
    return queries.standings([entry_id])[entry_id] in _GONE


def note(entry_ids: Iterable[int], at: datetime) -> None:
    """Remember which of these entries are held by now, so that each can be shown to people."""
    ids = set(entry_ids)
    held = queries.held_among(ids)
    Held.objects.filter(pk__in=ids - held).delete()
    known = set(Held.objects.filter(pk__in=held).values_list("pk", flat=True))
    Held.objects.bulk_create(
        (Held(entry_id=entry_id, since=at) for entry_id in sorted(held - known)),
        ignore_conflicts=True,
    )

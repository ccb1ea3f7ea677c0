"""Following the change log and the hits as they come home, so that nobody who was told is missed.

Whichever way an entry changed (console, appeal, source, time, lint), it stands in the change log. A
hit that comes home after the change, from the journal of a web process, is looked at as it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from django.db import transaction

from tocsin.domain.corrections import appeals, floods, holds
from tocsin.domain.corrections.models import Errand, Follower
from tocsin.domain.corrections.telling import tell_hits
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import ChangeKind, ChangeView
from tocsin.domain.matching import queries as matching

CHANGES_AT_ONCE = 500
REPLACED_AT_ONCE = 1_000
HITS_AT_ONCE = 500
ERRANDS_AT_ONCE = 20
STEPS_IN_A_ROUND = 10


def follow(at: datetime) -> int:
    """Work on what is new in the change log, for a while; how many hits were corrected.

    Each step is a transaction of its own and any number of workers may do them: one goes on where
    another was killed.
    """
    for _ in range(STEPS_IN_A_ROUND):
        if not _gather(at):
            break
    corrected = 0
    for _ in range(STEPS_IN_A_ROUND):
        waiting = list(Errand.objects.values_list("pk", flat=True).order_by("pk")[:ERRANDS_AT_ONCE])
        if not waiting:
            break
        # One page of each, so that an entry with a million hits does not keep the others waiting.
        corrected += sum(_walk(entry_id, at) for entry_id in waiting)
    return corrected


def take_in(hit_ids: Iterable[UUID], at: datetime) -> None:
    """Hits have come home: count them for the brake, and correct those that came too late."""
    with transaction.atomic():
        _follower()
        lines = matching.hit_lines(hit_ids)
        floods.count(lines, at)
        tell_hits(lines, entry_id=None, at=at)


def _gather(at: datetime) -> bool:
    """Note which entries with hits the next changes touch; False when there are none."""
    place = Follower.objects.values_list("change_no", flat=True).first()
    if place is not None and not hashlists.changes_after(place, 1):
        return False
    with transaction.atomic():
        follower = _follower()
        changes = hashlists.changes_after(follower.change_no, CHANGES_AT_ONCE)
        if not changes:
            return False
        family = hashlists.versions(_touched(follower, changes))
        follower.save()
        _note(matching.entries_with_hits(family))
        holds.note(family, at)
        appeals.close_for_gone(family, at)
        floods.close_for_gone(family, at)
    return True


def _touched(follower: Follower, changes: list[ChangeView]) -> list[int]:
    """The entries of the next changes, up to the next release; or some that a release replaced."""
    first = changes[0]
    if first.kind is ChangeKind.RELEASE and first.run_id is not None:
        after = follower.replaced_after
        ids = hashlists.replaced_in(first.run_id, after=after, limit=REPLACED_AT_ONCE)
        if len(ids) == REPLACED_AT_ONCE:
            follower.replaced_after = ids[-1]
        else:
            follower.change_no, follower.replaced_after = first.no, 0
        return ids
    some = list(takewhile(lambda change: change.kind is not ChangeKind.RELEASE, changes))
    follower.change_no = some[-1].no
    return [change.entry_id for change in some if change.entry_id is not None]


def _note(entry_ids: Iterable[int]) -> None:
    for entry_id in sorted(entry_ids):
        # One that is being gone through starts over: it has changed again.
        Errand.objects.update_or_create(entry_id=entry_id, defaults={"hit_id": None})


def _walk(entry_id: int, at: datetime) -> int:
    """One page of an entry's hits; how many were corrected."""
    with transaction.atomic():
        _follower()
        errand = Errand.objects.filter(pk=entry_id).first()
        if errand is None:
            return 0
        lines = matching.hits_with(entry_id, after=errand.hit_id, limit=HITS_AT_ONCE)
        corrected = tell_hits(lines, entry_id=entry_id, at=at)
        if len(lines) < HITS_AT_ONCE:
            errand.delete()
        else:
            errand.hit_id = lines[-1].id
            errand.save()
    return corrected


def _follower() -> Follower:
    """The one row, locked: whoever writes corrections of hits takes turns here."""
    return Follower.objects.select_for_update().get_or_create(pk=1)[0]

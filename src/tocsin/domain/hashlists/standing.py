"""Where an entry stands: withdrawn, held, past its time. Each is live in the index in a second."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from tocsin.base.audit.actions import append_outside, record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.domain.hashlists import alike, judged, remembered, rules
from tocsin.domain.hashlists.changes import log_change, log_changes
from tocsin.domain.hashlists.formats.stopncii import SIGNALS, id_of_hash
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.quarantine_types import QuarantineState
from tocsin.domain.hashlists.types import WITHDRAWALS_FILE, ChangeKind, EntryStatus

EXPIRE_AT_ONCE = 200
_MATCHABLE = [status.number for status in rules.MATCHABLE]


class NoSuchEntry(Exception):
    """There is no entry of that number."""


class NotLive(Exception):
    """The entry has been withdrawn or replaced, so nothing more can be done with it."""


def withdraw_entry(*, entry_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """The entry stops matching within a second; False when it did not count any more.

    A newer version of it, released or still to be, goes with it. The withdrawal is also written
    outside the database after commit, so that a restored older copy can be told of it. `reason`
    is a few words of ours, kept in the audit. Raises NoSuchEntry.
    """
    with transaction.atomic():
        entry = entry_of(entry_id)
        won = withdraw_versions(entry, at=at)
        if not won:
            return False
        record(
            actor=actor,
            action="hashlists.withdraw_entry",
            subject=f"entry:{entry_id}",
            at=at,
            facts={"list": entry.hash_list.slug, "entries": list(won)},
            personal={"reason": reason},
        )
        judged.tell(won[-1:], belongs=False, actor=actor, at=at)
    return True


def confirm_entry(*, entry_id: int, actor: Actor, at: datetime) -> None:
    """A person looked into doubts about an entry and found it right; in the transaction of that
    decision, whose audit tells of it. Nothing changes but that its source may be told."""
    judged.tell([entry_id], belongs=True, actor=actor, at=at)


def withdraw_versions(entry: Entry, *, at: datetime) -> list[int]:
    """Withdraw an entry and its newer versions in the caller's transaction, whose audit tells of
    it, and remember them as wrong; the numbers of those that still counted."""
    versions = Entry.objects.filter(
        hash_list=entry.hash_list_id,
        member=entry.member,
        source_entry_id=entry.source_entry_id,
        version__gte=entry.version,
        status__in=_MATCHABLE,
    )
    ids = list(versions.order_by("pk").values_list("pk", flat=True))
    won = [pk for pk in ids if _withdraw(pk)]
    if won:
        quarantine_over(won, at=at)
        log_changes(ChangeKind.WITHDRAW, won, at=at)
        remembered.remember(won, at=at)
        alike.tell(won, at=at)
        newest = Entry.objects.get(pk=won[-1])
        transaction.on_commit(partial(append_outside, WITHDRAWALS_FILE, [_line(newest, at)]))
    return won


def quarantine_over(entry_ids: Iterable[int], *, at: datetime) -> int:
    """These entries are gone, or a newer version stands for them: nobody need decide any more."""
    return quarantine_moot(Quarantine.objects.filter(entry__in=list(entry_ids)), at=at)


def quarantine_moot(rows: QuerySet[Quarantine], *, at: datetime) -> int:
    """Those of these quarantines that wait are over; how many. They may be a whole list's."""
    return rows.filter(state=QuarantineState.WAITING).update(
        state=rules.QUARANTINE.target("moot", QuarantineState.WAITING), decided_at=at
    )


def replay_withdrawals(*, lines: Iterable[str], actor: Actor, at: datetime) -> int:
    """Withdraw again what the lines of the file outside say; how many still counted.

    For a database restored from an older copy. A line about an entry this copy does not have
    is passed over: what never came in cannot match. Raises ValueError on a line of another kind.
    """
    again = 0
    for line in lines:
        told = json.loads(line)
        found = Entry.objects.filter(
            hash_list__slug=told["list"],
            member=told["member"],
            source_entry_id__in=_ids_of(told["source_entry_id"]),
            version__lte=told["version"],
        )
        for entry_id in list(found.values_list("pk", flat=True)):
            again += withdraw_entry(
                entry_id=entry_id, reason="replayed after a restore", actor=actor, at=at
            )
    return again


def _ids_of(told: str) -> set[str]:
    """The id that a line names, and what it is now where older versions wrote a hash in clear."""
    signal, mark, value = told.partition(":")
    return {told, id_of_hash(signal, value)} if mark and signal in SIGNALS else {told}


def hold_entry(*, entry_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Let an entry answer `held` instead of `listed`; False when it was held already."""
    return _set_held(entry_id, held=True, words={"reason": reason}, actor=actor, at=at)


def release_hold(*, entry_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Let a held entry answer `listed` again, and forget that it was found wrong before; False when
    it was not held."""
    return _set_held(entry_id, held=False, words={"reason": reason}, actor=actor, at=at)


def expire(*, at: datetime) -> int:
    """Entries whose source gave a last day stop counting after it; how many did now.

    At most EXPIRE_AT_ONCE, so that a whole list falling due does not hold everybody up.
    """
    over = Entry.objects.filter(valid_until__lt=int(at.timestamp()), status__in=_MATCHABLE)
    if not over.exists():
        return 0
    with transaction.atomic():
        ids = list(over.order_by("pk").values_list("pk", flat=True)[:EXPIRE_AT_ONCE])
        won = Entry.objects.filter(pk__in=ids, status__in=_MATCHABLE).update(
            status=EntryStatus.EXPIRED.number
        )
        if won:
            record(
                actor=system("worker"),
                action="hashlists.expire",
                subject=f"entry:{ids[0]}",
                at=at,
                facts={"entries": list(ids)},
            )
            quarantine_over(ids, at=at)
        for entry_id in ids:
            log_change(ChangeKind.WITHDRAW, at=at, entry_id=entry_id)
    return len(ids)


def _set_held(
    entry_id: int, *, held: bool, words: dict[str, Json], actor: Actor, at: datetime
) -> bool:
    with transaction.atomic():
        entry_of(entry_id)
        if not Entry.objects.filter(pk=entry_id, held=not held).update(held=held):
            return False
        action = "hashlists.hold_entry" if held else "hashlists.release_hold"
        record(actor=actor, action=action, subject=f"entry:{entry_id}", at=at, personal=words)
        log_change(ChangeKind.POLICY, at=at, entry_id=entry_id)
        if held:
            remembered.remember([entry_id], at=at)
        else:
            remembered.forget(entry_id)
    return True


def _withdraw(entry_id: int) -> int:
    return Entry.objects.filter(pk=entry_id, status__in=_MATCHABLE).update(
        status=EntryStatus.WITHDRAWN.number, withdrawn_here=True
    )


def _line(entry: Entry, at: datetime) -> str:
    """What is written outside: enough to find the entry in an older copy of the database."""
    told: dict[str, Json] = {
        "entry_id": entry.pk,
        "list": entry.hash_list.slug,
        "member": entry.member,
        "source_entry_id": entry.source_entry_id,
        "version": entry.version,
        "at": at.isoformat(),
    }
    return json.dumps(told)


def entry_of(entry_id: int) -> Entry:
    """The entry of that number, its list at hand; raises NoSuchEntry."""
    found = Entry.objects.select_related("hash_list").filter(pk=entry_id).first()
    if found is None:
        raise NoSuchEntry(f"There is no entry {entry_id}.")
    return found

"""Writing: make lists, import and release, our own entries, withdraw, hold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from tocsin.base.audit.actions import append_outside, record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.changes import hasher_number, log_change, take_numbers
from tocsin.domain.hashlists.models import (
    DerivedFrom,
    Entry,
    Fingerprint,
    HashList,
    OwnNote,
    Source,
)
from tocsin.domain.hashlists.types import (
    DIALECTS,
    MEDIA_TYPES,
    OWN_LIST,
    OWN_REHEARSAL_LIST,
    VALUE_BYTES,
    WIDTHS,
    WITHDRAWALS_FILE,
    ChangeKind,
    EntryStatus,
    OwnEntry,
    Purpose,
    Serve,
)

EXPIRE_AT_ONCE = 200
_EVERYTHING = Serve.EXACT | Serve.NEAR | Serve.SCANNER | Serve.EXPORT


class ListExists(Exception):
    """There is a list of that short name already."""


class NoSuchList(Exception):
    """There is no list of that short name."""


class NoSuchEntry(Exception):
    """There is no entry of that number."""


class SamePerson(Exception):
    """The second person must be another than the one who added the entry."""


class NotOwn(Exception):
    """Only an entry on the organisation's own list can be agreed to."""


class NotLive(Exception):
    """The entry has been withdrawn or replaced, so nothing more can be done with it."""


class NoFingerprint(Exception):
    """An entry needs at least one fingerprint, each of the right length for its kind."""


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
    serve: Serve = _EVERYTHING,
    derived_from: Iterable[str] = (),
) -> int:
    """A new list of an organisation; its number. Raises ListExists, NoSuchList.

    `derived_from` names lists that this one re-shares: together they count as one source.
    """
    with transaction.atomic():
        if HashList.objects.filter(slug=slug).exists():
            raise ListExists(f"There is already a list {slug}.")
        organisation, _ = Source.objects.get_or_create(name=source)
        made = HashList.objects.create(
            number=take_numbers("list"),
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
            DerivedFrom.objects.create(hash_list=made, from_list=_list(parent))
        record(
            actor=actor,
            action="hashlists.make_list",
            subject=f"list:{made.number}",
            at=at,
            facts={"slug": slug, "purpose": purpose.value, "source": source},
        )
    return made.number


def add_own_entry(*, entry: OwnEntry, actor: Actor, at: datetime) -> int:
    """Put our own decision on our own list, alone for now (quorum 1); the entry's number.

    It matches within a second of the commit. While an entry about the same thing is live, that
    one's number is returned and nothing is added. Raises NoFingerprint.
    """
    _check_fingerprints(entry)
    with transaction.atomic():
        own = _own_list(entry.rehearsal, actor, at)
        older = Entry.objects.filter(hash_list=own, member="", source_entry_id=entry.about)
        live = older.filter(status=EntryStatus.ACTIVE.number).values_list("pk", flat=True).first()
        if live is not None:
            return live
        made = Entry.objects.create(
            id=take_numbers("entry"),
            hash_list=own,
            source_entry_id=entry.about,
            version=(older.aggregate(last=Max("version"))["last"] or 0) + 1,
            media_type=MEDIA_TYPES.index(entry.media_type),
            status=EntryStatus.ACTIVE.number,
            category=entry.category.number,
            content_digest=rules.own_digest(entry.about, entry.fingerprints),
        )
        OwnNote.objects.create(entry=made, about=entry.about, added_by=actor.text, added_at=at)
        _add_fingerprints(made, entry)
        record(
            actor=actor,
            action="hashlists.add_own_entry",
            subject=f"entry:{made.pk}",
            at=at,
            facts={
                "list": own.slug,
                "about": entry.about,
                "category": entry.category.value,
                "fingerprints": len(entry.fingerprints),
            },
        )
        log_change(ChangeKind.ADD, at=at, entry_id=made.pk)
    return made.pk


def agree_entry(*, entry_id: int, actor: Actor, at: datetime) -> None:
    """A second person agrees with an entry on our own list: quorum 2.

    Agreeing again changes nothing. Raises NoSuchEntry, NotOwn, NotLive and SamePerson.
    """
    with transaction.atomic():
        entry = _entry(entry_id)
        note = OwnNote.objects.select_for_update().filter(pk=entry_id).first()
        if note is None:
            raise NotOwn("Only an entry on our own list can be agreed to.")
        if entry.status != EntryStatus.ACTIVE.number:
            raise NotLive("This entry has been withdrawn.")
        if note.added_by == actor.text:
            raise SamePerson("Somebody else than the one who added it must agree.")
        if not OwnNote.objects.filter(pk=entry_id, agreed_by="").update(
            agreed_by=actor.text, agreed_at=at
        ):
            return
        Entry.objects.filter(pk=entry_id).update(quorum=2)
        record(actor=actor, action="hashlists.agree_entry", subject=f"entry:{entry_id}", at=at)
        log_change(ChangeKind.POLICY, at=at, entry_id=entry_id)


def withdraw_entry(*, entry_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """The entry stops matching within a second; False when it did not count any more.

    The withdrawal is also written outside the database after commit, so that a restored older
    copy can be told of it. `reason` is a few words of ours, kept in the audit. Raises NoSuchEntry.
    """
    with transaction.atomic():
        entry = _entry(entry_id)
        matchable = [status.number for status in rules.MATCHABLE]
        won = Entry.objects.filter(pk=entry_id, status__in=matchable).update(
            status=EntryStatus.WITHDRAWN.number, withdrawn_here=True
        )
        if not won:
            return False
        record(
            actor=actor,
            action="hashlists.withdraw_entry",
            subject=f"entry:{entry_id}",
            at=at,
            facts={"list": entry.hash_list.slug},
            personal={"reason": reason},
        )
        log_change(ChangeKind.WITHDRAW, at=at, entry_id=entry_id)
        line: dict[str, Json] = {
            "entry_id": entry_id,
            "list": entry.hash_list.slug,
            "member": entry.member,
            "source_entry_id": entry.source_entry_id,
            "version": entry.version,
            "at": at.isoformat(),
        }
        transaction.on_commit(partial(append_outside, WITHDRAWALS_FILE, [json.dumps(line)]))
    return True


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
            source_entry_id=told["source_entry_id"],
            version__lte=told["version"],
        )
        for entry_id in list(found.values_list("pk", flat=True)):
            again += withdraw_entry(
                entry_id=entry_id, reason="replayed after a restore", actor=actor, at=at
            )
    return again


def hold_entry(*, entry_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Let an entry answer `held` instead of `listed`; False when it was held already."""
    return _set_held(entry_id, held=True, words={"reason": reason}, actor=actor, at=at)


def release_hold(*, entry_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Let a held entry answer `listed` again; False when it was not held."""
    return _set_held(entry_id, held=False, words={"reason": reason}, actor=actor, at=at)


def expire(*, at: datetime) -> int:
    """Entries whose source gave a last day stop counting after it; how many did now.

    At most EXPIRE_AT_ONCE, so that a whole list falling due does not hold everybody up.
    """
    matchable = [status.number for status in rules.MATCHABLE]
    over = Entry.objects.filter(valid_until__lt=int(at.timestamp()), status__in=matchable)
    if not over.exists():
        return 0
    with transaction.atomic():
        ids = list(over.order_by("pk").values_list("pk", flat=True)[:EXPIRE_AT_ONCE])
        won = Entry.objects.filter(pk__in=ids, status__in=matchable).update(
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
        for entry_id in ids:
            log_change(ChangeKind.WITHDRAW, at=at, entry_id=entry_id)
    return len(ids)


def ask_rebuild(*, actor: Actor, at: datetime) -> int:
    """Ask the builder for a whole new index; the number of the change that says so."""
    with transaction.atomic():
        record(actor=actor, action="hashlists.ask_rebuild", subject="index", at=at)
        return log_change(ChangeKind.REBUILD, at=at)


def _set_held(
    entry_id: int, *, held: bool, words: dict[str, Json], actor: Actor, at: datetime
) -> bool:
    with transaction.atomic():
        _entry(entry_id)
        if not Entry.objects.filter(pk=entry_id, held=not held).update(held=held):
            return False
        action = "hashlists.hold_entry" if held else "hashlists.release_hold"
        record(actor=actor, action=action, subject=f"entry:{entry_id}", at=at, personal=words)
        log_change(ChangeKind.POLICY, at=at, entry_id=entry_id)
    return True


def _check_fingerprints(entry: OwnEntry) -> None:
    if not any(f.kind in WIDTHS for f in entry.fingerprints):
        raise NoFingerprint("An entry needs a fingerprint that can be matched.")
    for fingerprint in entry.fingerprints:
        width = WIDTHS.get(fingerprint.kind)
        if width is None and len(fingerprint.value) <= VALUE_BYTES:
            continue
        if len(fingerprint.value) != width:
            raise NoFingerprint(f"{fingerprint.kind.name} has the wrong length.")


def _add_fingerprints(made: Entry, entry: OwnEntry) -> None:
    Fingerprint.objects.bulk_create(
        Fingerprint(
            entry=made,
            kind=f.kind,
            n=f.n,
            value=f.value,
            quality=f.quality,
            hasher=hasher_number(f.hasher),
            dialect=DIALECTS.index(f.dialect),
            offset_seconds=f.offset_seconds,
        )
        for f in entry.fingerprints
    )


def _own_list(rehearsal: bool, actor: Actor, at: datetime) -> HashList:
    slug = OWN_REHEARSAL_LIST if rehearsal else OWN_LIST
    known = HashList.objects.filter(slug=slug).first()
    if known is not None:
        return known
    make_list(
        slug=slug,
        name="Our own entries, rehearsal" if rehearsal else "Our own entries",
        purpose=Purpose.TEST if rehearsal else Purpose.ILLEGAL,
        source=settings.TOCSIN_ORGANISATION.name,
        actor=actor,
        at=at,
    )
    return HashList.objects.get(slug=slug)


def _list(slug: str) -> HashList:
    found = HashList.objects.filter(slug=slug).first()
    if found is None:
        raise NoSuchList(f"There is no list {slug}.")
    return found


def _entry(entry_id: int) -> Entry:
    found = Entry.objects.select_related("hash_list").filter(pk=entry_id).first()
    if found is None:
        raise NoSuchEntry(f"There is no entry {entry_id}.")
    return found

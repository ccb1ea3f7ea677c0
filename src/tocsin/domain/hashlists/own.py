"""The organisation's own list: what one person decides, and a second one agrees to."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import remembered, rules
from tocsin.domain.hashlists.changes import hasher_number, log_change, take_numbers
from tocsin.domain.hashlists.classification import pack
from tocsin.domain.hashlists.making import make_list
from tocsin.domain.hashlists.models import Entry, EntryCode, Fingerprint, HashList, OwnNote
from tocsin.domain.hashlists.standing import NotLive, entry_of
from tocsin.domain.hashlists.types import (
    DIALECTS,
    MEDIA_TYPES,
    OWN_LIST,
    OWN_REHEARSAL_LIST,
    VALUE_BYTES,
    WIDTHS,
    ChangeKind,
    EntryStatus,
    OwnEntry,
    Purpose,
)


class SamePerson(Exception):
    """The second person must be another than the one who added the entry."""


class NotOwn(Exception):
    """Only an entry on the organisation's own list can be agreed to."""


class NoFingerprint(Exception):
    """An entry needs at least one fingerprint, each of the right length for its kind."""


def add_own_entry(*, entry: OwnEntry, actor: Actor, at: datetime) -> int:
    """Put our own decision on our own list, alone for now (quorum 1); the entry's number.

    It matches within a second of the commit. While an entry about the same thing is live, that
    one's number is returned and nothing is added. Raises NoFingerprint.
    """
    _check_fingerprints(entry)
    with transaction.atomic():
        own = _own_list(entry.rehearsal, actor, at)
        # Taken first: whoever adds about the same thing at this moment waits here, then sees ours.
        number = take_numbers("entry")
        older = Entry.objects.filter(hash_list=own, member="", source_entry_id=entry.about)
        live = older.filter(status=EntryStatus.ACTIVE.number).values_list("pk", flat=True).first()
        if live is not None:
            return live
        made = Entry.objects.create(
            id=number,
            hash_list=own,
            source_entry_id=entry.about,
            version=(older.aggregate(last=Max("version"))["last"] or 0) + 1,
            media_type=MEDIA_TYPES.index(entry.media_type),
            status=EntryStatus.ACTIVE.number,
            category=entry.category.number,
            content_digest=rules.own_digest(entry.about, entry.fingerprints),
            observed=pack(entry.observed),
        )
        OwnNote.objects.create(entry=made, about=entry.about, added_by=actor.text, added_at=at)
        _add_fingerprints(made, entry)
        _add_labels(made, entry)
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
        # Whoever found one like it wrong before is outvoted: somebody has looked at this one.
        remembered.forget(made.pk)
    return made.pk


def agree_entry(*, entry_id: int, actor: Actor, at: datetime) -> None:
    """A second person agrees with an entry on our own list: quorum 2.

    Agreeing again changes nothing. Raises NoSuchEntry, NotOwn, NotLive and SamePerson.
    """
    with transaction.atomic():
        entry = entry_of(entry_id)
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
            hasher=hasher_number(f.hasher) or 0,
            dialect=DIALECTS.index(f.dialect),
            offset_seconds=f.offset_seconds,
        )
        for f in entry.fingerprints
    )


def _add_labels(made: Entry, entry: OwnEntry) -> None:
    EntryCode.objects.bulk_create(
        EntryCode(entry=made, scheme=label.scheme, version=label.version, code=label.code)
        for label in entry.labels.asserted()
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

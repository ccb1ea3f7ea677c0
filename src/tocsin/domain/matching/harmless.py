"""What a party has looked at and found harmless: never blocked for it, the same as ever for others.

Named by the reference that an answer gave the party, by SHA-256, or by PDQ. MD5 and SHA-1 are not
taken: files can be made that share one with another file, so a harmless one would open the door to
a listed one. A PDQ takes back near matches of that very hash, never a match of digests.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from tocsin.base.accounts.queries import live_keys
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.secrets import Keyring, NotOurs, keyed_digest, open_reference
from tocsin.domain.matching.models import Harmless as Row
from tocsin.domain.matching.models import HarmlessList
from tocsin.domain.matching.rules import Found
from tocsin.domain.matching.types import (
    Harmless,
    HarmlessView,
    MatchKind,
    NoSuchKey,
    NotHarmless,
    Query,
)

MOST_OF_A_PARTY = 10_000
# Processes of the version before change lines without a number.
WHOLE_EACH = timedelta(minutes=1)
_CONTEXT = "harmless"
_HASH = re.compile(r"(sha256|pdq):([0-9a-fA-F]{64})")


class Named(StrEnum):
    """How a harmless thing is named."""

    ENTRY = "entry"
    SHA256 = "sha256"
    PDQ = "pdq"


def add_harmless(*, key_id: str, named: Iterable[str], actor: Actor, at: datetime) -> int:
    """Put these on the list of the key's party, for all its keys; how many were new.

    Each is a reference given to this key, `sha256:` or `pdq:` with 64 hexadecimal digits. All are
    taken or none. Raises NotHarmless and NoSuchKey.
    """
    key = live_keys(at=at).get(key_id)
    if key is None:
        raise NoSuchKey(f"There is no live key {key_id}.")
    subjects = [_subject(name, key_id) for name in named]
    with transaction.atomic():
        had = Row.objects.filter(party_id=key.party_id).count()
        if had + len(subjects) > MOST_OF_A_PARTY:
            raise NotHarmless(f"A party's list has at most {MOST_OF_A_PARTY:,} lines.")
        new = sum(
            Row.objects.get_or_create(
                party_id=key.party_id, kind=kind, subject=subject, defaults={"added_at": at}
            )[1]
            for kind, subject in subjects
        )
        _note_change(key.party_id)
        record(
            actor=actor,
            action="matching.add_harmless",
            subject=f"party:{key.party_id}",
            at=at,
            facts={"key": key_id, "new": new},
        )
    return new


def remove_harmless(*, key_id: str, line_id: int, actor: Actor, at: datetime) -> bool:
    """Take one line off the list of the key's party; False when it was not there.

    Raises NoSuchKey.
    """
    key = live_keys(at=at).get(key_id)
    if key is None:
        raise NoSuchKey(f"There is no live key {key_id}.")
    with transaction.atomic():
        if not Row.objects.filter(pk=line_id, party_id=key.party_id).delete()[0]:
            return False
        _note_change(key.party_id)
        record(
            actor=actor,
            action="matching.remove_harmless",
            subject=f"party:{key.party_id}",
            at=at,
            facts={"key": key_id, "line": line_id},
        )
    return True


def harmless_list(party_id: int) -> list[HarmlessView]:
    """The lines of a party's list, newest first; no hash can be read out of them."""
    return [
        HarmlessView(row.pk, row.kind, row.subject[:8], row.added_at)
        for row in Row.objects.filter(party_id=party_id).order_by("-pk")
    ]


class HarmlessLists:
    """Each party's list, as a process holds it: only what has changed is read again. For one thread
    at a time."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._lists: dict[int, Harmless] = {}
        self._whole_at: datetime | None = None

    def refresh(self, at: datetime) -> Mapping[int, Harmless]:
        """The lists as they stand, by party; raises DatabaseError."""
        # Numbers first: what changes while the lines are read is read again the next time.
        numbers = dict(HarmlessList.objects.values_list("party_id", "number"))
        if self._whole_at is None or at - self._whole_at >= WHOLE_EACH:
            self._lists = _read(Row.objects.all())
            self._whole_at = at
        elif changed := [p for p, number in numbers.items() if self._numbers.get(p) != number]:
            others = {p: known for p, known in self._lists.items() if p not in changed}
            self._lists = others | _read(Row.objects.filter(party_id__in=changed))
        self._numbers = numbers
        return self._lists


def _read(lines: QuerySet[Row]) -> dict[int, Harmless]:
    rows: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for party_id, kind, subject in lines.values_list("party_id", "kind", "subject"):
        rows[party_id][kind].add(subject)
    return {
        party_id: Harmless(
            entry_ids=frozenset(int(number) for number in kinds[Named.ENTRY]),
            sha256=frozenset(kinds[Named.SHA256]),
            pdq=frozenset(kinds[Named.PDQ]),
        )
        for party_id, kinds in rows.items()
    }


def _note_change(party_id: int) -> None:
    """In the transaction of the change, so that nobody who reads the number misses it."""
    if not HarmlessList.objects.filter(pk=party_id).update(number=F("number") + 1):
        HarmlessList.objects.get_or_create(pk=party_id, defaults={"number": 0})
        HarmlessList.objects.filter(pk=party_id).update(number=F("number") + 1)


def entries_found_harmless(
    query: Query, found: Iterable[Found], harmless: Harmless, ring: Keyring
) -> frozenset[int]:
    """Which of the entries that a query met the asking party has found harmless."""
    met = list(found)
    if query.sha256 is not None and _digest(ring, query.sha256) in harmless.sha256:
        return frozenset(entry.entry_id for entry in met)
    by_number = harmless.entry_ids & {entry.entry_id for entry in met}
    if query.pdq is None or _digest(ring, query.pdq) not in harmless.pdq:
        return by_number
    return by_number | {entry.entry_id for entry in met if entry.kind is MatchKind.NEAR}


def _subject(name: str, key_id: str) -> tuple[Named, str]:
    ring = settings.TOCSIN_KEYS.ring("reference")
    hashed = _HASH.fullmatch(name)
    if hashed:
        return Named(hashed[1]), _digest(ring, bytes.fromhex(hashed[2]))
    try:
        return Named.ENTRY, str(open_reference(ring, name, audience=key_id))
    except NotOurs:
        raise NotHarmless(
            "Give references that this key was told, sha256: or pdq: with 64 hexadecimal digits. "
            "MD5 and SHA-1 are not taken: other files can be made that share them."
        ) from None


def _digest(ring: Keyring, value: bytes) -> str:
    return keyed_digest(ring, value, context=_CONTEXT)

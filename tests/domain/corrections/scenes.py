"""Parties, entries and hits for the tests of corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from tests.domain.listing import ACTOR, a_key, a_list, prints, put, release_of
from tocsin.base.accounts.models import ApiKey
from tocsin.base.clock import actions as clock
from tocsin.base.secrets import reference
from tocsin.domain.corrections import following
from tocsin.domain.corrections.actions import Speaker, give_feedback
from tocsin.domain.corrections.queries import feed
from tocsin.domain.corrections.types import CorrectionView, Heard, Verdict, Word
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.models import Entry, Fingerprint, Quarantine
from tocsin.domain.hashlists.quarantine import put as set_aside
from tocsin.domain.hashlists.quarantine_types import Decision
from tocsin.domain.matching.actions import keep_hits
from tocsin.domain.matching.hits import NewHit
from tocsin.domain.matching.types import Action, AnswerStatus, MatchKind
from tocsin.engine.knowngood import Doubt, Finding

__all__ = ["ACTOR", "a_list", "put"]


def provider(now: datetime, name: str = "Big Cloud") -> Speaker:
    """A party with a key."""
    issued = a_key(now, party=name)
    return Speaker(ApiKey.objects.get(key_id=issued.key_id).party_id, issued.key_id)


def new_hit(at: datetime, who: Speaker, *entry_ids: int, **changes: object) -> NewHit:
    """A hit as a journal holds it."""
    made = NewHit(
        id=uuid4(),
        key_id=who.key_id,
        party_id=who.party_id,
        at=at,
        kind=MatchKind.EXACT,
        status=AnswerStatus.LISTED,
        action=Action.BLOCK,
        entry_ids=entry_ids,
        distance_bits=0,
        client_id="upload-1",
        url=None,
        fingerprints=(),
        uploaded_at=None,
        list_version=1,
        rehearsal=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def told(at: datetime, who: Speaker, *entry_ids: int, **changes: object) -> str:
    """A hit that has come home; the provider's own id of the upload."""
    hit = new_hit(at, who, *entry_ids, **changes)
    keep_hits(hits=[hit], at=at)
    return hit.client_id


def work(at: datetime) -> None:
    """News delivered and the change log followed, as a worker does within a second."""
    following.follow(at)
    clock.run_round(at=at, worker="test")
    following.follow(at)


def corrections(who: Speaker, after: int = 0) -> list[CorrectionView]:
    """A party's feed."""
    return list(feed(who.party_id, after=after, limit=100).corrections)


def summary(who: Speaker, after: int = 0) -> list[tuple[str, list[tuple[str, str]]]]:
    """A party's feed in short: what, and each upload with what it is now."""
    return [
        (c.what.value, [(hit.id, hit.now.value) for hit in c.hits]) for c in corrections(who, after)
    ]


def refer(who: Speaker, entry_id: int) -> str:
    """The reference that an answer gave this key."""
    return reference(settings.TOCSIN_KEYS.ring("reference"), entry_id, audience=who.key_id)


def say(
    at: datetime,
    who: Speaker,
    entry_id: int,
    verdict: Verdict = Verdict.DOWN,
    reason: str = "not_csam",
    **more: object,
) -> Heard:
    """One word of a provider on an entry."""
    word = Word(refer(who, entry_id), verdict, reason)
    word = replace(word, **more)  # type: ignore[arg-type]
    [heard] = give_feedback(words=[word], speaker=who, at=at)
    return heard


def withdraw(at: datetime, entry_id: int) -> None:
    hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ACTOR, at=at)


def providers(now: datetime, names: Iterable[str]) -> list[Speaker]:
    return [provider(now, name) for name in names]


def new_version(now: datetime, entry: int) -> None:
    """The source sends its record again; the new one is held as the older was."""
    older = Entry.objects.get(pk=lists.newest(entry))
    run = release_of(now, older.hash_list_id, [f"version {older.version + 1}"])
    newer = Entry.objects.get(run=run)
    Entry.objects.filter(pk=older.pk).update(replaced_by_run=run)
    Entry.objects.filter(pk=newer.pk).update(
        source_entry_id=older.source_entry_id,
        version=older.version + 1,
        status=older.status,
        held=older.held,
    )
    Fingerprint.objects.filter(entry=newer).delete()
    Fingerprint.objects.bulk_create(
        Fingerprint(entry=newer, kind=f.kind, n=f.n, value=f.value, quality=f.quality)
        for f in prints(older.source_entry_id)
    )


def quarantine(now: datetime, entry: int, decision: Decision | None) -> None:
    """The lint sets it aside, and perhaps somebody decides of that."""
    again = f"set {Quarantine.objects.count()}"  # what was let out is not set aside for the same
    found = Finding(lists.newest(entry), Doubt.BLANK_PDQ, known_set=again)
    with transaction.atomic():
        set_aside([found], run_id=None, actor=ACTOR, at=now)
    work(now)
    if decision is not None:
        number = Quarantine.objects.latest("pk").pk
        hashlists.decide(number=number, decision=decision, words="w", actor=ACTOR, at=now)

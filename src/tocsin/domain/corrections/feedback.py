"""What providers say of entries: kept, counted, and acted upon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from tocsin.base.accounts import queries as accounts
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.secrets import NotOurs, open_reference
from tocsin.domain.corrections import appeals, holds, rules
from tocsin.domain.corrections.appeals import Opening
from tocsin.domain.corrections.models import Appeal, Feedback, Tally
from tocsin.domain.corrections.sealed import open_words, said_context, seal_words
from tocsin.domain.corrections.types import (
    Heard,
    Kept,
    NothingToAppeal,
    Origin,
    Verdict,
    Word,
)
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Purpose

_US = system("corrections")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose word it is. `rehearses`: a key for the test lists, which speaks of those alone."""

    party_id: int
    key_id: str
    rehearses: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class _Spoken:
    """A word on an entry we know."""

    word: Word
    entry_id: int


@dataclass(frozen=True, slots=True)
class _Count:
    """How many parties confirm an entry, and how many doubt it that no dismissal has weighed yet:
    a person who says that an entry is right has said so to all who doubted it then."""

    unweighed: int
    ups: int


def give_feedback(*, words: Sequence[Word], speaker: Speaker, at: datetime) -> list[Heard]:
    """Keep what a key says, and act on it: open appeals, hold an entry that several doubt.

    One answer for each word, in their order, and a transaction for each: a hold takes a number of
    the change log, and nobody else gets one until it is committed. What was kept before something
    failed is kept, and said again it changes nothing. A word about what the party spoke of before
    replaces that. A reference that the party was never given is told so.
    """
    keys = _keys_of(speaker)
    return [_hear(word, keys, speaker, at) for word in words]


def _hear(word: Word, keys: Iterable[str], speaker: Speaker, at: datetime) -> Heard:
    entry_id = _entry_of(word.reference, keys)
    if entry_id is None:
        return Heard(word.reference, Kept.UNKNOWN_REFERENCE)
    if speaker.rehearses and not _is_for_tests(entry_id):
        return Heard(word.reference, Kept.NOT_FOR_TEST_KEYS)
    with transaction.atomic():
        return _take(_Spoken(word, entry_id), speaker, at)


def _take(one: _Spoken, speaker: Speaker, at: datetime) -> Heard:
    counts = hashlists.newest(one.entry_id)
    tally = holds.locked(counts)
    row, kept = _keep(one, speaker, at)
    appeal = appeals.open_one(counts)
    if kept is not Kept.REPEATED:
        appeal = _act(tally, row, one.word, appeal, at)
    # Asked now: this very word may have had the entry held.
    standing = hashlists.standings([one.entry_id])[one.entry_id]
    return Heard(
        one.word.reference,
        kept,
        now=rules.amounts_to([standing]),
        appeal=appeal.number if appeal and row.appeal_id == appeal.pk else None,
    )


def _keep(one: _Spoken, speaker: Speaker, at: datetime) -> tuple[Feedback, Kept]:
    word = one.word
    before = Feedback.objects.filter(
        entry_id=one.entry_id, party_id=speaker.party_id, scope=word.scope, replaced_at=None
    ).first()
    if before is not None and _same(before, word):
        return before, Kept.REPEATED
    if before is not None:
        before.replaced_at = at
        before.save(update_fields=["replaced_at"])
    row = Feedback.objects.create(
        party_id=speaker.party_id,
        key_id=speaker.key_id,
        entry_id=one.entry_id,
        scope=word.scope,
        verdict=word.verdict,
        reason=word.reason,
        dispute=word.dispute,
        for_person=word.for_person,
        sealed_words=seal_words(word.words, said_context(one.entry_id, speaker.key_id)),
        at=at,
    )
    record(
        actor=Actor("key", speaker.key_id),
        action="corrections.feedback",
        subject=f"entry:{one.entry_id}",
        at=at,
        facts={"verdict": word.verdict.value, "reason": word.reason, "dispute": word.dispute},
    )
    return row, Kept.KEPT if before is None else Kept.REPLACED


def _act(
    tally: Tally, row: Feedback, word: Word, appeal: Appeal | None, at: datetime
) -> Appeal | None:
    """What follows from a new word; the open appeal of the entry, if there is one now."""
    count, entry_id = _recount(tally), hashlists.newest(tally.entry_id)
    if word.verdict is Verdict.DOWN and word.dispute:
        appeal = appeal or _opened(entry_id, _as_disputed(row, word), at)
        if appeal is not None:
            row.appeal = appeal
            row.save(update_fields=["appeal"])
    needed = settings.TOCSIN_DOWN_VOTES_TO_HOLD
    if rules.votes_hold(downs=count.unweighed, ups=count.ups, needed=needed):
        appeal = appeal or _opened(entry_id, Opening(Origin.VOTES, row.reason, "", _US), at)
        if appeal is not None:
            appeals.hold_meanwhile(appeal, actor=_US, at=at)
    return appeal


def _as_disputed(row: Feedback, word: Word) -> Opening:
    origin = Origin.PERSON if word.for_person else Origin.PROVIDER
    return Opening(origin, word.reason, word.words, Actor("key", row.key_id))


def _opened(entry_id: int, opening: Opening, at: datetime) -> Appeal | None:
    try:
        return appeals.begin(entry_id, opening, at)
    except NothingToAppeal:
        return None


def _recount(tally: Tally) -> _Count:
    """Count parties, not words: each stands where any standing word of it stands, down first."""
    family = hashlists.versions([tally.entry_id])
    words = Feedback.objects.filter(entry_id__in=family)
    downs = words.filter(verdict=Verdict.DOWN, reason__in=rules.SAYS_BENIGN)
    against = _parties(downs.filter(replaced_at=None))
    ups = _parties(words.filter(verdict=Verdict.UP, replaced_at=None)) - against
    tally.downs, tally.ups = len(against), len(ups)
    tally.save()
    weighed = _parties(downs.filter(weighed_at__isnull=False))
    return _Count(unweighed=len(against - weighed), ups=len(ups))


def _parties(words: QuerySet[Feedback]) -> set[int]:
    return set(words.values_list("party_id", flat=True))


def _same(row: Feedback, word: Word) -> bool:
    said = (row.verdict, row.reason, row.dispute, row.for_person)
    if said != (word.verdict, word.reason, word.dispute, word.for_person):
        return False
    return open_words(row.sealed_words, said_context(row.entry_id, row.key_id)) == word.words


def _entry_of(text: str, keys: Iterable[str]) -> int | None:
    ring = settings.TOCSIN_KEYS.ring("reference")
    for key_id in keys:
        try:
            return open_reference(ring, text, audience=key_id)
        except NotOurs:
            continue
    return None


def _is_for_tests(entry_id: int) -> bool:
    try:
        return hashlists.entry(entry_id).purpose is Purpose.TEST
    except hashlists.NoSuchEntry:
        return False


def _keys_of(speaker: Speaker) -> list[str]:
    """The key itself, then the party's others: a reference outlives the key it was given to."""
    party = accounts.party(speaker.party_id)
    others = [] if party is None else [key.key_id for key in party.keys.order_by("-pk")]
    return [speaker.key_id, *(key_id for key_id in others if key_id != speaker.key_id)]

"""Writing: issue a provider's key, keep hits, count checks, build the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.accounts.actions import KeyTerms, issue_key
from tocsin.base.accounts.queries import live_keys
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.outbox.actions import put
from tocsin.base.secrets import seal
from tocsin.domain.matching.building import build_index
from tocsin.domain.matching.guard.actions import let_key_go_on
from tocsin.domain.matching.harmless import add_harmless, remove_harmless
from tocsin.domain.matching.hits import NewHit, fingerprints_as_bytes
from tocsin.domain.matching.measuring import MeasureKey
from tocsin.domain.matching.models import CheckCount, CheckMeasure, Hit, HitEntry, KeyPolicy
from tocsin.domain.matching.types import (
    AnswerStatus,
    Door,
    NoSuchKey,
    PolicyTerms,
    ShadowNeedsActions,
)

HIT = "matching.hit"
KEPT = "matching.kept"
"""News of every batch of hits as it is kept: nobody has to look for late ones by their time."""

KEPT_HOURS = timedelta(days=14)

__all__ = [
    "HIT",
    "KEPT",
    "CountKey",
    "add_harmless",
    "build_index",
    "count_checks",
    "forget_hours",
    "issue_provider_key",
    "keep_hits",
    "let_key_go_on",
    "remove_harmless",
    "set_terms",
]


@dataclass(frozen=True, slots=True)
class CountKey:
    """What checks are counted by."""

    day: date
    key_id: str
    door: Door
    status: AnswerStatus
    shadow: bool = False


def issue_provider_key(
    *, party_id: int, terms: KeyTerms, policy: PolicyTerms, actor: Actor, at: datetime
) -> IssuedKey:
    """A new key with what it sees; its secret is in the answer and kept nowhere.

    Raises accounts.TooManyKeys when the party has two live ones, and ShadowNeedsActions.
    """
    _refuse_shadow_without_actions(terms.tier, policy)
    with transaction.atomic():
        issued = issue_key(party_id=party_id, terms=terms, actor=actor, at=at)
        KeyPolicy.objects.create(key_id=issued.key_id, **_told(policy))
        _record_terms(issued.key_id, policy, actor, at)
    return issued


def set_terms(*, key_id: str, policy: PolicyTerms, actor: Actor, at: datetime) -> None:
    """Other terms for a live key; every process has them within a second.

    Raises NoSuchKey, and ShadowNeedsActions.
    """
    key = live_keys(at=at).get(key_id)
    if key is None:
        raise NoSuchKey(f"There is no live key {key_id}.")
    _refuse_shadow_without_actions(key.tier, policy)
    with transaction.atomic():
        if not KeyPolicy.objects.filter(key__key_id=key_id).update(**_told(policy)):
            KeyPolicy.objects.create(key_id=key_id, **_told(policy))
        _record_terms(key_id, policy, actor, at)


def _refuse_shadow_without_actions(tier: Tier, policy: PolicyTerms) -> None:
    if policy.shadow and tier is Tier.BOOLEAN:
        raise ShadowNeedsActions("a key of the tier `boolean` hears no actions, so none in shadow")


def _told(policy: PolicyTerms) -> dict[str, Json]:
    """The terms as plain values, named as the columns are."""
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in asdict(policy).items()
    }


def _record_terms(key_id: str, policy: PolicyTerms, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action="matching.set_policy",
        subject=f"key:{key_id}",
        at=at,
        facts=_told(policy),
    )


def keep_hits(*, hits: Sequence[NewHit], at: datetime) -> int:
    """Hits from a journal as rows, with news of those that carry an address; how many were new.

    One audit row for all of them. A hit that is kept already is left as it is, and a line of the
    journal that met nothing is not kept.
    """
    hits = [hit for hit in hits if hit.entry_ids]
    if not hits:
        return 0
    with transaction.atomic():
        ids = [hit.id for hit in hits]
        known = set(Hit.objects.filter(pk__in=ids).values_list("pk", flat=True))
        # A request that was sent twice gives the same hits, perhaps in one journal.
        new = list({hit.id: hit for hit in hits if hit.id not in known}.values())
        if not new:
            return 0
        Hit.objects.bulk_create([_row(hit) for hit in new])
        HitEntry.objects.bulk_create(
            HitEntry(hit_id=hit.id, entry_id=each, told=each not in (hit.withheld_ids or ()))
            for hit in new
            for each in hit.entry_ids
        )
        record(
            actor=system("matching"),
            action="matching.keep_hits",
            subject=f"hits:{new[0].id}",
            at=at,
            facts={"hits": len(new), "merkle_root": merkle_root(hit.id.bytes for hit in new)},
        )
        put(topic=KEPT, payload={"hits": [str(hit.id) for hit in new]}, at=at)
        for hit in new:
            # An entry that is held is doubted, and nobody is to act on it. An answer that was held
            # back from its key is something else: what lies at the address is known material.
            if hit.url is not None and hit.in_truth is not AnswerStatus.HELD:
                put(topic=HIT, payload={"hit_id": str(hit.id)}, at=at, dedupe_key=f"{HIT}:{hit.id}")
    return len(new)


def count_checks(counts: Mapping[CountKey | MeasureKey, int]) -> None:
    """Add to the counts. Not audited: it says nothing of who or what, and comes each second."""
    with transaction.atomic():
        # Sorted, so that two processes lock the rows in the same order.
        for key, n in sorted(counts.items(), key=lambda item: repr(item[0])):
            if isinstance(key, MeasureKey):
                _count_measure(key, n)
                continue
            named = {"day": key.day, "key_id": key.key_id, "door": key.door, "status": key.status}
            row, _ = CheckCount.objects.get_or_create(**named, defaults={"n": 0})
            shadow = n if key.shadow else 0
            CheckCount.objects.filter(pk=row.pk).update(
                n=F("n") + n, in_shadow=F("in_shadow") + shadow
            )


def forget_hours(*, at: datetime) -> None:
    """Counts by the hour serve a picture of the last days, and go after a fortnight. Not audited,
    as counting is not."""
    old = CheckMeasure.objects.filter(day__lt=(at - KEPT_HOURS).date(), what__startswith="h")
    old.delete()


def _count_measure(key: MeasureKey, n: int) -> None:
    row, _ = CheckMeasure.objects.get_or_create(
        day=key.day, key_id=key.key_id, what=key.what, defaults={"n": 0}
    )
    CheckMeasure.objects.filter(pk=row.pk).update(n=F("n") + n)


def url_context(hit_id: object) -> str:
    """What a hit's sealed address is bound to."""
    return f"hit-url:{hit_id}"


def fingerprints_context(hit_id: object) -> str:
    """What a hit's sealed fingerprints are bound to."""
    return f"hit-fingerprints:{hit_id}"


def _row(hit: NewHit) -> Hit:
    ring = settings.TOCSIN_KEYS.ring("seal")
    return Hit(
        id=hit.id,
        key_id=hit.key_id,
        party_id=hit.party_id,
        at=hit.at,
        kind=hit.kind,
        status=hit.status,
        action=hit.action,
        shadow_action=hit.shadow_action or "",
        entry_ids=list(hit.entry_ids),
        withheld_ids=None if hit.withheld_ids is None else list(hit.withheld_ids),
        beside_ids=list(hit.beside_ids),
        distance_bits=hit.distance_bits,
        client_id=hit.client_id,
        sealed_url=(
            "" if hit.url is None else seal(ring, hit.url.encode(), context=url_context(hit.id))
        ),
        sealed_fingerprints=seal(
            ring, fingerprints_as_bytes(hit.fingerprints), context=fingerprints_context(hit.id)
        ),
        uploaded_at=hit.uploaded_at,
        list_version=hit.list_version,
        rehearsal=hit.rehearsal,
    )

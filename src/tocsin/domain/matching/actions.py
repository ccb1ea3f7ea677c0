"""Writing: issue a provider's key, keep hits, count checks, build the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.accounts.actions import KeyTerms, issue_key
from tocsin.base.accounts.types import IssuedKey
from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor, system
from tocsin.base.outbox.actions import put
from tocsin.base.secrets import seal
from tocsin.domain.matching.building import build_index
from tocsin.domain.matching.hits import NewHit, fingerprints_as_bytes
from tocsin.domain.matching.models import CheckCount, Hit, HitEntry, KeyPolicy
from tocsin.domain.matching.types import AnswerStatus, Door, PolicyTerms

HIT = "matching.hit"

__all__ = ["HIT", "CountKey", "build_index", "count_checks", "issue_provider_key", "keep_hits"]


@dataclass(frozen=True, slots=True)
class CountKey:
    """What checks are counted by."""

    day: date
    key_id: str
    door: Door
    status: AnswerStatus


def issue_provider_key(
    *, party_id: int, terms: KeyTerms, policy: PolicyTerms, actor: Actor, at: datetime
) -> IssuedKey:
    """A new key with what it sees; its secret is in the answer and kept nowhere.

    Raises accounts.TooManyKeys when the party has two live ones.
    """
    with transaction.atomic():
        issued = issue_key(party_id=party_id, terms=terms, actor=actor, at=at)
        KeyPolicy.objects.create(
            key_id=issued.key_id,
            lists=policy.lists,
            min_sources=policy.min_sources,
            near_radius_bits=policy.near_radius_bits,
            near_action=policy.near_action,
            unchecked_action=policy.unchecked_action,
        )
        record(
            actor=actor,
            action="matching.set_policy",
            subject=f"key:{issued.key_id}",
            at=at,
            facts={
                "lists": policy.lists.value,
                "min_sources": policy.min_sources,
                "near_radius_bits": policy.near_radius_bits,
                "near_action": policy.near_action.value,
                "unchecked_action": policy.unchecked_action.value,
            },
        )
    return issued


def keep_hits(*, hits: Sequence[NewHit], at: datetime) -> int:
    """Hits from a journal as rows, with news of those that carry an address; how many were new.

    One audit row for all of them. A hit that is kept already is left as it is.
    """
    if not hits:
        return 0
    with transaction.atomic():
        ids = [hit.id for hit in hits]
        known = set(Hit.objects.filter(pk__in=ids).values_list("pk", flat=True))
        new = [hit for hit in hits if hit.id not in known]
        if not new:
            return 0
        Hit.objects.bulk_create([_row(hit) for hit in new])
        HitEntry.objects.bulk_create(
            HitEntry(hit_id=hit.id, entry_id=entry_id) for hit in new for entry_id in hit.entry_ids
        )
        record(
            actor=system("matching"),
            action="matching.keep_hits",
            subject=f"hits:{new[0].id}",
            at=at,
            facts={"hits": len(new), "merkle_root": merkle_root(hit.id.bytes for hit in new)},
        )
        for hit in new:
            if hit.url is not None and hit.status is not AnswerStatus.HELD:
                put(topic=HIT, payload={"hit_id": str(hit.id)}, at=at, dedupe_key=f"{HIT}:{hit.id}")
    return len(new)


def count_checks(counts: Mapping[CountKey, int]) -> None:
    """Add to the counts. Not audited: it says nothing of who or what, and comes each second."""
    with transaction.atomic():
        # Sorted, so that two processes lock the rows in the same order.
        for key, n in sorted(counts.items(), key=lambda item: repr(item[0])):
            named = {"day": key.day, "key_id": key.key_id, "door": key.door, "status": key.status}
            row, _ = CheckCount.objects.get_or_create(**named, defaults={"n": 0})
            CheckCount.objects.filter(pk=row.pk).update(n=F("n") + n)


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
        entry_ids=list(hit.entry_ids),
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

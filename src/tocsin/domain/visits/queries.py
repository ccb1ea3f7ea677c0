"""Reading: whether we may fetch, a visit, all visits to an address, and whether the chain holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from tocsin.base.accounts import queries as accounts
from tocsin.base.audit.types import Json
from tocsin.base.secrets import NotOurs
from tocsin.domain.visits import chain, evidence, sealed
from tocsin.domain.visits.models import Evidence, EvidenceHead, Permit, Placeholder
from tocsin.domain.visits.types import PermitView, UnknownVisit, Visit
from tocsin.domain.visits.ways import agents, vantages

__all__ = [
    "ChainVerdict",
    "agents",
    "in_force",
    "may_fetch",
    "of_address",
    "permits",
    "record",
    "stands_in",
    "vantages",
    "verify_chain",
    "visit",
]

AT_ONCE = 500


def may_fetch(*, at: datetime) -> bool:
    """Whether a statement is in force that this organisation may fetch."""
    return in_force(at=at) is not None


def in_force(*, at: datetime) -> PermitView | None:
    """The statement by which is fetched, None while fetching is off."""
    rows = Permit.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), ended_at=None)
    row = rows.filter(starts_at__lte=at).order_by("-pk").first()
    return _permit(row) if row is not None else None


def permits() -> tuple[PermitView, ...]:
    """Every statement there was, newest first."""
    return tuple(_permit(row) for row in Permit.objects.order_by("-pk"))


def visit(visit_id: int) -> Visit:
    """One visit; raises UnknownVisit."""
    row = Evidence.objects.filter(pk=visit_id).first()
    if row is None:
        raise UnknownVisit(f"There is no visit {visit_id}.")
    return evidence.visit_of(row, _opened(row))


def of_address(url: str, *, limit: int = 50) -> tuple[Visit, ...]:
    """The visits to an address, whatever its scheme, newest first."""
    rows = Evidence.objects.filter(url_digest=sealed.address_digest(url)).order_by("-number")
    return tuple(evidence.visit_of(row, _opened(row)) for row in rows[:limit])


def record(visit_id: int) -> str:
    """The evidence of a visit as it was sealed: canonical JSON whose SHA-256 is its digest; empty
    when its time was over. For packages that go to the police. Raises UnknownVisit."""
    row = Evidence.objects.filter(pk=visit_id).first()
    if row is None:
        raise UnknownVisit(f"There is no visit {visit_id}.")
    return sealed.open_text(row.sealed_record, context=evidence.context(row.number))


def stands_in(host: str, sha256: bytes) -> bool:
    """Whether this body was found to stand in for others at this host."""
    digest = sealed.body_digest(host, sha256)
    return Placeholder.objects.filter(body_digest=digest).exists()


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What `verify_chain` found: how many rows it walked, how many of them were emptied in time,
    and the first thing wrong, if any."""

    rows: int
    emptied: int
    problem: str | None

    @property
    def sound(self) -> bool:
        return self.problem is None


def verify_chain() -> ChainVerdict:
    """Walk all evidence: every number there, every link right, every record the one that was
    sealed, and the last row the one that the head names."""
    number, link, emptied = 0, chain.GENESIS, 0
    for row in Evidence.objects.order_by("number").iterator(chunk_size=AT_ONCE):
        number += 1
        if row.number != number:
            return ChainVerdict(number - 1, emptied, f"evidence {number} is missing")
        link = chain.link_of(number, link, row.digest)
        if link != row.link:
            return ChainVerdict(number, emptied, f"the link of evidence {number} is another one")
        emptied += not row.sealed_record
        if problem := _problem(row):
            return ChainVerdict(number, emptied, problem)
    head = EvidenceHead.objects.filter(pk=1).first()
    if head is not None and (head.last_number, head.last_link) != (number, link):
        return ChainVerdict(number, emptied, f"evidence after number {number} is missing")
    return ChainVerdict(number, emptied, None)


def _problem(row: Evidence) -> str | None:
    if not row.sealed_record:
        return None
    try:
        written = sealed.open_text(row.sealed_record, context=evidence.context(row.number))
    except NotOurs:
        return f"the record of evidence {row.number} cannot be opened"
    if chain.digest_of(written) != row.digest:
        return f"the record of evidence {row.number} is another one"
    told = json.loads(written)
    if (told["outcome"], told["status"], told["at"]) != (
        row.outcome,
        row.status,
        row.at.isoformat(),
    ):
        return f"the row of evidence {row.number} says something else than its record"
    return None


def _opened(row: Evidence) -> dict[str, Json]:
    written = sealed.open_text(row.sealed_record, context=evidence.context(row.number))
    told: dict[str, Json] = json.loads(written or "{}")
    return told


def _permit(row: Permit) -> PermitView:
    names = {f"user:{person.pk}": person.username for person in accounts.people()}
    return PermitView(
        id=row.pk,
        basis=row.basis,
        stated_by=names.get(row.stated_by, row.stated_by),
        stated_at=row.stated_at,
        ends_at=row.ends_at,
        ended_by=names.get(row.ended_by, row.ended_by),
        ended_at=row.ended_at,
    )

"""Writing: say that this organisation may fetch, visit an address, have one visited later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.visits import evidence, exploring, fetching, queries, reading, sealed, ways
from tocsin.domain.visits.errands import ask
from tocsin.domain.visits.evidence import Circumstances
from tocsin.domain.visits.exploring import Explored, Search
from tocsin.domain.visits.models import Permit, Placeholder
from tocsin.domain.visits.types import (
    HOME,
    HONEST,
    Agent,
    ContentKind,
    NothingInForce,
    Outcome,
    PermitRefused,
    Vantage,
    Visit,
)
from tocsin.engine.media import DecoderUnavailable, Derivative, Wanted

__all__ = ["DecodersBusy", "Looked", "ask", "look", "permit", "stop", "visit"]

log = structlog.get_logger()

MOST_BASIS = 2_000


def permit(*, basis: str, until: datetime | None, actor: Actor, at: datetime) -> int:
    """State that this organisation may fetch reported addresses, on what legal basis, from now on
    and until when; its number. An earlier statement ends with it. Raises PermitRefused."""
    if not 0 < len(basis.strip()) <= MOST_BASIS:
        raise PermitRefused("basis", f"Write the legal basis, in at most {MOST_BASIS} characters.")
    if until is not None and until <= at:
        raise PermitRefused("until", "The end lies in the past.")
    with transaction.atomic():
        _end(actor, at)
        row = Permit.objects.create(
            basis=basis.strip(), stated_by=actor.text, stated_at=at, starts_at=at, ends_at=until
        )
        record(
            actor=actor,
            action="visits.permit",
            subject=f"permit:{row.pk}",
            at=at,
            facts={"until": until.isoformat() if until else None},
            personal={"basis": basis.strip()},
        )
    return row.pk


def stop(*, actor: Actor, at: datetime) -> None:
    """Fetch nothing any more, from the next request on. Raises NothingInForce."""
    with transaction.atomic():
        if not _end(actor, at):
            raise NothingInForce("Fetching is off already.")


def visit(
    *,
    url: str,
    vantage: Vantage = HOME,
    agent: Agent = HONEST,
    at: datetime,
    known: tuple[FingerprintValue, ...] = (),
) -> Visit:
    """Fetch an address and, of a page, its pictures; keep the evidence.

    `known` are the fingerprints of what is looked for: where they are shown, it is there whatever
    the server says. Not to be called in a transaction: it waits for strangers. While fetching is
    off nothing is sent, and the outcome is `not_fetched`, without an id.
    Raises DecodersBusy when no decoder can be started.
    """
    if not queries.may_fetch(at=at):
        return _not_fetched(url, vantage, agent, at)
    canary = settings.TOCSIN_VISIT_CANARY
    way = ways.way(vantage, agent)
    try:
        found = exploring.explore(Search(url, known, queries.stands_in, canary), way)
    except DecoderUnavailable as error:
        raise DecodersBusy("No decoder can be started at the moment; try again.") from error
    return _keep(found, Circumstances(url, vantage, agent, way.user_agent, at))


@dataclass(frozen=True, slots=True)
class Looked:
    """What was fetched for somebody to look at. `derivative` is None where nothing may be shown,
    and then `held_back` says so, or there was nothing to show. Stays in memory."""

    visit: Visit
    derivative: Derivative | None
    held_back: bool = False

    def __repr__(self) -> str:
        return f"<Looked {self.visit.outcome}>"


def look(
    *,
    url: str,
    wanted: Wanted,
    may_show: Callable[[tuple[FingerprintValue, ...]], bool],
    at: datetime,
    referer: str = "",
) -> Looked:
    """Fetch one picture or film anew and make the small veiled picture of it, for showing once.

    `may_show` is asked with the fingerprints of what came, before anything of it is drawn. The
    evidence says which file was looked at. As `visit`, not to be called in a transaction.
    """
    if not queries.may_fetch(at=at):
        return Looked(_not_fetched(url, HOME, HONEST, at), None)
    way = ways.way(HOME, HONEST)
    fetched = fetching.fetch(url, way, referer=referer)
    try:
        content = reading.read(fetched, way.decoders)
        shown = content.kind in {ContentKind.PICTURE, ContentKind.FILM}
        allowed = shown and may_show(content.values)
        derivative = way.decoders.derive(fetched.body, wanted, reading.OPTIONS) if allowed else None
    except DecoderUnavailable as error:
        raise DecodersBusy("No decoder can be started at the moment; try again.") from error
    found = exploring.of_one(url, fetched, content)
    kept = _keep(found, Circumstances(url, HOME, HONEST, way.user_agent, at))
    return Looked(kept, derivative, held_back=shown and not allowed)


class DecodersBusy(Exception):
    """No decoder can be started, so nothing that is fetched could be read."""


def _keep(found: Explored, of: Circumstances) -> Visit:
    """Write the evidence of a visit: one transaction."""
    told = evidence.record_of(found, of)
    with transaction.atomic():
        row = evidence.append(told, found, of)
        if found.stands_in:
            _remember(found, of.at)
        record(
            actor=system("visits"),
            action="visits.visit",
            subject=f"visit:{row.pk}",
            at=of.at,
            facts={"outcome": row.outcome, "evidence": row.number, "link": row.link},
        )
    log.info("visited", visit_id=row.pk, outcome=row.outcome)
    return evidence.visit_of(row, told)


def _remember(found: Explored, at: datetime) -> None:
    host = urlsplit(found.final_url).netloc
    Placeholder.objects.update_or_create(
        body_digest=sealed.body_digest(host, found.body_sha256),
        defaults={"last_at": at},
        create_defaults={
            "host_digest": sealed.host_digest(host),
            "first_at": at,
            "last_at": at,
        },
    )


def _end(actor: Actor, at: datetime) -> bool:
    """End the statement that is in force, in the caller's transaction; whether there was one."""
    rows = list(Permit.objects.select_for_update().filter(ended_at=None))
    in_force = [row for row in rows if row.ends_at is None or row.ends_at > at]
    for row in rows:
        row.ended_by, row.ended_at = actor.text, at
        row.save(update_fields=["ended_by", "ended_at"])
        record(actor=actor, action="visits.stop", subject=f"permit:{row.pk}", at=at)
    return bool(in_force)


def _not_fetched(url: str, vantage: Vantage, agent: Agent, at: datetime) -> Visit:
    return Visit(
        id=None,
        outcome=Outcome.NOT_FETCHED,
        status=None,
        at=at,
        vantage=vantage,
        agent=agent,
        url=url,
        final_url=url,
        final_host=evidence.host_of(url),
        kind=ContentKind.NOTHING,
        images=(),
        signs=("no_permit",),
    )

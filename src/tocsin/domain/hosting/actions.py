"""Writing: find out where a host is, and keep it where it changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.outbox.actions import put
from tocsin.domain.hosting import bootstrap, finding, means, rules, sealed
from tocsin.domain.hosting.models import Origin, Whereabouts
from tocsin.domain.hosting.types import Hosting, OriginState

CHANGED = "hosting.changed"

FRESH = timedelta(hours=1)
"""How long an answer is given again by `resolve_again` without anybody being asked."""


def resolve(*, host: str, at: datetime, rehearsal: bool = False) -> Hosting:
    """Find out where a host is and whom that makes answerable, and keep it where it changed.

    `host` as in an item's address, with `:port` where it is not the usual one. Asks name servers,
    registries and routing: not inside a transaction, up to about a minute. What does not answer is
    left out of the chain. Raises NotFound where nothing at all was learned.
    """
    spelled = rules.spelling(host)
    found = finding.find(spelled, means=means.configured(), at=at, rehearsal=rehearsal)
    with transaction.atomic():
        _keep(found, at)
        _watch_origin(found, at)
    return found


def resolve_again(*, host: str, at: datetime, rehearsal: bool = False) -> Hosting:
    """The same, but what was found within the last hour is given without asking anybody."""
    known = sealed.digest(rules.spelling(host))
    row = Whereabouts.objects.filter(host_digest=known).exclude(sealed="").order_by("-id").first()
    if row is not None and at - row.confirmed_at < FRESH:
        return sealed.open_facts(
            row.sealed, host_digest=known, at=row.first_at, confirmed_at=row.confirmed_at
        )
    return resolve(host=host, at=at, rehearsal=rehearsal)


def ask_origin_again(*, host_digest: str, at: datetime) -> None:
    """The clock of a host behind a CDN: ask again, or leave it where nobody wants to know."""
    row = Origin.objects.filter(host_digest=host_digest).first()
    if row is None or row.state == OriginState.LEFT:
        return
    if at - row.wanted_at >= rules.LEFT_AFTER:
        with transaction.atomic():
            left = rules.ORIGIN_LIFE.target("leave", OriginState(row.state))
            Origin.objects.filter(pk=row.pk).update(state=left, since=at)
            _wind(host_digest, left, at)
        return
    wanted_at = row.wanted_at
    found = finding.find(
        sealed.open_host(row.sealed_host, host_digest=host_digest),
        means=means.configured(),
        at=at,
        rehearsal=False,
    )
    with transaction.atomic():
        _keep(found, at)
        _watch_origin(found, at, wanted_at=wanted_at)


def refresh_registries(*, actor: Actor, at: datetime) -> dict[str, str]:
    """Fetch IANA's bootstrap files into the data folder; when each was published, by part.

    Raises means.NoAnswer or bootstrap.WrongBootstrap; what was there before then stays.
    """
    ways = means.configured()
    files = {}
    for part in bootstrap.PARTS:
        reply = ways.web.get(f"{bootstrap.SOURCE}{part}.json")
        if reply.status != 200:
            raise means.NoAnswer("status")
        files[part] = reply.body
    text = bootstrap.gathered(files)
    fresh = ways.renewed.with_suffix(".new")
    fresh.write_text(text, "utf-8")
    fresh.replace(ways.renewed)
    published = dict(bootstrap.registries(ways.renewed).published)
    with transaction.atomic():
        record(actor=actor, action="hosting.refresh", subject="registries", at=at, facts=published)
    return published


def _keep(found: Hosting, at: datetime) -> None:
    """A row where something changed; else only when the same was last found."""
    known, facts = sealed.digest(found.host), sealed.facts_digest(found)
    newest = Whereabouts.objects.filter(host_digest=known).order_by("-id").first()
    if newest is not None and newest.facts_digest == facts and newest.sealed:
        Whereabouts.objects.filter(pk=newest.pk, confirmed_at__lt=at).update(confirmed_at=at)
        return
    row = Whereabouts.objects.create(
        host_digest=known,
        sealed=sealed.close(found, host_digest=known),
        facts_digest=facts,
        asn=found.asn,
        country=found.country,
        cdn=found.cdn or "",
        origin_known=found.origin_known,
        first_at=at,
        confirmed_at=at,
    )
    record(
        actor=system("hosting"),
        action="hosting.found",
        subject=f"whereabouts:{row.pk}",
        at=at,
        facts={"asn": found.asn, "country": found.country, "cdn": found.cdn or ""},
    )
    if newest is not None:
        news = {"whereabouts_id": row.pk, "before_id": newest.pk}
        put(topic=CHANGED, payload=news, at=at, dedupe_key=f"{CHANGED}:{row.pk}")


def _watch_origin(found: Hosting, at: datetime, *, wanted_at: datetime | None = None) -> None:
    """Note of a host behind a CDN whether its server is known, and when that is asked again."""
    known = sealed.digest(found.host)
    row = Origin.objects.filter(host_digest=known).first()
    if found.cdn is None:
        if row is not None and row.state != OriginState.LEFT:
            left = rules.ORIGIN_LIFE.target("leave", OriginState(row.state))
            Origin.objects.filter(pk=row.pk).update(state=left, since=at)
            _wind(known, left, at)
        return
    move = "told" if found.origin_known else "not_told"
    state = rules.ORIGIN_LIFE.target(move, OriginState(row.state) if row else OriginState.UNKNOWN)
    Origin.objects.update_or_create(
        host_digest=known,
        defaults={
            "sealed_host": sealed.close_host(found.host),
            "state": state,
            "since": row.since if row is not None and row.state == state else at,
            "asked_at": at,
            "wanted_at": wanted_at or at,
        },
    )
    _wind(known, state, at)


def _wind(host_digest: str, state: OriginState, at: datetime) -> None:
    mine = rules.ORIGIN_LIFE.waiting.get(state)
    for waiting in rules.ORIGIN_LIFE.waiting.values():
        if waiting is not mine:
            cancel(kind=waiting.then, subject=host_digest)
    if mine is not None:
        set_due(kind=mine.then, subject=host_digest, due_at=at + mine.within)

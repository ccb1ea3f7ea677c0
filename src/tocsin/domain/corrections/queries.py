"""Reading: appeals and floods for people, feeds and webhooks for parties, our public keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from tocsin.base.accounts.queries import party_names
from tocsin.base.secrets import public_keys
from tocsin.domain.corrections import rules
from tocsin.domain.corrections.endpoints import CURRENT, url_context
from tocsin.domain.corrections.holds import held_for
from tocsin.domain.corrections.models import (
    Appeal,
    Correction,
    Endpoint,
    Feedback,
    Flood,
    Held,
    PartyFeed,
    Tally,
)
from tocsin.domain.corrections.reading import feed, rehearsal_feed
from tocsin.domain.corrections.sealed import open_words, said_context
from tocsin.domain.corrections.sending import RING
from tocsin.domain.corrections.types import (
    AppealDetail,
    AppealState,
    AppealView,
    EndpointState,
    EndpointView,
    FloodState,
    FloodView,
    HeldFor,
    HeldView,
    Origin,
    Reach,
    Scope,
    UnknownAppeal,
    Unread,
    Verdict,
    WordView,
)
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching import queries as matching

__all__ = [
    "appeal",
    "appeals",
    "endpoint_of",
    "endpoints",
    "feed",
    "floods",
    "holds",
    "open_floods",
    "rehearsal_feed",
    "signing_keys",
    "unread",
]

MOST_SAID = 200
_SHOWN = (EndpointState.WAITING, EndpointState.LAPSED, *CURRENT)


def appeals(*, decided: bool, limit: int = 50, offset: int = 0) -> list[AppealView]:
    """Those that wait for somebody, the most pressing first; or those decided, newest first."""
    if decided:
        rows = Appeal.objects.filter(state__in=rules.APPEAL.final).order_by("-decided_at", "-pk")
    else:
        waiting = Appeal.objects.filter(state__in=rules.OPEN)
        rows = waiting.order_by("-holds", "-attention", "opened_at", "pk")
    return [_appeal(row) for row in rows[offset : offset + limit]]


def appeal(number: str) -> AppealDetail:
    """One appeal with all that was said of its entry; raises UnknownAppeal."""
    row = Appeal.objects.filter(number=number).first()
    if row is None:
        raise UnknownAppeal(f"There is no appeal {number}.")
    family = hashlists.versions([row.entry_id])
    said = Feedback.objects.filter(entry_id__in=family).order_by("-at", "-pk")[:MOST_SAID]
    tally = Tally.objects.filter(pk=min(family)).first()
    counts = hashlists.newest(row.entry_id)
    return AppealDetail(
        appeal=_appeal(row),
        words=open_words(row.sealed_words, f"appeal:{number}"),
        outcome=open_words(row.sealed_outcome, f"outcome:{number}"),
        entry=hashlists.entry(counts),
        standing=hashlists.standings([counts])[counts],
        ups=tally.ups if tally else 0,
        downs=tally.downs if tally else 0,
        said=tuple(_said(said)),
        reach=_reach(family),
    )


def floods(limit: int = 50) -> list[FloodView]:
    """All brakes that wait for somebody first, then those decided, newest first."""
    waiting = Flood.objects.filter(state=FloodState.HELD).order_by("held_at", "pk")
    done = Flood.objects.exclude(state=FloodState.HELD).order_by("-held_at", "-pk")[:limit]
    return [_flood(row) for row in [*waiting, *done]]


def holds(limit: int = 200) -> list[HeldView]:
    """Entries that are held, those that nobody asks about any more first, then by age."""
    rows = {row.pk: row.since for row in Held.objects.order_by("since", "pk")[:limit]}
    held = sorted(hashlists.held_among(rows), key=lambda pk: (rows[pk], pk))
    views = [_held(entry_id, rows[entry_id]) for entry_id in held]
    return sorted(views, key=lambda view: view.held_for is not HeldFor.NOBODY)


def open_floods() -> int:
    """How many entries are held by the brake and wait for somebody."""
    return Flood.objects.filter(state=FloodState.HELD).count()


def endpoints() -> list[EndpointView]:
    """Webhooks that are or might come into service: those given up first, then by party."""
    rows = Endpoint.objects.filter(state__in=_SHOWN).order_by("-made_at", "-pk")
    newest: dict[tuple[int, str], Endpoint] = {}
    for row in rows:
        newest.setdefault((row.party_id, row.state), row)
    views = [_endpoint(row) for row in newest.values()]
    return sorted(views, key=lambda v: (v.state is not EndpointState.DEAD, v.party_name, v.id))


def endpoint_of(party_id: int) -> EndpointView | None:
    """The webhook of a party, the newest that it set up; None without one."""
    rows = Endpoint.objects.filter(party_id=party_id, state__in=_SHOWN)
    row = rows.order_by("-made_at", "-pk").first()
    return None if row is None else _endpoint(row)


def unread(party_id: int, limit: int = 10) -> Unread:
    """Corrections that a party has not said it worked in."""
    row = PartyFeed.objects.filter(pk=party_id).first()
    after = row.acknowledged if row else 0
    rows = Correction.objects.filter(party_id=party_id, no__gt=after)
    return Unread(after, rows.count(), feed(party_id, after=after, limit=limit).corrections)


def signing_keys() -> dict[str, str]:
    """Our public keys for webhooks by id, newest last: Ed25519, 32 bytes in base64url."""
    return public_keys(settings.TOCSIN_KEYS.ring(RING))


def _held(entry_id: int, since: datetime) -> HeldView:
    family = hashlists.versions([entry_id])
    holding = Appeal.objects.filter(entry_id__in=family, state__in=rules.OPEN, holds=True)
    return HeldView(
        entry=hashlists.entry(entry_id),
        since=since,
        held_for=held_for(entry_id),
        appeal=holding.values_list("number", flat=True).first(),
        like=hashlists.wrong_before(entry_id),
    )


def _appeal(row: Appeal) -> AppealView:
    return AppealView(
        number=row.number,
        entry_id=row.entry_id,
        state=AppealState(row.state),
        origin=Origin(row.origin),
        reason=row.reason,
        holds=row.holds,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        reviewer=row.reviewer,
        due_at=row.due_at,
        attention=row.attention,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        rehearsal=row.rehearsal,
    )


def _said(rows: Iterable[Feedback]) -> Iterable[WordView]:
    names = party_names()
    for row in rows:
        yield WordView(
            party_name=names.get(row.party_id, ""),
            key_id=row.key_id,
            verdict=Verdict(row.verdict),
            reason=row.reason,
            scope=Scope(row.scope),
            dispute=row.dispute,
            for_person=row.for_person,
            words=open_words(row.sealed_words, said_context(row.entry_id, row.key_id)),
            at=row.at,
            replaced_at=row.replaced_at,
        )


def _reach(entry_ids: Iterable[int]) -> Reach:
    got = [line for entry_id in entry_ids for line in matching.who_got(entry_id)]
    return Reach(
        parties=len({line.party_id for line in got}),
        hits=sum(line.hits for line in got),
        last_at=max((line.last_at for line in got), default=None),
    )


def _flood(row: Flood) -> FloodView:
    return FloodView(
        number=row.pk,
        entry=hashlists.entry(hashlists.newest(row.entry_id)),
        state=FloodState(row.state),
        parties=row.parties,
        hits=row.hits,
        party_limit=row.party_limit,
        hit_limit=row.hit_limit,
        usual_hits_an_hour=row.usual_hits_an_hour,
        held_at=row.held_at,
        attention=row.attention,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        outcome=open_words(row.sealed_outcome, f"flood:{row.pk}"),
    )


def _endpoint(row: Endpoint) -> EndpointView:
    last = PartyFeed.objects.filter(pk=row.party_id).values_list("last", flat=True).first()
    return EndpointView(
        id=row.pk,
        party_id=row.party_id,
        party_name=party_names().get(row.party_id, ""),
        url=open_words(row.sealed_url, url_context(row)),
        state=EndpointState(row.state),
        made_at=row.made_at,
        proven_at=row.proven_at,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        last_error=row.last_error,
        last_sent_at=row.last_sent_at,
        behind=max((last or 0) - row.sent_no, 0),
    )

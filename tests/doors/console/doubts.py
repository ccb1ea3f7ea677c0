"""Appeals, floods and webhooks in every state, for the pages that show them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from tests.domain.corrections.scenes import new_hit, providers, say, told, work
from tests.domain.listing import ACTOR, Told, a_list, put
from tocsin.domain.corrections import actions
from tocsin.domain.corrections.models import Endpoint
from tocsin.domain.corrections.types import EndpointState, Verdict
from tocsin.domain.matching.actions import keep_hits


def fill_with_doubts(today: datetime) -> None:
    """One appeal of several providers, one decided, floods waiting and lifted, three webhooks."""
    list_no = a_list(today, "police-nl", source="Dutch police")
    parties = providers(today, ["Big Cloud", "Bildhost", "Forum Noord", "Shopkit", "Vlogcast"])
    logo = put(today, list_no, "logo", Told(sources=2))
    for who in parties[:3]:
        told(today, who, logo)
    say(today, parties[0], logo, reason="meme")
    say(
        today,
        parties[0],
        logo,
        reason="known_software_asset",
        dispute=True,
        words="This is the default avatar of our forum software.",
    )
    say(today, parties[1], logo, dispute=True, for_person=True)
    say(today, parties[2], logo, Verdict.UP, "confirmed")
    decided(today, put(today, list_no, "beach"))
    flood(today, put(today, list_no, "theme"))
    number = flood(today - timedelta(days=3), put(today, list_no, "news"))
    actions.lift(number=number, words="A film still in the news.", actor=ACTOR, at=today)
    for who, state in zip(parties, (EndpointState.PROVEN, EndpointState.DEAD), strict=False):
        pk = actions.set_endpoint(
            party_id=who.party_id, url="https://hooks.bigcloud.example/", actor=ACTOR, at=today
        )
        failed = state is EndpointState.DEAD
        Endpoint.objects.filter(pk=pk).update(
            state=state,
            attempts=16 if failed else 0,
            last_error="status 503" if failed else "",
            proven_at=today,
            last_sent_at=today - timedelta(hours=5),
        )
    actions.set_endpoint(
        party_id=parties[3].party_id, url="https://shop.example/in", actor=ACTOR, at=today
    )


def decided(today: datetime, entry: int) -> None:
    number = actions.open_appeal(
        entry_id=entry, reason="adult", words="Please look again.", actor=ACTOR, at=today
    )
    actions.take(number=number, actor=ACTOR, at=today)
    actions.uphold(number=number, words="All adults, an advertisement.", actor=ACTOR, at=today)


def flood(at: datetime, entry: int) -> int:
    """An entry held by the brake; the flood's number."""
    from tocsin.domain.corrections.queries import floods

    need = settings.TOCSIN_FLOOD_PARTIES
    some = providers(at, [f"Host {entry}-{n}" for n in range(need)])
    keep_hits(hits=[new_hit(at, who, entry) for who in some for _ in range(12)], at=at)
    work(at)
    return next(view.number for view in floods() if view.entry.id == entry)

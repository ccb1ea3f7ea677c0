"""Writing: words of providers, appeals, the brake, the feed of corrections and its webhooks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.domain.corrections import appeals, telling
from tocsin.domain.corrections.appeals import (
    ask_source,
    dismiss,
    give_back,
    open_appeal,
    take,
    uphold,
)
from tocsin.domain.corrections.endpoints import remove_endpoint, resend, set_endpoint
from tocsin.domain.corrections.feedback import Speaker, give_feedback
from tocsin.domain.corrections.floods import lift, withdraw
from tocsin.domain.corrections.holds import let_count, withdraw_held
from tocsin.domain.corrections.models import PartyFeed
from tocsin.domain.corrections.sending import send_beside_feed

__all__ = [
    "Speaker",
    "acknowledge",
    "ask_source",
    "dismiss",
    "give_back",
    "give_feedback",
    "let_count",
    "lift",
    "open_appeal",
    "remove_endpoint",
    "resend",
    "send_beside_feed",
    "set_endpoint",
    "skip_numbers",
    "take",
    "uphold",
    "withdraw",
    "withdraw_held",
]


def acknowledge(*, party_id: int, cursor: int) -> int:
    """The party has read its feed up to `cursor`; up to which number it has by now.

    An older number than before changes nothing, and one beyond the end counts as the end. Not
    audited: it says nothing of what was decided, and comes with each poll.
    """
    with transaction.atomic():
        feed = PartyFeed.objects.select_for_update().filter(pk=party_id).first()
        if feed is None:
            return 0
        reached = max(feed.acknowledged, min(cursor, feed.last))
        if reached != feed.acknowledged:
            feed.acknowledged = reached
            feed.save(update_fields=["acknowledged"])
    return reached


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out numbers of appeals and feeds, in the caller's transaction, after a restore."""
    appeals.skip_numbers(count=count, at=at)
    telling.skip_numbers(count=count)

"""One puller at a time: a hold on an exchange that ends by itself, and the moves it protects."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import PullState

HOLD = timedelta(minutes=5)
"""Longer than one page may take, or one step of taking pages in."""


class BeingPulled(Exception):
    """Another process is pulling from this exchange right now."""


class HoldLost(Exception):
    """Another process took this pull over; this one must stop without writing anything more."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Our hold on an exchange."""

    exchange_id: int
    holder: str

    def update(self, at: datetime, **changes: object) -> None:
        """Change the exchange and hold it for longer; raises HoldLost, also when it was switched
        off meanwhile."""
        if not self._wanted().update(held_until=at + HOLD, **changes):
            raise HoldLost("Another process has taken this pull over, or it was switched off.")

    def let_go(self, **changes: object) -> None:
        """Change the exchange a last time and stop holding it; nothing when it is lost anyway."""
        if changes and self._wanted().update(holder="", held_until=None, **changes):
            return
        mine = Exchange.objects.filter(pk=self.exchange_id, holder=self.holder)
        mine.update(holder="", held_until=None)

    def _wanted(self) -> QuerySet[Exchange]:
        mine = Exchange.objects.filter(pk=self.exchange_id, holder=self.holder)
        return mine.exclude(state=PullState.OFF)


def take(exchange_id: int, at: datetime) -> Hold:
    """Hold the exchange; raises BeingPulled. A hold whose time is over belongs to nobody."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    free = Q(held_until__isnull=True) | Q(held_until__lte=at) | Q(holder="")
    won = (
        Exchange.objects.filter(free, pk=exchange_id)
        .exclude(state=PullState.OFF)
        .update(holder=holder, held_until=at + HOLD)
    )
    if not won:
        raise BeingPulled("Another process is pulling from this exchange, or it is switched off.")
    return Hold(exchange_id, holder)

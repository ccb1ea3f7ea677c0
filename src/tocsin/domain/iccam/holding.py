"""One at a time speaks with ICCAM: a hold that ends by itself."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from tocsin.domain.iccam.models import Link
from tocsin.domain.iccam.types import LinkState

HOLD: Final = timedelta(minutes=5)
"""Longer than the calls of one step may take."""


class HoldLost(Exception):
    """Another process has taken over, or the exchange was switched off: stop at once."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Our hold."""

    link_id: int
    holder: str

    def go_on(self, at: datetime, **changes: object) -> None:
        """Hold it for longer and change the link; raises HoldLost."""
        mine = Link.objects.filter(pk=self.link_id, holder=self.holder).exclude(state=LinkState.OFF)
        if not mine.update(held_until=at + HOLD, **changes):
            raise HoldLost

    def let_go(self, **changes: object) -> None:
        """Change the link a last time and hold it no more; nothing where it is lost anyway."""
        mine = Link.objects.filter(pk=self.link_id, holder=self.holder)
        if not mine.exclude(state=LinkState.OFF).update(holder="", held_until=None, **changes):
            mine.update(holder="", held_until=None)


def take(link_id: int, at: datetime) -> Hold | None:
    """Hold it; None while somebody else does, or where it is switched off."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    free = Q(held_until__isnull=True) | Q(held_until__lte=at) | Q(holder="")
    mine = Link.objects.filter(free, pk=link_id).exclude(state=LinkState.OFF)
    won = mine.update(holder=holder, held_until=at + HOLD)
    return Hold(link_id, holder) if won else None

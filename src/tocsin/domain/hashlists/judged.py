"""News of what people here decided about entries of others: it travels up by the outbox.

Whoever brought the entry may want to hear of it; this room does not know who that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.outbox.actions import put

JUDGED: Final = "hashlists.judged"
_AT_ONCE: Final = 50
_AT_THE_KEYBOARD: Final = system("command line")


def tell(entry_ids: Sequence[int], *, belongs: bool, actor: Actor, at: datetime) -> None:
    """A person found that these entries belong on their list, or do not; in the transaction of the
    decision. What the system does by itself (a restore, a time that is over) is nobody's word."""
    if actor.kind != "user" and actor != _AT_THE_KEYBOARD:
        return
    once = list(dict.fromkeys(entry_ids))
    for start in range(0, len(once), _AT_ONCE):
        some: list[Json] = [*once[start : start + _AT_ONCE]]
        put(
            topic=JUDGED,
            payload={"entries": some, "belongs": belongs, "by": actor.text},
            at=at,
        )

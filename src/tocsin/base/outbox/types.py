"""What a consumer is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.audit.types import Json


class MessageState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class News:
    """A delivered message. The same id may be delivered twice."""

    id: str
    topic: str
    payload: Mapping[str, Json]


Consumer = Callable[[News, datetime], None]

"""Roles, permissions, tiers, and what the hot path knows of a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# In a browser's session: the number of the person who showed the second factor in it.
SECOND_FACTOR_MARK = "tocsin.second_factor"


class Role(StrEnum):
    ANALYST = "analyst"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a page or an act asks for."""

    ENTER = "enter"  # be logged in with the second factor
    SEE_ITEMS = "see_items"
    ASSESS = "assess"
    CORRECT = "correct"  # say that a finding was wrong
    SEE_NOTICES = "see_notices"
    SEE_LISTS = "see_lists"
    KEEP_HOSTERS = "keep_hosters"
    KEEP_PEOPLE = "keep_people"
    KEEP_KEYS = "keep_keys"
    KEEP_PROVIDERS = "keep_providers"  # vouch for those who signed up by themselves
    SEE_SYSTEM = "see_system"


class PartyKind(StrEnum):
    PROVIDER = "provider"
    HOTLINE = "hotline"
    POLICE = "police"
    REGULATOR = "regulator"


class Tier(StrEnum):
    """How much an answer tells: yes or no; what to do; everything that may be told."""

    BOOLEAN = "boolean"
    ACTION = "action"
    DETAIL = "detail"


class OutagePolicy(StrEnum):
    """What a party does with uploads while nothing can be checked: agreed on with each key.

    Refuse them; keep them back; or let them through and check them as soon as that is possible.
    """

    CLOSED = "closed"
    HOLD = "hold"
    OPEN_AND_RECHECK = "open-and-recheck"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A live key as every process holds it in memory."""

    key_id: str
    secret_digest: str
    party_id: int
    tier: Tier
    per_second: float
    burst: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key, shown once: `bearer` is what goes behind `Authorization: Bearer`."""

    key_id: str
    secret: str

    @property
    def bearer(self) -> str:
        return f"{self.key_id}.{self.secret}"

"""Roles, permissions, tiers, and what the hot path knows of a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# In a browser's session: the number of the person who showed the second factor in it.
SECOND_FACTOR_MARK = "tocsin.second_factor"


class Role(StrEnum):
    INTAKE = "intake"  # enters what arrives and talks with reporters; decides nothing
    ANALYST = "analyst"
    SECOND_REVIEWER = "second_reviewer"
    QUALITY = "quality"  # of another line than the desk: measures agreement, keeps golden items
    MANAGER = "manager"
    POLICE_LIAISON = "police_liaison"
    AUDITOR = "auditor"
    REGULATOR = "regulator"  # reads figures, nothing else
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a page or an act asks for."""

    ENTER = "enter"  # be logged in with the second factor
    SEE_ITEMS = "see_items"
    TAKE_IN = "take_in"  # enter reports, import them, answer reporters
    ASSESS = "assess"
    REVIEW = "review"  # judge blind what another has judged
    VIEW = "view"  # look, where the organisation has stated its mandate to
    CORRECT = "correct"  # say that a finding was wrong
    SEE_NOTICES = "see_notices"
    HANDLE_POLICE = "handle_police"  # packages, holds, answers from the police
    SEE_QUALITY = "see_quality"  # agreement, golden items, exposures of everybody
    KEEP_DESK = "keep_desk"  # weights, questions, the mandate to look, second reviews
    SEE_FIGURES = "see_figures"
    SEE_AUDIT = "see_audit"
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

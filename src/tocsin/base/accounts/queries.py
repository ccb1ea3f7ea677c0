"""Reading: live keys for the hot path, people and parties for the administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.base.accounts import rules
from tocsin.base.accounts.hours import PersonHours, everybodys_hours, may_work, shift_ends
from tocsin.base.accounts.models import ApiKey, Party, Person
from tocsin.base.accounts.types import KnownKey, Permission, Role, Tier

__all__ = [
    "OwnKey",
    "PersonHours",
    "everybodys_hours",
    "keys_of",
    "live_keys",
    "may_work",
    "parties",
    "party",
    "party_names",
    "people",
    "permissions_of",
    "secret_matches",
    "shift_ends",
]


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key as its party sees it."""

    key_id: str
    tier: Tier
    per_second: float
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_live(self, at: datetime) -> bool:
        """Whether it works."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


def keys_of(party_id: int) -> list[OwnKey]:
    """All keys of a party, the newest first."""
    return [
        OwnKey(
            row.key_id,
            Tier(row.tier),
            row.per_second,
            row.made_at,
            row.expires_at,
            row.revoked_at,
        )
        for row in ApiKey.objects.filter(party_id=party_id).order_by("-pk")
    ]


def live_keys(*, at: datetime) -> dict[str, KnownKey]:
    """Every key that works now, by key id: the whole table, read once a second."""
    rows = ApiKey.objects.filter(revoked_at__isnull=True)
    return {
        row.key_id: KnownKey(
            row.key_id,
            row.secret_digest,
            row.party_id,
            Tier(row.tier),
            row.per_second,
            row.burst,
            row.expires_at,
        )
        for row in rows
        if row.expires_at is None or row.expires_at > at
    }


def secret_matches(secret: str, secret_digest: str) -> bool:
    """Whether `secret` is the one that a key's digest was kept of; takes the same time for any."""
    return rules.same(rules.digest(secret), secret_digest)


def permissions_of(role: Role) -> frozenset[Permission]:
    """All that people in `role` may do."""
    return rules.MAY[role]


def people() -> list[Person]:
    """Everybody with a log-in, by name."""
    return list(Person.objects.order_by("username"))


def parties() -> list[Party]:
    """Every party, by name, its keys at hand."""
    return list(Party.objects.order_by("name").prefetch_related("keys"))


def party_names() -> dict[int, str]:
    """Party number to name."""
    return dict(Party.objects.values_list("pk", "name"))


def party(party_id: int) -> Party | None:
    """One party, or None."""
    return Party.objects.filter(pk=party_id).first()

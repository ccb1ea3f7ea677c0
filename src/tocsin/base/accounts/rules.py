"""Who may do what, and how secrets are made and compared."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from tocsin.base.accounts.types import Permission, Role

LINK_LASTS = timedelta(hours=48)
LIVE_KEYS_PER_PARTY = 2

# The administrator keeps people, keys and the machine running, and sees no items: whoever can
# hand out rights must not be the one who can look.
MAY: dict[Role, frozenset[Permission]] = {
    Role.INTAKE: frozenset({Permission.ENTER, Permission.SEE_ITEMS, Permission.TAKE_IN}),
    Role.ANALYST: frozenset(
        {
            Permission.ENTER,
            Permission.SEE_ITEMS,
            Permission.TAKE_IN,
            Permission.ASSESS,
            Permission.REVIEW,
            Permission.VIEW,
            Permission.SEE_NOTICES,
            Permission.SEE_LISTS,
        }
    ),
    Role.SECOND_REVIEWER: frozenset(
        {
            Permission.ENTER,
            Permission.SEE_ITEMS,
            Permission.REVIEW,
            Permission.VIEW,
            Permission.SEE_NOTICES,
            Permission.SEE_LISTS,
        }
    ),
    Role.QUALITY: frozenset(
        {
            Permission.ENTER,
            Permission.SEE_ITEMS,
            Permission.SEE_NOTICES,
            Permission.SEE_LISTS,
            Permission.SEE_QUALITY,
            Permission.SEE_FIGURES,
        }
    ),
    Role.MANAGER: frozenset(
        {
            Permission.ENTER,
            Permission.SEE_ITEMS,
            Permission.TAKE_IN,
            Permission.ASSESS,
            Permission.REVIEW,
            Permission.VIEW,
            Permission.CORRECT,
            Permission.SEE_NOTICES,
            Permission.HANDLE_POLICE,
            Permission.SEE_QUALITY,
            Permission.KEEP_DESK,
            Permission.SEE_FIGURES,
            Permission.SEE_LISTS,
            Permission.KEEP_HOSTERS,
            Permission.KEEP_PROVIDERS,
            Permission.SEE_SYSTEM,
        }
    ),
    Role.POLICE_LIAISON: frozenset(
        {
            Permission.ENTER,
            Permission.SEE_ITEMS,
            Permission.SEE_NOTICES,
            Permission.HANDLE_POLICE,
        }
    ),
    Role.AUDITOR: frozenset({Permission.ENTER, Permission.SEE_AUDIT, Permission.SEE_FIGURES}),
    Role.REGULATOR: frozenset({Permission.ENTER, Permission.SEE_FIGURES}),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ENTER,
            Permission.SEE_LISTS,
            Permission.KEEP_PEOPLE,
            Permission.KEEP_KEYS,
            Permission.SEE_SYSTEM,
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when somebody works; ends before it begins: until the next morning."""

    begins: time
    ends: time

    @property
    def over_midnight(self) -> bool:
        """Whether the hours end on the next day."""
        return self.ends <= self.begins


def hours_allow(hours: Mapping[int, Hours], local: datetime) -> bool:
    """Whether somebody with these hours by weekday works at a moment of their own zone."""
    clock = local.time()
    today = hours.get(local.weekday())
    if today is not None:
        if today.over_midnight and clock >= today.begins:
            return True
        if not today.over_midnight and today.begins <= clock < today.ends:
            return True
    before = hours.get((local.weekday() - 1) % 7)
    return before is not None and before.over_midnight and clock < before.ends


def hours_end(hours: Mapping[int, Hours], local: datetime) -> datetime | None:
    """When somebody with these hours stops who works at a moment; None when they do not work."""
    for back in (0, 1):
        began = local - timedelta(days=back)
        day = hours.get(began.weekday())
        if day is None:
            continue
        begins = datetime.combine(began.date(), day.begins, local.tzinfo)
        ends = datetime.combine(
            began.date() + timedelta(days=day.over_midnight), day.ends, local.tzinfo
        )
        if begins <= local < ends:
            return ends
    return None


def may(role: Role, permission: Permission) -> bool:
    """Whether a person in `role` has `permission`."""
    return permission in MAY[role]


def new_secret() -> str:
    """256 random bits, URL-safe: too long to guess, so one fast hash keeps it."""
    return secrets.token_urlsafe(32)


def new_key_id() -> str:
    """A key's public half: `tk_` and 12 characters of a-z2-7."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "tk_" + "".join(secrets.choice(alphabet) for _ in range(12))


def digest(secret: str) -> str:
    """What is kept of a secret: SHA-256, 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare without telling by time where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())

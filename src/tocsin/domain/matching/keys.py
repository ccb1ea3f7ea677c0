"""The keys that work, as this process holds them in memory."""

from __future__ import annotations

from datetime import datetime

from tocsin.base.accounts.queries import live_keys, secret_matches
from tocsin.domain.matching.models import KeyPolicy
from tocsin.domain.matching.types import (
    Action,
    CheckKey,
    KeysUnknown,
    ListsSeen,
    PolicyTerms,
)

# Compared with when a key id is unknown, so that the time taken does not tell which ids exist.
_NOBODYS_DIGEST = "0" * 64


class KeyTable:
    """The whole table of live keys, replaced about each second by `refresh`."""

    def __init__(self) -> None:
        self._keys: dict[str, CheckKey] | None = None

    def refresh(self, *, at: datetime) -> None:
        """Read all keys and their terms; a revoked key is gone when this returns."""
        terms = {row.key_id: _terms(row) for row in KeyPolicy.objects.all()}
        self._keys = {
            key.key_id: CheckKey(
                key_id=key.key_id,
                party_id=key.party_id,
                tier=key.tier,
                per_second=key.per_second,
                burst=key.burst,
                expires_at=key.expires_at,
                secret_digest=key.secret_digest,
                terms=terms.get(key.key_id, PolicyTerms()),
            )
            for key in live_keys(at=at).values()
        }

    def authenticate(self, key_id: str, secret: str, *, at: datetime) -> CheckKey | None:
        """The key whose secret this is, None for any other; raises KeysUnknown."""
        if self._keys is None:
            raise KeysUnknown("The keys have not been read yet; ask again in a second.")
        key = self._keys.get(key_id)
        digest = _NOBODYS_DIGEST if key is None else key.secret_digest
        if not secret_matches(secret, digest) or key is None:
            return None
        return None if key.expires_at is not None and key.expires_at <= at else key


def _terms(row: KeyPolicy) -> PolicyTerms:
    return PolicyTerms(
        lists=ListsSeen(row.lists),
        min_sources=row.min_sources,
        near_radius_bits=row.near_radius_bits,
        near_action=Action(row.near_action),
        unchecked_action=Action(row.unchecked_action),
    )

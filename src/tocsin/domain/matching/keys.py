"""The keys that work, as this process holds them in memory."""

from __future__ import annotations

from datetime import datetime

from tocsin.base.accounts.queries import live_keys, secret_matches
from tocsin.base.accounts.types import KnownKey, OutagePolicy
from tocsin.domain.matching.guard.queries import standings
from tocsin.domain.matching.guard.rules import SLOWED_BY
from tocsin.domain.matching.guard.types import GOOD_STANDING, Standing, Step
from tocsin.domain.matching.harmless import HarmlessLists
from tocsin.domain.matching.models import KeyPolicy
from tocsin.domain.matching.types import (
    Action,
    CheckKey,
    Harmless,
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
        self._harmless = HarmlessLists()

    def refresh(self, *, at: datetime) -> None:
        """Read all keys, their terms and where they stand with the guard; a revoked or paused key
        is known as that when this returns."""
        terms = {row.key_id: terms_of(row) for row in KeyPolicy.objects.all()}
        stand, harmless = standings(), self._harmless.refresh(at)
        self._keys = {
            key_id: _check_key(
                key,
                terms.get(key_id, PolicyTerms()),
                stand.get(key_id, GOOD_STANDING).at(at),
                harmless.get(key.party_id, Harmless()),
            )
            for key_id, key in live_keys(at=at).items()
        }

    def get(self, key_id: str) -> CheckKey | None:
        """The live key of that id as it stands, None when there is none."""
        return (self._keys or {}).get(key_id)

    def authenticate(self, key_id: str, secret: str, *, at: datetime) -> CheckKey | None:
        """The key whose secret this is, None for any other; raises KeysUnknown."""
        if self._keys is None:
            raise KeysUnknown("The keys have not been read yet; ask again in a second.")
        key = self._keys.get(key_id)
        digest = _NOBODYS_DIGEST if key is None else key.secret_digest
        if not secret_matches(secret, digest) or key is None:
            return None
        return None if key.expires_at is not None and key.expires_at <= at else key


def _check_key(
    key: KnownKey, terms: PolicyTerms, standing: Standing, harmless: Harmless
) -> CheckKey:
    slower = SLOWED_BY if standing.step is Step.SLOWED else 1
    return CheckKey(
        key_id=key.key_id,
        party_id=key.party_id,
        tier=key.tier,
        per_second=key.per_second / slower,
        burst=max(1, key.burst // slower),
        expires_at=key.expires_at,
        secret_digest=key.secret_digest,
        terms=terms,
        standing=standing,
        harmless=harmless,
    )


def terms_of(row: KeyPolicy) -> PolicyTerms:
    """The terms in a row."""
    return PolicyTerms(
        lists=ListsSeen(row.lists),
        min_sources=row.min_sources,
        near_radius_bits=row.near_radius_bits,
        near_action=Action(row.near_action),
        unchecked_action=Action(row.unchecked_action),
        min_reviewers=row.min_reviewers,
        near_block_bits=row.near_block_bits,
        harmless_action=Action(row.harmless_action),
        shadow=row.shadow,
        daily_hashes=row.daily_hashes,
        daily_matches=row.daily_matches,
        outage_policy=OutagePolicy(row.outage_policy),
        private_delta=row.private_delta,
    )

"""Looks at the checks of every provider and writes once of what has turned red."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tocsin.base.accounts import queries as accounts
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.types import ListsSeen
from tocsin.domain.providers import letters
from tocsin.domain.providers.health import DAYS, lamps
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.rules import MAY_TRY
from tocsin.domain.providers.types import Lamp

_ACTOR = system("providers")


def lamps_of(party_id: int, at: datetime) -> tuple[Lamp, ...]:
    """The lamps that are red for the keys of a party that work now."""
    key_ids = [key.key_id for key in accounts.keys_of(party_id) if key.is_live(at)]
    since = at - timedelta(days=DAYS - 1)
    return lamps(
        matching.counts_by_day(key_ids, since=since),
        matching.measures_of(key_ids, since=since),
        is_live=any(x is not ListsSeen.TEST for x in matching.lists_of(key_ids).values()),
        canary_on=max(matching.canaries_seen(key_ids).values(), default=None),
        today=at.date(),
    )


def warn_all(at: datetime) -> None:
    """One letter for all that turned red since the last look; what went out may warn again."""
    for provider in Provider.objects.filter(state__in=MAY_TRY, party__isnull=False):
        _warn(provider, at)


def _warn(provider: Provider, at: datetime) -> None:
    red = lamps_of(provider.party_id or 0, at)
    before = provider.warned
    if list(red) == before:
        return
    with transaction.atomic():
        # Two workers look at once: the one that finds what it read writes the letter.
        won = Provider.objects.filter(pk=provider.pk, warned=before).update(warned=list(red))
        fresh = [lamp for lamp in red if lamp not in before]
        if not won:
            return
        subject = f"provider:{provider.pk}"
        facts = {"red": ",".join(red)}
        record(actor=_ACTOR, action="providers.health", subject=subject, at=at, facts=facts)
        if fresh:
            letters.warn_red(provider, fresh, actor=_ACTOR, at=at)

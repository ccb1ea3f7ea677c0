"""One-time links: sent by letter, looked at without being used, used once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.base.accounts.actions import digest, new_secret
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.domain.providers import letters, rules
from tocsin.domain.providers.models import Provider, ProviderLink
from tocsin.domain.providers.types import LinkUnusable, LinkUse

_LASTS = {LinkUse.CONFIRM: rules.SIGN_UP_LASTS, LinkUse.ENTER: rules.LINK_LASTS}


def send(
    provider: Provider, use: LinkUse, url_of: Callable[[LinkUse, str], str], at: datetime
) -> None:
    """A letter with a new link, unless three were sent within the hour."""
    lately = ProviderLink.objects.filter(provider=provider, made_at__gt=at - timedelta(hours=1))
    if lately.count() >= rules.LETTERS_AN_HOUR:
        return
    secret = new_secret()
    with transaction.atomic():
        link = ProviderLink.objects.create(
            provider=provider,
            use=use,
            secret_digest=digest(secret),
            made_at=at,
            expires_at=at + _LASTS[use],
        )
        letters.send_link(link, url_of(use, secret), actor=system("providers"), at=at)


def is_usable(secret: str, use: LinkUse, at: datetime) -> bool:
    """Whether a link would work; changes nothing."""
    return _found(secret, use, at) is not None


def use(secret: str, wanted: LinkUse, at: datetime) -> Provider:
    """Use a link up, in the caller's transaction; whose it is. Raises LinkUnusable."""
    link = _found(secret, wanted, at)
    if link is None or not ProviderLink.objects.filter(pk=link.pk, used_at__isnull=True).update(
        used_at=at
    ):
        raise LinkUnusable("This link is unknown, used or too old.")
    return link.provider


def enter(*, secret: str, at: datetime) -> int:
    """Let somebody in by their link; the provider's number. Raises LinkUnusable."""
    with transaction.atomic():
        provider = use(secret, LinkUse.ENTER, at)
        record(
            actor=Actor("provider", str(provider.pk)),
            action="providers.enter",
            subject=f"provider:{provider.pk}",
            at=at,
        )
    return provider.pk


def _found(secret: str, wanted: LinkUse, at: datetime) -> ProviderLink | None:
    return (
        ProviderLink.objects.select_related("provider")
        .filter(
            secret_digest=digest(secret),
            use=wanted,
            used_at__isnull=True,
            expires_at__gt=at,
            provider__state__in={rules.LIFE.first, *rules.MAY_ENTER},
        )
        .first()
    )

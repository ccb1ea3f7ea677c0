"""What providers are written, in the language they signed up in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from tocsin.base.audit.types import Actor
from tocsin.base.letters.actions import Draft, queue
from tocsin.base.letters.types import Content
from tocsin.domain.providers.health import WORDS
from tocsin.domain.providers.models import Provider, ProviderLink
from tocsin.domain.providers.rules import GRACE, proof_name, proof_url
from tocsin.domain.providers.types import Lamp, LinkUse


def send_link(link: ProviderLink, url: str, *, actor: Actor, at: datetime) -> None:
    """A one-time link. `url` is whole."""
    provider, use = link.provider, LinkUse(link.use)
    with override(provider.language):
        if use is LinkUse.CONFIRM:
            subject = _("Confirm your sign-up for the hash check of %(house)s")
            text = _(
                "Somebody, probably you, signed %(domain)s up for the hash check. Open this link "
                "and press the button; it works once, for 48 hours:\n\n%(url)s\n\n"
                "If it was not you, do nothing: nothing happens.\n"
            )
        else:
            subject = _("Your way in to the hash check of %(house)s")
            text = _(
                "Open this link and press the button; it works once, for an hour:\n\n%(url)s\n\n"
                "If you did not ask for it, do nothing.\n"
            )
        told = _told(provider) | {"url": url}
        content = Content(subject % told, text % told)
    _queue(provider, f"{use.value}-{link.pk}", content, actor, at)


def warn_lost(provider: Provider, *, actor: Actor, at: datetime) -> None:
    """The proof is gone; what to do, and until when."""
    with override(provider.language):
        subject = _("The proof of %(domain)s is gone")
        text = _(
            "We could not find the proof that %(domain)s is yours any more. Put it back, either as "
            "a TXT record at %(name)s or as the file %(url)s:\n\n%(proof)s\n\n"
            "If it stays away for %(days)s days, your keys of the lists that count are revoked, "
            "and your checks will be refused. We look again each day.\n"
        )
        content = Content(subject % _told(provider), text % _told(provider))
    _queue(provider, "lost", content, actor, at)


def tell_paused(provider: Provider, *, actor: Actor, at: datetime) -> None:
    """Its keys are revoked."""
    with override(provider.language):
        subject = _("Your keys for %(domain)s are revoked")
        text = _(
            "The proof that %(domain)s is yours stayed away for %(days)s days, so your keys of the "
            "lists that count are revoked: your checks are refused, never answered as clean. Put "
            "the proof back and make a new key on your page.\n"
        )
        content = Content(subject % _told(provider), text % _told(provider))
    _queue(provider, "paused", content, actor, at)


def tell_application(provider: Provider, *, actor: Actor, at: datetime) -> None:
    """What a manager said."""
    with override(provider.language):
        subject = _("Your application for %(domain)s")
        if provider.application == "granted":
            text = _(
                "Your application is granted. Make a new key on your page: it asks all lists that "
                "count. Keys made before keep their terms.\n"
            )
        else:
            text = _("Your application is not granted. Your keys keep their terms.\n")
        content = Content(subject % _told(provider), text % _told(provider))
    _queue(provider, "application", content, actor, at)


def warn_red(provider: Provider, lamps: Sequence[Lamp], *, actor: Actor, at: datetime) -> None:
    """What is wrong with its checks, and what to do; once for each lamp that turns red."""
    with override(provider.language):
        subject = _("Something is wrong with your checks for %(domain)s") % _told(provider)
        text = "\n\n".join(str(WORDS[lamp]) for lamp in lamps) + "\n"
    _queue(provider, "-".join(["red", *lamps]), Content(subject, text), actor, at)


def _told(provider: Provider) -> dict[str, str]:
    return {
        "house": settings.TOCSIN_ORGANISATION.name,
        "domain": provider.domain,
        "name": proof_name(provider.domain),
        "url": proof_url(provider.domain),
        "proof": provider.proof,
        "days": str(GRACE.days),
    }


def _queue(provider: Provider, what: str, content: Content, actor: Actor, at: datetime) -> None:
    queue(
        draft=Draft(
            name=f"provider-{provider.pk}-{what}-{at:%Y%m%d%H%M%S%f}",
            purpose=f"providers.{what.partition('-')[0]}",
            about=f"provider:{provider.pk}",
            to=provider.email,
            language=provider.language,
            content=content,
        ),
        actor=actor,
        at=at,
    )

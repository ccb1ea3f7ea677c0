"""What can be seen to be wrong with the settings before anything starts; each has a number."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - their name

from tocsin.doors.api.facade import NAMES
from tocsin.engine.media import why_not_contained
from tocsin.site import gating

DOORS = frozenset({"console", "api", "provider", "hoster", "public"})
EXAMPLE_DOMAIN = "hotline.example"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@register("tocsin")
def settings_hold(**_: Any) -> list[CheckMessage]:
    """Every finding about the settings, as Django's own checks return them."""
    return [*_doors(), *_facades(), *_mail(), *_links(), *_hosts(), *_decoders(), *_gates()]


def _doors() -> list[CheckMessage]:
    unknown = sorted(set(settings.TOCSIN_DOORS) - DOORS)
    if not unknown:
        return []
    return [
        Error(
            f"TOCSIN_DOORS names {', '.join(unknown)}, which is no door.",
            hint=f"Choose from {', '.join(sorted(DOORS))}.",
            id="tocsin.E001",
        )
    ]


def _facades() -> list[CheckMessage]:
    unknown = sorted(set(settings.TOCSIN_FACADES) - set(NAMES))
    if not unknown:
        return []
    return [
        Error(
            f"TOCSIN_FACADES names {', '.join(unknown)}, which is no facade.",
            hint=f"Choose from {', '.join(NAMES)}.",
            id="tocsin.E010",
        )
    ]


def _links() -> list[CheckMessage]:
    """Hosters' pages that no letter has a link to."""
    is_open = "hoster" in settings.TOCSIN_DOORS
    if settings.TOCSIN_MAIL.name != "smtp" or not is_open or settings.TOCSIN_HOSTER_URL:
        return []
    return [
        Warning(
            "Hosters' pages are open, and no notice has a link to them.",
            hint="Set TOCSIN_HOSTER_URL to where hosters reach them, as https://notices.example.",
            id="tocsin.W006",
        )
    ]


def _mail() -> list[CheckMessage]:
    if settings.TOCSIN_MAIL.name != "smtp":
        return []
    if settings.TOCSIN_ORGANISATION.domain != EXAMPLE_DOMAIN:
        return []
    return [
        Error(
            "Notices would leave by mail in the name of the example organisation.",
            hint="Set TOCSIN_ORGANISATION, TOCSIN_ORGANISATION_EMAIL and "
            "TOCSIN_ORGANISATION_DOMAIN, or unset TOCSIN_SMTP_HOST.",
            id="tocsin.E002",
        )
    ]


def _hosts() -> list[CheckMessage]:
    if settings.SESSION_COOKIE_SECURE or set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return []
    return [
        Warning(
            "Other machines may reach the pages, and cookies travel without TLS.",
            hint="Put a proxy with TLS in front and set TOCSIN_HTTPS=yes.",
            id="tocsin.W001",
        )
    ]


def _decoders() -> list[CheckMessage]:
    decodes = "api" in settings.TOCSIN_DOORS or gating.are_wanted()
    lacking = why_not_contained() if decodes else None
    if lacking is None:
        return []
    return [
        Warning(
            f"Decoders of strangers' files are not held in as they should be: {lacking}.",
            hint="Run on Linux on x86-64 or aarch64, in a container that lets programs filter "
            "their own system calls; docs/engine/containment.md says what is missing otherwise.",
            id="tocsin.W002",
        )
    ]


def _gates() -> list[CheckMessage]:
    wrong: list[CheckMessage] = [
        Error(problem.words, hint=problem.hint, id="tocsin.E011") for problem in gating.problems()
    ]
    if not wrong and gating.are_wanted() and settings.TOCSIN_GATE_CHAIN:
        wrong.append(
            Warning(
                "The virus scanner behind the gates writes each file that it is sent to a disk.",
                hint="Give its TemporaryDirectory a file system in memory (docs/doors/clamd.md).",
                id="tocsin.W010",
            )
        )
    return wrong

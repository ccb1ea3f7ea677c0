"""The words of letters to the police."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from django.conf import settings

from tocsin.base.letters.types import Attachment, Content
from tocsin.domain.referrals.types import ReferralView

LANGUAGES = {"NL": "nl", "FR": "fr"}
REHEARSAL = "[REHEARSAL] "


def language() -> str:
    """That of the country we work in, where it is one of ours."""
    return LANGUAGES.get(settings.TOCSIN_ORGANISATION.country, "en")


def referral(told: ReferralView, package: str, ending: str) -> Content:
    """The letter with the encrypted package: nothing in the clear says what it is about."""
    subject, text = _filled("referral", told)
    name = f"{told.number}.tar.{ending}"
    return Content(subject, text, (Attachment(name, "text/plain", package),))


def correction(told: ReferralView) -> Content:
    """The finding was wrong."""
    return Content(*_filled("correction", told))


def _filled(name: str, told: ReferralView) -> tuple[str, str]:
    words = {
        "number": told.number,
        "organisation": settings.TOCSIN_ORGANISATION.name,
        "email": settings.TOCSIN_ORGANISATION.email,
    }
    subject, _, text = _template(name, language()).partition("\n\n")
    prefix = REHEARSAL if told.rehearsal else ""
    return prefix + subject.strip().format_map(words), text.format_map(words)


@cache
def _template(name: str, language: str) -> str:
    folder = files("tocsin.domain.referrals") / "templates"
    return (folder / f"{name}.{language}.txt").read_text("utf-8")

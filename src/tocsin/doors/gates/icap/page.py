"""The page that stands where a file was stopped: for whoever wanted to send or see it."""

from __future__ import annotations

from html import escape
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from tocsin.doors.gates.types import Ruling, Told

LANGUAGES: Final = ("en", "nl", "fr")
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>{why}</p>
<p>{what}</p>
</body>
</html>
"""


def page(told: Told, accept_language: str) -> bytes:
    """In the language that the browser asks for first, of those we speak; UTF-8."""
    language = _language(accept_language)
    with translation.override(language):
        text = _PAGE.format(
            language=language,
            title=escape(_("This file was not let through")),
            why=escape(_why(told)),
            what=escape(
                _(
                    "If you think that this is wrong, write to those who run this network or "
                    "this site, and give them this number: %(number)s"
                )
                % {"number": told.check_id}
            ),
        )
    return text.encode()


def _why(told: Told) -> str:
    if told.ruling is Ruling.FOUND:
        return _("A check of the file says that it may not be passed on.")
    return _("The file could not be checked, and what could not be checked is not passed on.")


def _language(accepted: str) -> str:
    for word in accepted.split(","):
        language = word.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]

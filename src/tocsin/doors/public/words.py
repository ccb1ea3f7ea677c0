"""What the states of a report are called for whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.reporters.types import PlainState
from tocsin.doors.public import help_lines


@dataclass(frozen=True, slots=True)
class PlainWords:
    """A state in a word, and what it means."""

    name: str | Promise
    means: str | Promise


ABOUT: Mapping[str, str | Promise] = {
    "danger": _("Somebody is in danger now"),
    "child": _("A child who wants to talk"),
    "pictures": _("Pictures of yourself or of a child of yours"),
    "thoughts": _("Worried about your own thoughts or behaviour"),
}
_COUNTRY: Mapping[str, str | Promise] = {
    "": "",
    "NL": _("Netherlands"),
    "BE": _("Belgium"),
    "FR": _("France"),
}


@dataclass(frozen=True, slots=True)
class HelpGroup:
    """The help lines for one matter: who, how to reach them, and in which country."""

    title: str | Promise
    lines: tuple[tuple[str, str, str | Promise], ...]


def help_groups(language: str) -> list[HelpGroup]:
    """Help lines for pages in a language, the most urgent matter first."""
    return [
        HelpGroup(
            title,
            tuple(
                (line.name, line.contact, _COUNTRY[line.country])
                for line in help_lines.lines(language, about)
            ),
        )
        for about, title in ABOUT.items()
    ]


PLAIN: Mapping[PlainState, PlainWords] = {
    PlainState.RECEIVED: PlainWords(_("received"), _("We have it; nobody has looked at it yet.")),
    PlainState.LOOKED_AT: PlainWords(_("being looked at"), _("Somebody works on it.")),
    PlainState.PASSED_ON: PlainWords(
        _("passed on"),
        _("It is against the law. Those who can take it down have been told, or are about to be."),
    ),
    PlainState.REMOVED: PlainWords(_("removed"), _("It is no longer there.")),
    PlainState.NOT_UNLAWFUL: PlainWords(
        _("closed"),
        _("We found nothing there that is against the law, or nothing was there any more."),
    ),
}

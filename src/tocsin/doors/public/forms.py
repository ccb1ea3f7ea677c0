"""What the public fills in. No field must be filled; whatever is typed is taken as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import TypeVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.reporters.types import FIELDS, Site, Theme, Told

Kind = TypeVar("Kind", bound=StrEnum)

THEME: Mapping[Theme, str | Promise] = {
    Theme.NONE: _("I do not know"),
    Theme.PICTURES: _("Pictures or films of the abuse of a child"),
    Theme.LIVE: _("Abuse that happens now, such as in a live stream"),
    Theme.DRAWN: _("Drawn or computer-made pictures"),
    Theme.CONTACT: _("Somebody approaches a child with sexual aims"),
    Theme.MINE: _("Pictures of myself or of a child of mine"),
    Theme.TRADE: _("Somebody offers, sells or asks for such pictures"),
    Theme.OTHER: _("Something else"),
}
SITE: Mapping[Site, str | Promise] = {
    Site.NONE: _("I do not know"),
    Site.WEBSITE: _("A website"),
    Site.PICTURE_HOST: _("A site for sharing pictures or films"),
    Site.FORUM: _("A forum or message board"),
    Site.SOCIAL: _("A social network"),
    Site.CHAT: _("A chat or messenger"),
    Site.FILES: _("A place for storing files"),
    Site.ONION: _("An onion service (Tor)"),
    Site.OTHER: _("Something else"),
}
MISSING: Mapping[str, str | Promise] = {
    "urls": _("the address"),
    "theme": _("what it is about"),
    "where": _("where on the page it is"),
    "seen": _("when you saw it"),
    "site": _("what kind of place it is"),
}
_PLAIN = {"autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"}


class ReportForm(forms.Form):
    """The form, all of it or one field of it."""

    urls = forms.CharField(
        label=_("Where is it? The address of the page or picture"),
        required=False,
        help_text=_(
            "Copy it from the bar of your browser. Several: one on each line. "
            "Without an address: leave this empty and describe it below."
        ),
        widget=forms.Textarea(attrs={"rows": 3, **_PLAIN}),
    )
    theme = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        choices=list(THEME.items()),
        widget=forms.RadioSelect,
    )
    site = forms.ChoiceField(
        label=_("What kind of place is it?"), required=False, choices=list(SITE.items())
    )
    where = forms.CharField(
        label=_("Where on the page?"),
        required=False,
        help_text=_(
            "Such as: the third picture, the second page, the name of an album or channel."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(
        label=_("When did you see it?"),
        required=False,
        help_text=_("Such as: today at noon, last week."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("What else should we know?"),
        required=False,
        help_text=_("You need not tell who you are. Do not paste pictures: we never take files."),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )


def report_form(told: Told, name: str, wrong: Iterable[str] = ()) -> ReportForm:
    """The form as far as it is filled; `name` keeps its fields apart from another's on the page.

    Those that are `wrong` say so to who listens to the page.
    """
    form = ReportForm(initial=asdict(told), auto_id=f"{name}_%s")
    for field in wrong:
        ids = f"{name}_{field}_helptext {name}_{field}_wrong"
        form.fields[field].widget.attrs |= {"aria-invalid": "true", "aria-describedby": ids}
    return form


def told_in(posted: Mapping[str, str]) -> Told:
    """What was posted; a choice that is none counts as not made."""
    text = {field: posted.get(field, "").replace("\0", "") for field in FIELDS}
    return Told(
        urls=text["urls"],
        theme=_chosen(Theme, text["theme"]),
        site=_chosen(Site, text["site"]),
        where=text["where"],
        seen=text["seen"],
        words=text["words"],
    )


def shown(told: Told) -> list[tuple[str, str | Promise, str | Promise]]:
    """Every field that says something: its name, its label, and what it says in words."""
    said: dict[str, str | Promise] = {
        "urls": told.urls.strip(),
        "theme": THEME[told.theme] if told.theme else "",
        "site": SITE[told.site] if told.site else "",
        "where": told.where.strip(),
        "seen": told.seen.strip(),
        "words": told.words.strip(),
    }
    labels = ReportForm.base_fields
    return [(name, labels[name].label or "", text) for name, text in said.items() if text]


def _chosen(kinds: type[Kind], text: str) -> Kind:
    return kinds(text) if text in set(kinds) else kinds("")

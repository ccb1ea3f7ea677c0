"""What managers write down of a hoster."""

from __future__ import annotations

from dataclasses import asdict

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.hosters.types import HosterTerms, HosterView, Hours
from tocsin.doors.console import words


class HosterForm(forms.Form):
    """A hoster as written down by hand."""

    name = forms.CharField(label=_("Name"), max_length=120)
    abuse_email = forms.EmailField(label=_("Abuse address"))
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country"),
        max_length=2,
        help_text=_("Two letters, such as NL."),
        error_messages={"invalid": _("Two letters, such as NL.")},
    )
    language = forms.ChoiceField(
        label=_("Language of notices"), choices=words.choices(words.LETTER_LANGUAGE)
    )
    places = forms.CharField(
        label=_("Domains and networks"),
        help_text=_("One on each line: example.org, 192.0.2.0/24, or host:port for one server."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    reachable = forms.BooleanField(
        label=_("Notices to this address arrive"), required=False, initial=True
    )
    zone = forms.CharField(
        label=_("Time zone of the desk"),
        required=False,
        max_length=40,
        help_text=_("Such as Europe/Amsterdam; empty: reminders leave at any hour, as notices do."),
    )
    opens = forms.TimeField(label=_("It reads from"), required=False, input_formats=["%H:%M"])
    closes = forms.TimeField(label=_("until"), required=False, input_formats=["%H:%M"])
    weekends = forms.BooleanField(label=_("On Saturdays and Sundays too"), required=False)
    endpoint = forms.CharField(
        label=_("Takes notices by machine at"),
        required=False,
        max_length=1_000,
        help_text=_("An address for signed JSON; mail is used when it does not answer."),
        widget=forms.URLInput(attrs={"spellcheck": "false"}),
    )
    bearer = forms.CharField(
        label=_("The word it asks for"),
        required=False,
        max_length=400,
        help_text=_("Empty: as it is."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    rehearsal = forms.BooleanField(label=_("For rehearsals only"), required=False)

    def terms(self) -> HosterTerms:
        """The hoster as the room takes it."""
        filled = self.cleaned_data
        return HosterTerms(
            name=filled["name"],
            country=filled["country"].upper(),
            language=filled["language"],
            abuse_email=filled["abuse_email"],
            places=tuple(filled["places"].split()),
            reachable=filled["reachable"],
            rehearsal=filled["rehearsal"],
            hours=self._hours(),
            endpoint=filled["endpoint"],
            bearer=filled["bearer"],
        )

    def _hours(self) -> Hours | None:
        filled = self.cleaned_data
        told = [f"{filled[name]:%H:%M}" if filled[name] else "" for name in ("opens", "closes")]
        if not filled["zone"] and not any(told):
            return None
        return Hours(filled["zone"], told[0], told[1], filled["weekends"])

    @classmethod
    def showing(cls, hoster: HosterView) -> HosterForm:
        """The form filled with what is on file."""
        return cls(
            initial={
                "name": hoster.name,
                "abuse_email": hoster.abuse_email,
                "country": hoster.country,
                "language": hoster.language,
                "places": "\n".join(place.value for place in hoster.places),
                "reachable": hoster.reachable,
                "rehearsal": hoster.rehearsal,
                "endpoint": hoster.endpoint,
                **(asdict(hoster.hours) if hoster.hours else {}),
            }
        )

    def say(self, problems: dict[str, str]) -> None:
        """Show what the room refused, in the reader's language."""
        told = {
            "country": _("Two letters, such as NL."),
            "places": _("Give domains, networks or host:port, one on each line."),
            "abuse_email": _("Give one mail address."),
            "rehearsal": _("A hoster of rehearsals stays one, and a real one too."),
            "zone": _("Give a time zone as Europe/Amsterdam, and two times of one day as 08:00."),
            "endpoint": _("Give an address that begins with https:// and uses its own port."),
        }
        for field in ("zone" if name == "hours" else name for name in problems):
            self.add_error(
                field if field in self.fields else None, told.get(field, _("This cannot be kept."))
            )

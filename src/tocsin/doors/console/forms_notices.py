"""What managers set of the ladder, whom they write down for it, and what is written to hosters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.takedown.types import OfficeKind, OfficeTerms, Rung, Step
from tocsin.doors.console import words, words_notices

COLUMNS = ("home", "abroad", "handed_over", "remind")
NAMES = {
    "home": _("at home"),
    "abroad": _("abroad"),
    "handed_over": _("abroad, handed over"),
    "remind": _("again each"),
}


class LadderForm(forms.Form):
    """Hours of every rung; an empty field means never."""

    was = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, steps: tuple[Step, ...], **named: Any) -> None:
        super().__init__(*args, **named)
        self._rungs = [step.rung for step in steps]
        for step in steps:
            for column in COLUMNS:
                label = f"{words_notices.RUNG[step.rung]}: {NAMES[column]}"
                self.fields[f"{step.rung}_{column}"] = forms.IntegerField(
                    label=label, required=False, initial=getattr(step, f"{column}_hours")
                )

    def rows(self) -> list[tuple[Rung, list[forms.BoundField]]]:
        """Each rung with its four fields, for a table."""
        return [(rung, [self[f"{rung}_{column}"] for column in COLUMNS]) for rung in self._rungs]

    def steps(self) -> tuple[Step, ...]:
        """The ladder as the room takes it."""
        filled = self.cleaned_data
        return tuple(
            Step(rung, *(filled[f"{rung}_{column}"] for column in COLUMNS)) for rung in self._rungs
        )


class OfficeForm(forms.Form):
    """A partner hotline or a regulator."""

    kind = forms.ChoiceField(label=_("Kind"), choices=words.choices(words_notices.OFFICE))
    name = forms.CharField(label=_("Name"), max_length=120)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country"),
        max_length=2,
        error_messages={"invalid": _("Two letters, such as NL.")},
    )
    email = forms.EmailField(label=_("Mail address"))
    language = forms.ChoiceField(
        label=_("Language of letters"), choices=words.choices(words.LETTER_LANGUAGE)
    )
    rehearsal = forms.BooleanField(label=_("For rehearsals only"), required=False)

    def terms(self) -> OfficeTerms:
        """The office as the room takes it."""
        filled = self.cleaned_data
        return OfficeTerms(
            kind=OfficeKind(filled["kind"]),
            country=filled["country"].upper(),
            name=filled["name"],
            email=filled["email"],
            language=filled["language"],
            rehearsal=filled["rehearsal"],
        )


class StopForm(forms.Form):
    """Why no notice is to leave."""

    why = forms.CharField(label=_("Why"), max_length=300)


class ReplyForm(forms.Form):
    """What is written to a hoster."""

    words = forms.CharField(
        label=_("Write to them"),
        max_length=4_000,
        help_text=_("It goes as a letter with a link to the notice. Name no address in it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

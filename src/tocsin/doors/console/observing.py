"""The form for what was stated of a picture. All of it may stay open."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.hashlists.classification import (
    NEWEST_VERSION,
    Labels,
    Observations,
    UnusableLabels,
    observed,
)
from tocsin.doors.console import observed_words as words
from tocsin.doors.console.words import choices

_OPEN = ("", _("not stated"))
_THREE = (_OPEN, ("yes", _("yes")), ("no", _("no")))
_WORDS = {"yes": True, "no": False, "": None}
ASKED = (
    "real_child", "virtual_or_drawn", "ai_generated", "self_generated", "live_streamed",
    "grid_or_collage", "child_modelling", "text_or_manual", "victim_identified",
    "offender_identified",
)  # fmt: skip
"""The flags an analyst is asked for; the others only a source can know."""


class ObservedForm(forms.Form):
    """What a list or an authority states of the picture, and labels."""

    prefix = "seen"

    labels = forms.CharField(
        label=_("UCS labels"),
        required=False,
        max_length=8_000,
        help_text=_("One on each line, as the scheme writes them."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    version = forms.CharField(
        label=_("Version of the labels"), required=False, max_length=20, initial=NEWEST_VERSION
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        asked: dict[str, forms.Field] = {
            name: forms.ChoiceField(
                label=_label(name), required=False, choices=[_OPEN, *choices(values)]
            )
            for name, values in words.VALUE.items()
        }
        asked |= {
            name: forms.ChoiceField(label=_label(name), required=False, choices=_THREE)
            for name in ASKED
        }
        self.fields = {**asked, **self.fields}

    def clean_labels(self) -> Labels:
        version = self.data.get(self.add_prefix("version"), "").strip()
        try:
            return Labels.of(self.cleaned_data["labels"].splitlines(), version)
        except UnusableLabels:
            raise forms.ValidationError(
                _("At most 64 labels of 120 characters each, and a version of 20.")
            ) from None

    def observed(self) -> Observations:
        """What was filled in; raises nothing once the form is valid."""
        told = self.cleaned_data
        return observed(
            {
                **{name: told[name] or None for name in words.VALUE},
                **{name: _WORDS[told[name]] for name in ASKED},
            }
        )

    def stated_labels(self) -> Labels:
        """The labels that were filled in."""
        found: Labels = self.cleaned_data["labels"]
        return found


def _label(name: str) -> str:
    """A field's label, in the language of whoever asks: the form is made anew for each of them."""
    return str(words.FIELD[name])

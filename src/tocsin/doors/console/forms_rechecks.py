"""What people fill in about whether an item is still there."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.rechecks.types import Abroad, Ruling
from tocsin.doors.console import words_rechecks


class RulingForm(forms.Form):
    """A person's word on an item of which looks cannot tell."""

    ruling = forms.ChoiceField(
        label=_("Is it there?"),
        choices=[
            (Ruling.THERE.value, _("It is still there")),
            (Ruling.GONE.value, _("It is gone: watch it for ninety days")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose an answer.")},
    )
    why = forms.CharField(
        label=_("How you know"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class AbroadForm(forms.Form):
    """What became of an item abroad."""

    said = forms.ChoiceField(
        label=_("Abroad"),
        choices=[
            (said.value, words_rechecks.ABROAD[said])
            for said in (Abroad.HANDED_OVER, Abroad.ACKNOWLEDGED, Abroad.REMOVED_THERE)
        ],
    )


class StopForm(forms.Form):
    """Why nothing is to be looked at."""

    why = forms.CharField(label=_("Why"), max_length=200)

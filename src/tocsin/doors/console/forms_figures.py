"""What figures are asked of, and what is said of naming a hoster."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.figures.types import Period


class PeriodForm(forms.Form):
    """From the first to the last day, both counted."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        told = super().clean() or {}
        first, last = told.get("first"), told.get("last")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("last", _("The last day comes before the first."))
        if isinstance(first, date) and first.year < 2:
            self.add_error("first", _("There is no year before it to compare with."))
        return told

    def period(self) -> Period:
        return Period(self.cleaned_data["first"], self.cleaned_data["last"])


class WordsForm(forms.Form):
    """What the hoster answered, or why it is named."""

    words = forms.CharField(label=_("In words"), widget=forms.Textarea(attrs={"rows": 3}))

"""What people here fill in about conversations with reporters."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """A message to somebody unknown."""

    words = forms.CharField(
        label=_("Answer"),
        max_length=4_000,
        help_text=_(
            "The reporter reads this when they come back with their receipt. Never ask who they "
            "are, nor for files; write in their language."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AddressForm(forms.Form):
    """An address that stands in what a reporter wrote."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        widget=forms.TextInput(
            attrs={"autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class BadFaithForm(forms.Form):
    """Why the reports of a sending are set aside."""

    why = forms.CharField(
        label=_("Why they are in bad faith"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReceiptForm(forms.Form):
    """A receipt that somebody tells us."""

    receipt = forms.CharField(
        label=_("Find by receipt"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

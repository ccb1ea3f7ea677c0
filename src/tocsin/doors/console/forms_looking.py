"""What people fill in about looking: the next step, and the organisation's statements."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tocsin.domain.viewing.types import Veil
from tocsin.engine.media.veils import MOST_FRAMES

MOST_BASIS = 2_000


class LookForm(forms.Form):
    """Which step of the ladder, of which of the address's pictures, and of a film which moment."""

    step = forms.ChoiceField(choices=[(veil.value, veil.value) for veil in Veil])
    place = forms.IntegerField(min_value=0, max_value=1_000, required=False)
    moment = forms.IntegerField(min_value=0, max_value=MOST_FRAMES - 1, required=False)

    def number(self, name: str) -> int:
        """A number that was filled in, or nought."""
        return int(self.cleaned_data.get(name) or 0)


class StatementForm(forms.Form):
    """That this organisation may, on what basis, and until when."""

    basis = forms.CharField(
        label=_("Legal basis"),
        help_text=_("The law or the decision that allows it, and who gave it."),
        max_length=MOST_BASIS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    until = forms.DateField(
        label=_("Last day"),
        help_text=_("Empty: until it is ended here."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def ends_at(self) -> datetime | None:
        """The midnight that ends the last day, where the organisation is."""
        last = self.cleaned_data["until"]
        if last is None:
            return None
        midnight = datetime.combine(last + timedelta(days=1), time.min, settings.TOCSIN_ZONE)
        return midnight.astimezone(UTC)

"""What people fill in about entries in quarantine."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.hashlists.types import Chosen, Decision, LintReason
from tocsin.doors.console import words


class QuarantineDecision(forms.Form):
    """Let an entry match again, or take it away, and why."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=words.choices(words.DECISION),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what to do, and write why.")},
    )
    words = forms.CharField(
        label=_("Why"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Choose what to do, and write why.")},
    )

    def chosen(self) -> Decision:
        """The decision as the room takes it."""
        return Decision(self.cleaned_data["decision"])


class GroupDecision(QuarantineDecision):
    """The same of all entries of a list that wait for one reason, as far as they were shown."""

    list_slug = forms.SlugField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(choices=words.choices(words.LINT), widget=forms.HiddenInput)
    known_set = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    through = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def group(self) -> Chosen:
        """Which entries, as the room takes it."""
        filled = self.cleaned_data
        return Chosen(
            list_slug=filled["list_slug"],
            reason=LintReason(filled["reason"]),
            known_set=filled["known_set"],
            through=filled["through"],
        )


class SetConfirmation(forms.Form):
    """Why a known-good set that waits may set aside all it knows."""

    name = forms.CharField(max_length=80, widget=forms.HiddenInput)
    mark = forms.CharField(max_length=64, widget=forms.HiddenInput)
    words = forms.CharField(
        label=_("Why"), max_length=1_000, widget=forms.Textarea(attrs={"rows": 2})
    )

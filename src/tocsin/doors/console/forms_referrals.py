"""What is said about referrals and holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.referrals.actions import Answered
from tocsin.domain.referrals.types import HoldKind, HoldTerms, PoliceAnswer, Reason
from tocsin.doors.console.words_referrals import ANSWER, HOLD, REASON


class ReferForm(forms.Form):
    """To which police force, and why."""

    party = forms.TypedChoiceField(label=_("Police force"), coerce=int)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[(one.value, REASON[one]) for one in Reason]
    )
    words = forms.CharField(
        label=_("What they should know"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def between(self, forces: list[tuple[int, str]]) -> ReferForm:
        """The same, with these to choose from."""
        field = self.fields["party"]
        if isinstance(field, forms.TypedChoiceField):
            field.choices = forces
        return self


class HoldForm(forms.Form):
    """What is held, on what ground, for how long."""

    kind = forms.ChoiceField(label=_("What"), choices=[(one.value, HOLD[one]) for one in HoldKind])
    basis = forms.CharField(label=_("Law or order it rests on"), max_length=200)
    order_reference = forms.CharField(label=_("Their reference"), max_length=200, required=False)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=365, initial=7)
    do_not_notify = forms.BooleanField(label=_("Nobody there may be told"), required=False)

    def terms(self, at: datetime) -> HoldTerms:
        told = self.cleaned_data
        return HoldTerms(
            HoldKind(told["kind"]),
            told["basis"],
            told["order_reference"],
            at + timedelta(days=told["days"]),
            told["do_not_notify"],
        )


class ExtendForm(forms.Form):
    """For how many days from now, and why."""

    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=365, initial=7)
    why = forms.CharField(label=_("Why"), max_length=2_000)


class PoliceAnswerForm(forms.Form):
    """What they say. Days and ground where it is to be left in place."""

    answer = forms.ChoiceField(
        label=_("They say"), choices=[(one.value, ANSWER[one]) for one in PoliceAnswer]
    )
    words = forms.CharField(label=_("Case, or in words"), max_length=4_000, required=False)
    days = forms.IntegerField(
        label=_("Days to leave it in place"), min_value=1, max_value=14, required=False
    )
    basis = forms.CharField(label=_("Law or order it rests on"), max_length=200, required=False)

    def told(self, at: datetime) -> Answered:
        answer = PoliceAnswer(self.cleaned_data["answer"])
        terms = None
        days = self.cleaned_data["days"]
        if answer is PoliceAnswer.LEAVE_IN_PLACE and days:
            until = at + timedelta(days=days)
            basis = self.cleaned_data["basis"]
            terms = HoldTerms(HoldKind.LEAVE_IN_PLACE, basis, "", until, do_not_notify=True)
        return Answered(answer, self.cleaned_data["words"], terms)


class PoliceKeyForm(forms.Form):
    """A public key of a police force."""

    party = forms.TypedChoiceField(label=_("Police force"), coerce=int)
    key = forms.CharField(
        label=_("Their public key (age or OpenPGP)"), widget=forms.Textarea(attrs={"rows": 4})
    )

    def between(self, forces: list[tuple[int, str]]) -> PoliceKeyForm:
        """The same, with these to choose from."""
        field = self.fields["party"]
        if isinstance(field, forms.TypedChoiceField):
            field.choices = forces
        return self

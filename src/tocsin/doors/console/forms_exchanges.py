"""What people fill in about exchanges."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.exchanges.types import ExchangeView


class ExchangeVotes(forms.Form):
    """Whether our votes go to it, and the reason given with those against."""

    send = forms.BooleanField(label=_("Send our votes to it"), required=False)
    reason = forms.CharField(
        label=_("Reason for a vote against"),
        help_text=_("As the service itself calls it. Left empty, a fitting one is looked for."),
        max_length=80,
        required=False,
    )


class MembersDecision(forms.Form):
    """Whether members that were named first get lists, as many in all as were shown."""

    LET_IN, KEEP = "let_in", "keep"

    decision = forms.ChoiceField(choices=[(LET_IN, LET_IN), (KEEP, KEEP)])
    in_all = forms.IntegerField(min_value=1, max_value=2_000_000_000)


def votes_of(exchange: ExchangeView) -> ExchangeVotes:
    """The form as it stands; with an id of its own, as there are several on a page."""
    told = {"send": exchange.sends_votes, "reason": exchange.reason_against}
    return ExchangeVotes(auto_id=f"id_{exchange.slug}_%s", initial=told)

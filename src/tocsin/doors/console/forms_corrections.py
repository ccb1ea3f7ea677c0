"""What people fill in about appeals, floods and webhooks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.corrections.types import MOST_WORDS
from tocsin.doors.console import words

_DISPUTED = (
    "not_csam", "adult", "benign_artwork", "known_software_asset", "meme", "hash_collision",
    "blank_or_pattern", "wrong_category",
)  # fmt: skip


def _why() -> forms.CharField:
    return forms.CharField(
        label=_("Why"), max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )


class AppealForm(forms.Form):
    """An entry that somebody here doubts."""

    entry = forms.IntegerField(
        label=_("Number of the entry"), min_value=1, max_value=9_000_000_000_000_000_000
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=words.choices(words.FEEDBACK_REASON, *_DISPUTED)
    )
    words = _why()


class Decision(forms.Form):
    """What is decided on an appeal."""

    UPHOLD, DISMISS, ASK = "uphold", "dismiss", "ask"

    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (UPHOLD, _("The entry is wrong: withdraw it")),
            (DISMISS, _("The entry is right: it counts again")),
            (ASK, _("The owner of the list has been asked: wait a week")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a decision.")},
    )
    words = _why()


class LetCountForm(forms.Form):
    """Why an entry that is held should count again, or go."""

    words = _why()


class FloodDecision(forms.Form):
    """What is decided on a flood."""

    LIFT, WITHDRAW = "lift", "withdraw"

    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (LIFT, _("The entry is right: lift the hold and allow it this much")),
            (WITHDRAW, _("The entry is wrong: withdraw it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a decision.")},
    )
    words = _why()


class WebhookForm(forms.Form):
    """Where a party's corrections are sent."""

    url = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=2_000,
        help_text=_("Begins with https://. Leave it empty to send nothing."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

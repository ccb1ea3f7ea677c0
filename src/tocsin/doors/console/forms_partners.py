"""What people fill in about reports of other systems and about ICCAM."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.intake.types import Command
from tocsin.doors.console import words_partners

MOST_PASTED = 500_000


class PastedLines(forms.Form):
    """Lines of a file, pasted: files themselves are not uploaded here."""

    lines = forms.CharField(
        label=_("Lines"),
        help_text=_(
            "One report on each line: address; referrer; for whom; reference; source; kind of "
            "site. Only the address is needed. A first line of names may tell another order."
        ),
        max_length=MOST_PASTED,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    source = forms.CharField(
        label=_("Source"),
        help_text=_("For lines that name none."),
        max_length=40,
        required=False,
    )
    asks = forms.ChoiceField(
        label=_("What the lines are"),
        choices=[(kind.value, words_partners.COMMAND[kind]) for kind in Command],
        initial=Command.REPORT.value,
    )


class PassOver(forms.Form):
    """Why a step is not told."""

    why = forms.CharField(label=_("Why"), max_length=1_000)

"""What providers fill in."""

from __future__ import annotations

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tocsin.base.accounts.types import OutagePolicy
from tocsin.domain.providers.types import SignUp

_OUTAGE = [
    ("", "…"),
    (OutagePolicy.HOLD, _("We keep uploads back until they are checked")),
    (OutagePolicy.CLOSED, _("We refuse uploads")),
    (OutagePolicy.OPEN_AND_RECHECK, _("We let uploads through and check them afterwards")),
]


class EmailForm(forms.Form):
    """Where a letter is sent to."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=200,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class JoinForm(EmailForm):
    """Signing up."""

    field_order = ("organisation", "domain", "email", "outage_policy")
    organisation = forms.CharField(
        label=_("Organisation"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_(
            "Under which you take uploads, such as example.org. You show later that it is yours."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )
    outage_policy = forms.ChoiceField(
        label=_("While nothing can be checked"),
        choices=_OUTAGE,
        help_text=_("An error never means “clean”. Say what you do instead."),
    )

    def told(self) -> SignUp:
        """What was filled in."""
        filled = self.cleaned_data
        return SignUp(
            email=filled["email"],
            organisation=filled["organisation"],
            domain=filled["domain"],
            outage_policy=OutagePolicy(filled["outage_policy"]),
            language=(get_language() or "en")[:2],
        )


class ApplyForm(forms.Form):
    """Asking to be vetted."""

    words = forms.CharField(
        label=_("Who you are, and how many uploads you check a day"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

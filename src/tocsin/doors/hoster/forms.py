"""What hosters fill in, and what programmes send instead."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.domain.takedown.types import AnswerKind, Said

KINDS = [
    (AnswerKind.ACKNOWLEDGE, _("We have it and are acting on it")),
    (AnswerKind.REMOVED, _("It is gone")),
    (AnswerKind.NOT_OURS, _("It is not on a server of ours")),
    (AnswerKind.MOVED, _("It has moved to another hoster")),
    (AnswerKind.PASS_ON, _("We pass it on to a customer or reseller")),
    (AnswerKind.BETTER_CONTACT, _("Another address is right for notices")),
    (AnswerKind.QUESTION, _("We have a question")),
    (AnswerKind.DISPUTE, _("We disagree: somebody else should look again")),
]
MOST_JSON = 20_000


class AnswerForm(forms.Form):
    """An answer to a notice."""

    kind = forms.ChoiceField(
        label=_("Your answer"),
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose an answer.")},
    )
    name = forms.CharField(
        label=_("Who, where it goes to somebody else"), required=False, max_length=120
    )
    email = forms.CharField(
        label=_("Their mail address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("What else we should know"),
        required=False,
        max_length=4_000,
        help_text=_("Attach nothing, and copy no picture."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def said(self) -> Said:
        """The answer as the room takes it."""
        filled = self.cleaned_data
        kind = AnswerKind(filled["kind"])
        return Said(kind, filled["words"], filled["name"], filled["email"].strip())

    def say(self, field: str) -> None:
        """Show in the reader's language what the room refused."""
        told = {
            "words": _("Write what it is about."),
            "name": _("Say to whom, on one line."),
            "email": _("Give one mail address."),
            "kind": _("This can no longer be answered so."),
        }
        self.add_error(field if field in self.fields else None, told[field])


class SignedForm(forms.Form):
    """A signed notice, pasted."""

    text = forms.CharField(
        label=_("What stands in notice.jws.json"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )


class WrongJson(Exception):
    """The body is not what the documents describe; `words` say what is wrong."""


def said_in(body: bytes) -> Said:
    """`{"answer": …, "words": …, "name": …, "email": …}`; raises WrongJson."""
    if len(body) > MOST_JSON:
        raise WrongJson(f"at most {MOST_JSON} bytes")
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WrongJson("the body is no JSON") from error
    if not isinstance(told, dict):
        raise WrongJson("the body is no JSON object")
    texts = [told.get(name, "") for name in ("answer", "words", "name", "email")]
    if not all(isinstance(text, str) for text in texts):
        raise WrongJson("answer, words, name and email are texts")
    if texts[0] not in set(AnswerKind):
        raise WrongJson("answer is one of " + ", ".join(AnswerKind))
    return Said(AnswerKind(texts[0]), texts[1], texts[2], texts[3].strip())

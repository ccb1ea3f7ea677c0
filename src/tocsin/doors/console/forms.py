"""What people fill in. A form says in their language what is wrong; the rooms decide."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.types import OutagePolicy, PartyKind, Role, Tier
from tocsin.domain.hashlists.types import Category
from tocsin.domain.matching.types import (
    LIKE_ENOUGH_BITS,
    MOST_DAILY_HASHES,
    WIDEST_BITS,
    Action,
    ListsSeen,
    PolicyTerms,
)
from tocsin.domain.reports.desk_types import PoliceReason
from tocsin.domain.reports.types import FindingInput, FindingKind, Ground, ItemState
from tocsin.doors.console import words, words_desk, words_people


class NewPassword(forms.Form):
    """The first password, typed twice."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters; a few plain words are better than one odd one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") != cleaned.get("again"):
            raise ValidationError({"again": _("The two passwords differ.")})
        return cleaned


class Language(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=words.choices(words.LANGUAGE))


class FindingForm(forms.Form):
    """An analyst's finding on an item."""

    verdict = forms.ChoiceField(
        label=_("Finding"),
        choices=words.choices(
            words.FINDING, FindingKind.UNLAWFUL, FindingKind.NOT_UNLAWFUL, FindingKind.CANNOT_TELL
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a finding.")},
    )
    category = forms.ChoiceField(
        label=_("Category"),
        required=False,
        choices=[("", _("choose …")), *words.choices(words.CATEGORY, *list(Category)[1:])],
    )
    ground = forms.ChoiceField(
        label=_("It rests on"),
        choices=words.choices(
            words.GROUND,
            Ground.MATCHED_LIST,
            Ground.STATED_BY_AUTHORITY,
            Ground.SEEN,
            Ground.NONE,
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what the finding rests on.")},
    )
    ground_detail = forms.CharField(
        label=_("Which authority, list or law"), required=False, max_length=500
    )
    police = forms.ChoiceField(
        label=_("Police first, because"),
        required=False,
        choices=[("", _("no, act at once")), *words.choices(words_desk.POLICE)],
    )
    note = forms.CharField(
        label=_("Note for colleagues"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    with_cluster = forms.BooleanField(
        label=_("The same for all items with this picture"), required=False
    )

    def only_grounds_of(self, *, matched: bool, seen: bool = False) -> None:
        """Without a match nothing can rest on one, nor without a mandate on having seen it: those
        choices are not shown."""
        grounds = {
            Ground.MATCHED_LIST: matched,
            Ground.STATED_BY_AUTHORITY: True,
            Ground.SEEN: seen,
            Ground.NONE: True,
        }
        shown = words.choices(words.GROUND, *(ground for ground, there in grounds.items() if there))
        self.fields["ground"].widget.choices = shown

    def finding(self) -> FindingInput:
        """The finding as the room takes it."""
        filled = self.cleaned_data
        return FindingInput(
            verdict=FindingKind(filled["verdict"]),
            ground=Ground(filled["ground"]),
            category=Category(filled["category"]),
            ground_detail=filled["ground_detail"],
            note=filled["note"],
            police=PoliceReason(filled["police"]) if filled["police"] else None,
            with_cluster=filled["with_cluster"],
        )


class Correction(forms.Form):
    """Why a finding was wrong, and the state its reader saw."""

    was = forms.ChoiceField(
        required=False,
        choices=[("", ""), *((state.value, state.value) for state in ItemState)],
        widget=forms.HiddenInput,
    )
    why = forms.CharField(
        label=_("Why it was wrong"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def state_seen(self) -> ItemState | None:
        """The state the item had on the page that was sent, if the page said so."""
        was = self.cleaned_data["was"]
        return ItemState(was) if was else None


class Invitation(forms.Form):
    """Somebody new; they choose their own password."""

    username = forms.RegexField(
        r"^[\w.@+-]{2,60}$",
        label=_("User name"),
        help_text=_("Letters, digits and . @ + - _"),
        error_messages={"invalid": _("Letters, digits and . @ + - _ only, at least two.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=words.choices(words_people.ROLE, *Role),
    )
    language = forms.ChoiceField(label=_("Language"), choices=words.choices(words.LANGUAGE))


class PartyForm(forms.Form):
    """An organisation that will come with a key."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=words.choices(words.PARTY))
    contact_email = forms.EmailField(
        label=_("Address for corrections"),
        required=False,
        help_text=_("Where we tell them that an entry was wrong."),
    )

    def party_kind(self) -> PartyKind:
        return PartyKind(self.cleaned_data["kind"])


class TermsForm(forms.Form):
    """What a key sees of the lists and what it is advised."""

    lists = forms.ChoiceField(
        label=_("It asks"),
        choices=words.choices(words.LISTS, ListsSeen.TEST, ListsSeen.OPEN, ListsSeen.LIVE),
    )
    min_sources = forms.IntegerField(
        label=_("Independent sources for “block”"), min_value=1, max_value=255, initial=1
    )
    min_reviewers = forms.IntegerField(
        label=_("People who looked, for “block”"),
        min_value=0,
        max_value=255,
        initial=0,
        help_text=_("Where a source says how many people agreed; 0 asks for none."),
    )
    near_action = forms.ChoiceField(
        label=_("A near match means"),
        choices=words.choices(words.ACTION, Action.REVIEW, Action.HOLD, Action.BLOCK),
    )
    near_block_bits = forms.IntegerField(
        label=_("It blocks within, in bits"),
        min_value=0,
        max_value=LIKE_ENOUGH_BITS,
        initial=LIKE_ENOUGH_BITS,
        help_text=_("Only where a near match means “block”; beyond it is for review. 31 at most."),
    )
    near_radius_bits = forms.IntegerField(
        label=_("Radius of a near match, in bits"),
        min_value=0,
        max_value=WIDEST_BITS,
        initial=LIKE_ENOUGH_BITS,
        help_text=_("60 at most."),
    )
    unchecked_action = forms.ChoiceField(
        label=_("What could not be checked means"),
        choices=words.choices(words.ACTION, Action.HOLD, Action.REVIEW, Action.BLOCK),
    )
    harmless_action = forms.ChoiceField(
        label=_("What the party found harmless means"),
        choices=words.choices(words.ACTION, Action.REVIEW, Action.NONE),
    )
    # No initial value: whoever issues a key has asked the party.
    outage_policy = forms.ChoiceField(
        label=_("While nothing can be checked, the party"),
        choices=[("", "…"), *words.choices(words.OUTAGE_POLICY, *OutagePolicy)],
        help_text=_("Ask the party. It stands in every receipt of this key."),
    )
    daily_hashes = forms.IntegerField(
        label=_("Different fingerprints a day, at most"),
        min_value=1,
        max_value=MOST_DAILY_HASHES,
        required=False,
        help_text=_("Empty: 100 million."),
    )
    daily_matches = forms.IntegerField(
        label=_("Different entries a day before that is noticed"),
        min_value=1,
        max_value=MOST_DAILY_HASHES,
        required=False,
        help_text=_("Empty: as its tier may. More for who checks only what was reported."),
    )
    private_delta = forms.NullBooleanField(
        label=_("May compare its digests with what is new, unseen by us"),
        required=False,
        help_text=_("Unknown: as its tier may; one that hears yes or no only may not."),
    )
    shadow = forms.BooleanField(
        label=_("Shadow mode: tell what would have been advised, and advise nothing"),
        required=False,
    )

    def policy(self) -> PolicyTerms:
        """The terms as the room takes them."""
        filled = self.cleaned_data
        return PolicyTerms(
            lists=ListsSeen(filled["lists"]),
            min_sources=filled["min_sources"],
            near_radius_bits=filled["near_radius_bits"],
            near_action=Action(filled["near_action"]),
            unchecked_action=Action(filled["unchecked_action"]),
            min_reviewers=filled["min_reviewers"],
            near_block_bits=filled["near_block_bits"],
            harmless_action=Action(filled["harmless_action"]),
            shadow=filled["shadow"],
            daily_hashes=filled["daily_hashes"],
            daily_matches=filled["daily_matches"],
            outage_policy=OutagePolicy(filled["outage_policy"]),
            private_delta=filled["private_delta"],
        )

    @classmethod
    def showing(cls, terms: PolicyTerms) -> TermsForm:
        """The form filled with what holds now."""
        return cls(initial=asdict(terms))


class KeyForm(TermsForm):
    """What a new key may do."""

    tier = forms.ChoiceField(
        label=_("Answers tell"),
        choices=words.choices(words.TIER, Tier.ACTION, Tier.BOOLEAN, Tier.DETAIL),
    )
    per_second = forms.FloatField(
        label=_("Checks each second"), min_value=0.1, max_value=100_000, initial=50
    )
    burst = forms.IntegerField(
        label=_("At once at most"), min_value=1, max_value=1_000_000, initial=100
    )
    field_order = ("tier",)

    def terms(self) -> KeyTerms:
        filled = self.cleaned_data
        return KeyTerms(
            tier=Tier(filled["tier"]), per_second=filled["per_second"], burst=filled["burst"]
        )


class LetGoForm(forms.Form):
    """Why a key that the guard stopped may go on."""

    reason = forms.CharField(label=_("Why it may go on"), max_length=500)


class HarmlessForm(forms.Form):
    """What a party has looked at and found harmless."""

    named = forms.CharField(
        label=_("References, or sha256: or pdq: with 64 hexadecimal digits"),
        help_text=_("One on each line. MD5 and SHA-1 are not taken: other files can share them."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        max_length=200_000,
    )

    def lines(self) -> list[str]:
        return str(self.cleaned_data["named"]).split()

"""What people fill in at the desk: questions, reasons, set-up, notes, appeals on items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from tocsin.domain.reports import questions
from tocsin.domain.reports.desk_types import Answer, DeskRules, Predecide
from tocsin.domain.reports.questions import Question, QuestionSet
from tocsin.domain.reports.types import FindingKind, ReasonCode
from tocsin.doors.console import words, words_desk

MOST_WORDS = 4_000


def _text(label: Any, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": rows})
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on the page: for which findings it is asked, and its field."""

    when: str
    field: BoundField


@dataclass(frozen=True, slots=True)
class AskedSet:
    """The questions of one set, under its title."""

    title: str
    questions: tuple[Asked, ...]


class QuestionsForm(forms.Form):
    """The questions in force, in the reader's language; none has to be answered."""

    prefix = "asked"

    def __init__(
        self, *args: Any, sets: tuple[str, ...], language: str, day: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._sets = questions.asked(sets)
        self._language = language
        self.fields = {
            _name(one, question): _field(question, language, day)
            for one in self._sets
            for question in one.questions
        }

    def sets(self) -> Iterator[AskedSet]:
        """The questions as the page shows them."""
        for one in self._sets:
            asked = tuple(Asked(q.when, self[_name(one, q)]) for q in one.questions)
            title = one.title.get(self._language, one.title["en"])
            yield AskedSet(title, asked)

    def answers(self, verdict: FindingKind) -> tuple[Answer, ...]:
        """What was answered, but for what is not asked of such a finding."""
        found = []
        for one in self._sets:
            for question in one.questions:
                told = self.cleaned_data.get(_name(one, question))
                values = tuple(told) if isinstance(told, list) else (told,) if told else ()
                if values and question.when in {"any", verdict.value}:
                    found.append(Answer(one.name, one.version, question.id, values))
        return tuple(found)


def _name(one: QuestionSet, question: Question) -> str:
    return f"{one.name}-{question.id}"


def _field(question: Question, language: str, day: date) -> forms.Field:
    offered = [(c.code, c.text(language)) for c in question.answers if c.offered(day)]
    label = question.text(language)
    if question.many:
        return forms.MultipleChoiceField(
            label=label,
            required=False,
            choices=offered,
            widget=forms.CheckboxSelectMultiple,
        )
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", _("not stated")), *offered],
        widget=forms.RadioSelect,
    )


class SkipForm(forms.Form):
    """Why somebody puts an item back."""

    reason = forms.ChoiceField(label=_("Why"), choices=words.choices(words_desk.SKIP))


class ItemNumberField(forms.RegexField):
    """The number of an item, however its letter and the space around it were typed."""

    default_error_messages = {"invalid": _("A number such as T-2026-000001.")}

    def __init__(self, *, label: Any) -> None:
        super().__init__(r"^[Tt]-[0-9]{4}-[0-9]{6,}$", label=label, max_length=20, strip=True)

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).upper()


class TwinForm(forms.Form):
    """The item that shows the same picture."""

    other = ItemNumberField(label=_("Number of the other item"))


class WhyForm(forms.Form):
    """Why something is done."""

    why = _text(_("Why"))


class ExtendForm(WhyForm):
    """How much longer the police come first, and why."""

    hours = forms.IntegerField(label=_("Hours from now"), min_value=1, max_value=336, initial=24)
    field_order = ("hours", "why")


class WeightsForm(forms.Form):
    """The points of each reason, the version that was looked at, and why they change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        points: dict[str, forms.Field] = {
            code.value: forms.IntegerField(
                label=str(words_desk.REASON[code]), min_value=-5_000, max_value=10_000
            )
            for code in ReasonCode
        }
        self.fields = {
            **points,
            "why": forms.CharField(label=_("Why"), max_length=500, required=False),
            "after": forms.IntegerField(widget=forms.HiddenInput, min_value=0),
        }

    def points(self) -> dict[str, int]:
        """The weights as they were filled in."""
        return {code.value: self.cleaned_data[code.value] for code in ReasonCode}


class RulesForm(forms.Form):
    """How the desk decides."""

    prefix = "rules"

    second_for_new = forms.BooleanField(
        label=_("Two people judge a picture that no list has, before anything is done"),
        required=False,
    )
    second_for_police = forms.BooleanField(
        label=_("Two people decide that the police come first"), required=False
    )
    police_hold = forms.IntegerField(label=_("Hours for the police"), min_value=1, max_value=336)
    longest_hold = forms.IntegerField(
        label=_("At most, with reasons given"), min_value=1, max_value=336
    )
    predecide = forms.ChoiceField(
        label=_("A new item whose picture is decided"),
        choices=words.choices(words_desk.PREDECIDE),
        widget=forms.RadioSelect,
    )
    question_sets = forms.MultipleChoiceField(
        label=_("Questions asked"), required=False, widget=forms.CheckboxSelectMultiple
    )
    why = forms.CharField(label=_("Why"), max_length=500)
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, language: str = "en", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = {one.name: one.title.get(language, "") for one in questions.all_sets()}
        sets = self.fields["question_sets"]
        if isinstance(sets, forms.MultipleChoiceField):
            sets.choices = sorted(titles.items(), reverse=True)

    def desk(self) -> DeskRules:
        """The rules as they were filled in."""
        told = self.cleaned_data
        return DeskRules(
            second_for_new=told["second_for_new"],
            second_for_police=told["second_for_police"],
            police_hold=timedelta(hours=told["police_hold"]),
            longest_hold=timedelta(hours=told["longest_hold"]),
            predecide=Predecide(told["predecide"]),
            question_sets=tuple(told["question_sets"]),
        )


class SearchForm(forms.Form):
    """What somebody looks for."""

    words = forms.CharField(
        label=_("Number, reference, address or site"),
        max_length=8_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class NoteForm(forms.Form):
    """What the next shift should know."""

    words = _text(_("For whoever comes next"), rows=3)


class ItemAppealForm(forms.Form):
    """Somebody with a stake says that a finding was wrong."""

    origin = forms.ChoiceField(
        label=_("Appealed by"), choices=words.choices(words_desk.APPEAL_ORIGIN)
    )
    words = _text(_("What they say"), rows=3)
    contact = forms.CharField(
        label=_("Where an answer reaches them"), max_length=200, required=False
    )


class ItemAppealDecision(forms.Form):
    """What is decided on an appeal."""

    UPHOLD, DISMISS = "uphold", "dismiss"

    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (UPHOLD, _("The finding was wrong: correct it")),
            (DISMISS, _("The finding was right: it stands")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a decision.")},
    )
    words = _text(_("Why"), rows=3)


class GoldenForm(forms.Form):
    """The number of an item that everybody should judge alike."""

    number = ItemNumberField(label=_("Number of a decided item"))


_DAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
    _("Sunday"),
)  # fmt: skip


class HoursForm(forms.Form):
    """Hours of a week, a day a field: `09:00-17:30`, or nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {
            str(day): forms.RegexField(
                r"^\s*([01]?\d|2[0-3]):[0-5]\d\s*[-\u2013]\s*([01]?\d|2[0-3]):[0-5]\d\s*$",
                label=str(name),
                required=False,
                max_length=20,
                error_messages={"invalid": _("Hours such as 09:00-17:30.")},
                widget=forms.TextInput(attrs={"placeholder": "09:00-17:30"}),
            )
            for day, name in enumerate(_DAYS)
        }

    def hours(self) -> dict[int, tuple[time, time]]:
        """From when until when, by weekday."""
        found = {}
        for day, text in self.cleaned_data.items():
            if text:
                begins, ends = (part.strip() for part in re.split("[-\u2013]", text))
                found[int(day)] = (_clock(begins), _clock(ends))
        return found


def _clock(text: str) -> time:
    hours, _colon, minutes = text.partition(":")
    return time(int(hours), int(minutes))


class AdmitForm(forms.Form):
    """For how long somebody is let in out of hours, and why."""

    hours = forms.IntegerField(label=_("Hours from now"), min_value=1, max_value=24, initial=4)
    why = forms.CharField(label=_("Why"), max_length=500)

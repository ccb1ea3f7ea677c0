"""Reads the question sets of the package and weighs answers by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct, field

from tocsin.domain.hashlists.classification import Observations, observed
from tocsin.domain.reports.desk_types import Answer, BadAnswer
from tocsin.domain.reports.types import FindingKind

DATA = files("tocsin.domain.reports.questions") / "data"
LANGUAGES = ("en", "nl", "fr")
Words = dict[str, str]


class Choice(Struct, forbid_unknown_fields=True, frozen=True):
    """One answer. `codes`: what schemes call it; `implies`: what it says was observed.

    Offered from the first to the last day given, when that is limited.
    """

    code: str
    words: Words
    codes: dict[str, str | int] = {}
    implies: dict[str, str | bool] = {}
    from_: dt.date | None = field(name="from", default=None)
    until: dt.date | None = None
    unverified: bool = False

    def offered(self, day: dt.date) -> bool:
        """Whether it may be given on a day."""
        begun = self.from_ is None or self.from_ <= day
        return begun and (self.until is None or day <= self.until)

    def text(self, language: str) -> str:
        """What it is called."""
        return self.words.get(language, self.words["en"])


class Question(Struct, forbid_unknown_fields=True, frozen=True):
    """One question, asked for a verdict or for any; never has to be answered."""

    id: str
    words: Words
    answers: list[Choice]
    when: Literal["unlawful", "not_unlawful", "any"] = "any"
    many: bool = False

    def text(self, language: str) -> str:
        """What is asked."""
        return self.words.get(language, self.words["en"])

    def choice(self, code: str) -> Choice | None:
        """The answer of a code."""
        return next((one for one in self.answers if one.code == code), None)


class QuestionSet(Struct, forbid_unknown_fields=True, frozen=True):
    """What is asked together; `source` says where the questions were read."""

    name: str
    version: str
    title: Words
    source: str
    questions: list[Question]

    def question(self, name: str) -> Question | None:
        """The question of an id."""
        return next((one for one in self.questions if one.id == name), None)


@cache
def all_sets() -> tuple[QuestionSet, ...]:
    """Every version of every set, by name and version."""
    found = sorted(path.name for path in DATA.iterdir() if path.name.endswith(".json"))
    read = (msgspec.json.decode((DATA / name).read_bytes(), type=QuestionSet) for name in found)
    return tuple(sorted(read, key=lambda one: (one.name, _number(one.version))))


def newest(name: str) -> QuestionSet | None:
    """The newest version of a set."""
    return next((one for one in reversed(all_sets()) if one.name == name), None)


def of_version(name: str, version: str) -> QuestionSet | None:
    """A set as it was in a version."""
    for one in all_sets():
        if (one.name, one.version) == (name, version):
            return one
    return None


def asked(names: Iterable[str]) -> tuple[QuestionSet, ...]:
    """The newest versions of the sets named, in that order; unknown names are left out."""
    return tuple(found for name in names if (found := newest(name)) is not None)


def refuse(answer: Answer, verdict: FindingKind) -> None:
    """Raise BadAnswer unless the set knows the question and the answer, and asks it here."""
    known = of_version(answer.question_set, answer.version)
    question = known.question(answer.question) if known else None
    if question is None:
        raise BadAnswer(answer.question, "There is no such question.")
    if question.when not in {"any", verdict.value}:
        raise BadAnswer(answer.question, "This is not asked of such a finding.")
    if not answer.values or (len(answer.values) > 1 and not question.many):
        raise BadAnswer(answer.question, "Give one answer.")
    if any(question.choice(value) is None for value in answer.values):
        raise BadAnswer(answer.question, "There is no such answer.")


def codes_of(answers: Iterable[Answer], scheme: str) -> Mapping[str, tuple[str | int, ...]]:
    """What the answers are called in a scheme: question to codes; nothing where it has none."""
    found: dict[str, tuple[str | int, ...]] = {}
    for answer in answers:
        codes = tuple(choice.codes[scheme] for choice in _choices(answer) if scheme in choice.codes)
        if codes:
            found[answer.question] = codes
    return found


def implied(answers: Iterable[Answer], stated: Observations) -> Observations:
    """What the answers say was observed, beneath what was stated outright."""
    told: dict[str, str | bool] = {}
    for answer in answers:
        for choice in _choices(answer):
            told |= choice.implies
    missing = {name: value for name, value in told.items() if getattr(stated, name) is None}
    read = observed(missing)
    return replace(stated, **{name: getattr(read, name) for name in missing})


def _choices(answer: Answer) -> list[Choice]:
    known = of_version(answer.question_set, answer.version)
    question = known.question(answer.question) if known else None
    if question is None:
        return []
    found = (question.choice(value) for value in answer.values)
    return [choice for choice in found if choice is not None]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

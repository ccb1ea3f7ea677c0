"""Observations, codes that follow from them, and what the law says, in words for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.domain.hashlists.classification import (
    UCS,
    Act,
    AgeBand,
    Asserted,
    Code,
    Disagreement,
    Gender,
    NotExpressible,
    NotKnown,
    NotKnownWhy,
    Observations,
    Says,
    Verdict,
    Why,
    asserted_as,
    contradictions,
    derive_all,
    disagreements,
    jurisdictions,
    verdict,
)
from tocsin.domain.hashlists.types import Category
from tocsin.doors.console.words import CATEGORY, Words

FIELD: Words = {
    "age_band": _("Age of the youngest"),
    "act": _("What is shown"),
    "gender": _("Sex"),
    "real_child": _("A real child"),
    "virtual_or_drawn": _("Drawn or virtual"),
    "ai_generated": _("Made by a generator"),
    "self_generated": _("Taken by the child"),
    "live_streamed": _("From a live stream"),
    "grid_or_collage": _("Several pictures in one"),
    "child_modelling": _("Child modelling"),
    "text_or_manual": _("Text or a manual"),
    "victim_identified": _("Victim identified"),
    "offender_identified": _("Offender identified"),
    "is_distributed": _("In circulation"),
    "is_suspected": _("Suspected only"),
    "file_available": _("The source has the file"),
}
AGE: Words = {
    AgeBand.UNDER_3: _("0 to 2 years"),
    AgeBand.UNDER_7: _("3 to 6 years"),
    AgeBand.UNDER_11: _("7 to 10 years"),
    AgeBand.UNDER_14: _("11 to 13 years"),
    AgeBand.UNDER_16: _("14 or 15 years"),
    AgeBand.UNDER_18: _("16 or 17 years"),
    AgeBand.INFANT: _("infant"),
    AgeBand.PREPUBESCENT: _("before puberty"),
    AgeBand.PUBESCENT: _("in puberty"),
    AgeBand.ADULT: _("adult"),
    AgeBand.UNDETERMINED: _("cannot be told"),
}
ACT: Words = {
    Act.PENETRATIVE_OR_SADISM: _("sexual act: penetration, sadism or an animal"),
    Act.NONPENETRATIVE: _("sexual act without penetration"),
    Act.EXHIBITION: _("sexualised exhibition"),
    Act.OTHER_INDECENT: _("otherwise indecent"),
    Act.NONE: _("nothing sexual"),
    Act.UNDETERMINED: _("cannot be told"),
}
GENDER: Words = {
    Gender.FEMALE: _("girls"),
    Gender.MALE: _("boys"),
    Gender.BOTH: _("girls and boys"),
    Gender.UNDETERMINED: _("cannot be told"),
}
YES_OR_NO = {True: _("yes"), False: _("no")}
VALUE: dict[str, Words] = {"age_band": AGE, "act": ACT, "gender": GENDER}

SCHEME: Mapping[str, str | Promise] = {
    "ncmec-industry": _("Industry scheme"),
    "xarf-v4-csam": "XARF",
    "interpol-baseline": "INTERPOL",
    "iccam-v3": "ICCAM",
    "iccam-v2": "ICCAM v2",
    "iwf-uk": "IWF",
    "sap": "SAP",
    "copine": "COPINE",
    "arachnid": "Project Arachnid",
    UCS: _("UCS label"),
}
_IWF: Words = {
    "A": _("penetration, sadism or an animal"),
    "B": _("sexual act without penetration"),
    "C": _("otherwise indecent"),
}
_SAID_AS_CATEGORY = {
    "ncmec-industry", "xarf-v4-csam", "interpol-baseline", "iccam-v3", "iccam-v2",
}  # fmt: skip
PLACE: Words = {"NL": _("Netherlands"), "BE": _("Belgium"), "EU": _("European Union")}
SAYS: Words = {
    Says.UNLAWFUL: _("unlawful"),
    Says.LAWFUL: _("not unlawful by this article"),
    Says.UNCLEAR: _("unclear"),
}


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A scheme and what it says, or why it says nothing; `source` as it was read, in English."""

    scheme: str
    code: str
    words: str
    source: str = ""
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A place and what its law says; `kind` is a value of `Says`, or empty without an answer."""

    place: str
    kind: str
    words: str
    reference: str = ""
    renumbered: bool = False
    source: str = ""
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a page says of one picture's classification."""

    observed: tuple[tuple[str, str], ...]
    asserted: tuple[CodeRow, ...]
    derived: tuple[CodeRow, ...]
    warnings: tuple[str, ...]
    verdicts: tuple[VerdictRow, ...]


def reading(
    observed: Observations, asserted: Sequence[Asserted], category: Category, on: date
) -> Reading:
    """What was observed and asserted of a picture, and what follows from it, in words."""
    return Reading(
        observed=tuple((str(FIELD[name]), _value(name, told)) for name, told in observed.stated()),
        asserted=tuple(_asserted(one) for one in asserted),
        derived=tuple(_derived(one) for one in derive_all(observed)) if observed else (),
        warnings=(*_contradicting(observed), *map(_disagreeing, disagreements(asserted, observed))),
        verdicts=tuple(
            _judged(verdict(observed, category.value, place, on)) for place in jurisdictions()
        ),
    )


def of_category(category: Category) -> tuple[Asserted, ...]:
    """The code that a category of ours asserts, if any."""
    found = asserted_as(category.value)
    return () if found is None else (found,)


def fields(names: Iterable[str]) -> str:
    """Names of fields in a row."""
    return ", ".join(str(FIELD[name]) for name in names)


def _value(name: str, told: str | bool) -> str:
    if isinstance(told, bool):
        return str(YES_OR_NO[told])
    return str(VALUE[name][told])


def _scheme(name: str) -> str:
    return str(SCHEME.get(name, name))


def _words_of(scheme: str, code: str) -> str:
    """A code in the reader's language; nothing where we have no words for it."""
    if scheme == "iwf-uk":
        return str(_IWF.get(code, ""))
    if scheme in _SAID_AS_CATEGORY and code in CATEGORY:
        # The category's words begin with its code, which stands in a column of its own here.
        return str(CATEGORY[code]).partition(": ")[2] or str(CATEGORY[code])
    return ""


def _asserted(one: Asserted) -> CodeRow:
    return CodeRow(_scheme(one.scheme), one.code, _words_of(one.scheme, one.code))


def _derived(one: Code | NotExpressible) -> CodeRow:
    if isinstance(one, Code):
        words = _words_of(one.scheme, one.code)
        return CodeRow(_scheme(one.scheme), one.code, words, one.source, one.unverified)
    return CodeRow(_scheme(one.scheme), "", _why(one))


def _why(none: NotExpressible) -> str:
    named = {"fields": fields(none.fields)}
    if none.why is Why.NOT_OBSERVED:
        return gettext("open: depends on %(fields)s") % named
    if none.why is Why.CONTRADICTION:
        return gettext("none: what was stated contradicts itself (%(fields)s)") % named
    return gettext("does not apply")


def _contradicting(observed: Observations) -> list[str]:
    return [
        gettext("What was stated contradicts itself: %(fields)s.")
        % {"fields": fields(found.fields)}
        for found in contradictions(observed)
    ]


def _disagreeing(found: Disagreement) -> str:
    named = {
        "scheme": _scheme(found.asserted.scheme),
        "code": found.asserted.code,
        "derived": found.derived,
        "fields": fields(found.fields),
    }
    if found.derived:
        return (
            gettext(
                "%(scheme)s %(code)s was asserted, but %(derived)s follows from what was stated."
            )
            % named
        )
    return (
        gettext(
            "%(scheme)s %(code)s was asserted, but does not go with what was stated (%(fields)s)."
        )
        % named
    )


def _judged(found: Verdict | NotKnown) -> VerdictRow:
    place = str(PLACE.get(found.jurisdiction, found.jurisdiction))
    if isinstance(found, NotKnown):
        return VerdictRow(place, "", _no_answer(found))
    return VerdictRow(
        place,
        found.says.value,
        _says(found),
        found.reference,
        found.renumbered,
        found.source,
        found.unverified,
    )


def _says(found: Verdict) -> str:
    if found.against:
        return gettext("unclear: what was stated contradicts itself (%(fields)s)") % {
            "fields": fields(found.against)
        }
    if found.missing:
        return gettext("unclear: depends on %(fields)s") % {"fields": fields(found.missing)}
    if found.says is Says.UNCLEAR:
        return gettext("unclear: nothing is written down of this")
    return str(SAYS[found.says])


def _no_answer(found: NotKnown) -> str:
    named = {"date": found.edge.isoformat() if found.edge else ""}
    if found.why is NotKnownWhy.BEFORE:
        return gettext("no answer for days before %(date)s") % named
    return gettext("no answer: somebody had to read this law again by %(date)s") % named

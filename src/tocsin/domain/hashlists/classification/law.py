"""What the law of a country says of a picture, on a day: dated data, and `unclear` where it is
silent. It is help for a person who decides, and never decides by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from msgspec import Struct, field

from tocsin.domain.hashlists.classification import possible
from tocsin.domain.hashlists.classification.deriving import (
    Asserted,
    Code,
    NotExpressible,
    Why,
    derive,
)
from tocsin.domain.hashlists.classification.observations import Observations, contradictions
from tocsin.domain.hashlists.classification.possible import Standing, When
from tocsin.domain.hashlists.classification.reading import read_folder
from tocsin.domain.hashlists.classification.schemes import find, implied

_CATEGORIES = {
    **{code: ("ncmec-industry", code) for code in ("A1", "A2", "B1", "B2")},
    "baseline": ("interpol-baseline", "baseline"),
    "national": ("iccam-v3", "national"),
}


class Says(StrEnum):
    """What the law says of a picture."""

    UNLAWFUL = "unlawful"
    LAWFUL = "lawful"
    UNCLEAR = "unclear"


class LawRule(Struct, forbid_unknown_fields=True):
    """One thing a law says, from the first to the last day it says so.

    `renumbered`: the article has another number by then, which is not known here.
    """

    says: Says
    reference: str
    from_: dt.date = field(name="from")
    source: str
    until: dt.date | None = None
    when: When = When()
    category: str = ""
    unverified: bool = False
    renumbered: bool = False

    def in_force(self, day: dt.date) -> bool:
        return self.from_ <= day and (self.until is None or day <= self.until)


class Jurisdiction(Struct, forbid_unknown_fields=True):
    """The law of one place as it was known on `as_of`.

    Nothing is answered for days before `known_from` (`before` says what applied then, as far as
    that is known), nor after `look_again_by`, when somebody must have read the law again.
    """

    jurisdiction: str
    name: str
    as_of: dt.date
    known_from: dt.date
    look_again_by: dt.date
    before: str
    rules: list[LawRule]
    reference: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the law says, by which article, and where that was read.

    `renumbered`: the article has another number on that day, not known here.

    For `unclear`, `missing` are the fields whose observation could change that, and `against`
    those that contradict each other; neither where the law written down here is silent.
    """

    jurisdiction: str
    on_date: dt.date
    says: Says
    reference: str = ""
    source: str = ""
    unverified: bool = False
    renumbered: bool = False
    missing: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


class NotKnownWhy(StrEnum):
    """Why there is no answer at all."""

    NO_SUCH_PLACE = "no_such_place"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class NotKnown:
    """No answer: nothing is written down of the place, or of that day.

    `edge` is the first or last day there are answers for; `note` what is known all the same.
    """

    jurisdiction: str
    on_date: dt.date
    why: NotKnownWhy
    edge: dt.date | None = None
    note: str = ""


@cache
def jurisdictions() -> dict[str, Jurisdiction]:
    """The places whose law is written down, by their letters."""
    return {place.jurisdiction: place for place in read_folder("law", Jurisdiction)}


def asserted_as(category: str) -> Asserted | None:
    """A category of ours as the code of a scheme; None for one that is not stated."""
    scheme, code = _CATEGORIES.get(category, ("", ""))
    known = find(scheme)
    return Asserted(scheme, known.version, code) if known else None


def verdict(
    observations: Observations, category: str, jurisdiction: str, on_date: dt.date
) -> Verdict | NotKnown:
    """What the law of a place says of a picture, given what was observed and its category.

    `category` is a value of `hashlists.types.Category`; "national" says nothing here, since it
    does not tell of which country.
    """
    place = jurisdictions().get(jurisdiction)
    if place is None:
        return NotKnown(jurisdiction, on_date, NotKnownWhy.NO_SUCH_PLACE)
    if on_date < place.known_from:
        return NotKnown(jurisdiction, on_date, NotKnownWhy.BEFORE, place.known_from, place.before)
    if on_date > place.look_again_by:
        return NotKnown(jurisdiction, on_date, NotKnownWhy.AFTER, place.look_again_by)
    return _judge(observations, category, place, on_date)


def iccam_code(observations: Observations, found: Verdict | NotKnown) -> Code | NotExpressible:
    """ICCAM's code: baseline by the facts, else by what the law of the hotline's country says."""
    by_facts = derive(observations, "iccam-v3")
    known = find("iccam-v3")
    if isinstance(by_facts, Code) or known is None:
        return by_facts
    if isinstance(found, NotKnown) or found.says is Says.UNCLEAR:
        fields = found.missing if isinstance(found, Verdict) else ()
        return NotExpressible(known.scheme, known.version, Why.NOT_OBSERVED, fields)
    code = "national" if found.says is Says.UNLAWFUL else "ignore"
    meaning = known.meaning(code)
    words = meaning.words if meaning else ""
    unverified = found.unverified
    return Code(known.scheme, known.version, code, words, found.reference, unverified)


def _judge(observations: Observations, category: str, place: Jurisdiction, day: dt.date) -> Verdict:
    known = possible.of(observations)
    against = {name for c in contradictions(observations) for name in c.fields}
    asserted = asserted_as(category)
    says = implied(asserted.scheme, asserted.code) if asserted else None
    if says is not None:
        against |= set(known.against(says.possible))
        known = known.also(says.possible)
    if against:
        return _unclear(place, day, against=tuple(sorted(against)))
    holding, missing = [], set[str]()
    for rule in place.rules:
        if not rule.in_force(day) or rule.category not in {"", category}:
            continue
        parts = known.standing(rule.when)
        standing = possible.whole(parts.values())
        if standing is Standing.CERTAIN:
            holding.append(rule)
        elif standing is Standing.OPEN:
            missing |= {name for name, part in parts.items() if part is Standing.OPEN}
    if len({rule.says for rule in holding}) != 1:
        return _unclear(place, day, missing=() if holding else tuple(sorted(missing)))
    rule = min(holding, key=lambda rule: rule.unverified)
    unverified = rule.unverified or possible.rests_on_unverified_age(
        rule.when, observations.age_band
    )
    return Verdict(
        place.jurisdiction,
        day,
        rule.says,
        rule.reference,
        rule.source,
        unverified,
        rule.renumbered,
    )


def _unclear(
    place: Jurisdiction,
    day: dt.date,
    *,
    missing: tuple[str, ...] = (),
    against: tuple[str, ...] = (),
) -> Verdict:
    return Verdict(
        place.jurisdiction,
        day,
        Says.UNCLEAR,
        place.reference,
        place.source,
        missing=missing,
        against=against,
    )

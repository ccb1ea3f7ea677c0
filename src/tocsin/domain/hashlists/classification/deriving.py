"""Codes from observations, downwards only; asserted codes beside them, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.hashlists.classification import possible
from tocsin.domain.hashlists.classification.observations import Observations, contradictions
from tocsin.domain.hashlists.classification.possible import Possible, Standing
from tocsin.domain.hashlists.classification.schemes import (
    Implied,
    Rule,
    Scheme,
    find,
    implied,
    schemes,
    ways,
)


class Why(StrEnum):
    """Why there is no code."""

    UNKNOWN_SCHEME = "unknown_scheme"
    INPUT_ONLY = "input_only"
    NOT_OBSERVED = "not_observed"
    CONTRADICTION = "contradiction"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a scheme that follows from what is known.

    `unverified`: the rule, or the reading of an age band, still has to be checked at its source.
    `translated_from`: scheme and code of the assertion it was translated from, else empty.
    """

    scheme: str
    version: str
    code: str
    words: str
    source: str
    unverified: bool
    translated_from: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True, slots=True)
class NotExpressible:
    """No code of the scheme can be said; `fields` are what is missing or contradicts."""

    scheme: str
    version: str
    why: Why
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asserted:
    """A code or label as somebody asserted it; the scheme need not be known here."""

    scheme: str
    version: str
    code: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An asserted code against what was observed; `derived` is the code that follows instead.

    `fields` are those in which both cannot be true. Reported; a person decides.
    """

    asserted: Asserted
    fields: tuple[str, ...]
    derived: str = ""


def derive(observations: Observations, scheme: str, version: str = "") -> Code | NotExpressible:
    """The gravest code of a scheme that follows from observations, or why there is none.

    Without a version: the newest that is known here.
    """
    known = find(scheme, version)
    if known is None:
        return NotExpressible(scheme, version, Why.UNKNOWN_SCHEME)
    if known.use == "input":
        return NotExpressible(scheme, known.version, Why.INPUT_ONLY)
    rules = known.rules
    if known.derives_as:
        other = find(known.derives_as)
        rules = other.rules if other else []
    return _gravest(observations, known, rules)


def derive_all(observations: Observations) -> tuple[Code | NotExpressible, ...]:
    """The same for every scheme that can be derived, in its newest version."""
    names = dict.fromkeys(s.scheme for s in schemes() if s.use == "derive")
    return tuple(derive(observations, name) for name in names)


def translate(asserted: Asserted, into: str, observations: Observations) -> Code | NotExpressible:
    """An asserted code as a code of another scheme, with the help of what was observed.

    Where one of several codes is meant and the observations do not tell which, there is none.
    """
    target = find(into)
    if target is None:
        return NotExpressible(into, "", Why.UNKNOWN_SCHEME)
    says = implied(asserted.scheme, asserted.code, asserted.version)
    codes, unverified = ways(asserted.scheme, asserted.code, into)
    if says is None or not codes:
        return NotExpressible(into, target.version, Why.OUTSIDE)
    seen = possible.of(observations)
    if against := seen.against(says.possible):
        return NotExpressible(into, target.version, Why.CONTRADICTION, against)
    left = [(code, means) for code in codes if (means := _fits(target, code, seen))]
    if len(left) != 1:
        why = Why.NOT_OBSERVED if left else Why.OUTSIDE
        fields = _telling_apart([means.possible for _, means in left])
        return NotExpressible(into, target.version, why, fields)
    code, means = left[0]
    return _code(
        target,
        code,
        source=f"asserted as {asserted.scheme} {asserted.code}",
        unverified=unverified or means.unverified,
        translated_from=(asserted.scheme, asserted.code),
    )


def disagreements(
    asserted: Iterable[Asserted], observations: Observations
) -> tuple[Disagreement, ...]:
    """Every asserted code that does not go with what was observed."""
    found = (_disagreement(one, observations) for one in asserted)
    return tuple(one for one in found if one is not None)


def _gravest(
    observations: Observations, scheme: Scheme, rules: list[Rule]
) -> Code | NotExpressible:
    seen = possible.of(observations)
    doubted = frozenset(name for c in contradictions(observations) for name in c.fields)
    certain: list[Rule] = []
    missing: set[str] = set()
    contradicted: set[str] = set()
    for rule in rules:
        parts = seen.standing(rule.when)
        standing = possible.whole(parts.values())
        in_doubt = possible.fields_of(rule.when) & doubted
        if standing is not Standing.RULED_OUT and in_doubt:
            contradicted |= in_doubt
        elif standing is Standing.CERTAIN:
            certain.append(rule)
        elif standing is Standing.OPEN:
            missing |= {name for name, part in parts.items() if part is Standing.OPEN}
    if certain:
        return _derived(scheme, certain, observations)
    if contradicted:
        fields = tuple(sorted(contradicted))
        return NotExpressible(scheme.scheme, scheme.version, Why.CONTRADICTION, fields)
    why = Why.NOT_OBSERVED if missing else Why.OUTSIDE
    return NotExpressible(scheme.scheme, scheme.version, why, tuple(sorted(missing)))


def _derived(scheme: Scheme, certain: list[Rule], observations: Observations) -> Code:
    """The gravest of the codes; of two rules for it the one that was checked."""

    def unverified(rule: Rule) -> bool:
        rests = possible.rests_on_unverified_age(rule.when, observations.age_band)
        return rule.unverified or rests

    rule = min(certain, key=lambda rule: (_rank(scheme, rule.code), unverified(rule)))
    return _code(scheme, rule.code, source=rule.source, unverified=unverified(rule))


def _code(
    scheme: Scheme,
    code: str,
    *,
    source: str,
    unverified: bool,
    translated_from: tuple[str, str] | tuple[()] = (),
) -> Code:
    meaning = scheme.meaning(code)
    words = meaning.words if meaning else ""
    return Code(scheme.scheme, scheme.version, code, words, source, unverified, translated_from)


def _rank(scheme: Scheme, code: str) -> int:
    meaning = scheme.meaning(code)
    return meaning.rank if meaning else 0


def _fits(scheme: Scheme, code: str, seen: Possible) -> Implied | None:
    means = implied(scheme.scheme, code)
    return means if means is not None and not seen.against(means.possible) else None


def _telling_apart(left: list[Possible]) -> tuple[str, ...]:
    """The fields that would tell which of several codes it is."""
    fields = []
    if len({one.stages for one in left}) > 1:
        fields.append("age_band")
    if len({one.acts for one in left}) > 1:
        fields.append("act")
    return tuple(sorted(fields))


def _disagreement(asserted: Asserted, observations: Observations) -> Disagreement | None:
    says = implied(asserted.scheme, asserted.code, asserted.version)
    against = possible.of(observations).against(says.possible) if says else ()
    derived = derive(observations, asserted.scheme, asserted.version)
    other = ""
    known = find(asserted.scheme, asserted.version)
    if known and known.exclusive and isinstance(derived, Code) and derived.code != asserted.code:
        other = derived.code
    return Disagreement(asserted, against, other) if against or other else None

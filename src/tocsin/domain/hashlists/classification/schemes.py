"""Classification schemes, read from dated data files; what a code says and what it becomes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Literal

from msgspec import Struct

from tocsin.domain.hashlists.classification import possible
from tocsin.domain.hashlists.classification.possible import Possible, When
from tocsin.domain.hashlists.classification.reading import read_folder


class Meaning(Struct, forbid_unknown_fields=True):
    """A code: what it is called, how grave (1 the gravest), and what follows from its assertion."""

    code: str
    words: str
    rank: int = 0
    implies: When | None = None
    source: str = ""
    unverified: bool = False


class Rule(Struct, forbid_unknown_fields=True):
    """When a code can be derived."""

    code: str
    when: When
    source: str
    unverified: bool = False


class Becomes(Struct, forbid_unknown_fields=True):
    """Codes of another scheme, one of which a code is there.

    With `means`, the code says no less than those do; else it is a way of writing it only.
    """

    codes: list[str]
    scheme: str
    into: list[str]
    source: str
    means: bool = False
    unverified: bool = False


class Scheme(Struct, forbid_unknown_fields=True):
    """A scheme in one version, as it was known on `as_of`.

    `input`: its codes are read and kept, and never derived. `derives_as`: codes of that scheme
    stand here under the same name. `exclusive`: two different codes contradict each other.
    """

    scheme: str
    version: str
    as_of: dt.date
    title: str
    source: str
    use: Literal["derive", "input"]
    codes: list[Meaning]
    rules: list[Rule] = []
    becomes: list[Becomes] = []
    derives_as: str = ""
    exclusive: bool = True

    def meaning(self, code: str) -> Meaning | None:
        """What is known of a code; None for one that the scheme does not have."""
        return next((meaning for meaning in self.codes if meaning.code == code), None)


@cache
def schemes() -> tuple[Scheme, ...]:
    """Every scheme in every version, the newest version of each first."""
    found = read_folder("schemes", Scheme)
    for scheme in found:
        _check(scheme)
    return tuple(sorted(found, key=lambda scheme: (scheme.scheme, -scheme.as_of.toordinal())))


def find(scheme: str, version: str = "") -> Scheme | None:
    """A scheme in a version; without one, in the newest that is known here."""
    return next((s for s in schemes() if s.scheme == scheme and version in {"", s.version}), None)


@dataclass(frozen=True, slots=True)
class Implied:
    """What follows from an asserted code, and whether that was checked."""

    possible: Possible
    unverified: bool


def implied(scheme: str, code: str, version: str = "") -> Implied | None:
    """What an asserted code says of the picture: no more than its scheme's file does.

    None where nothing is known of the code: it is kept, and says nothing here.
    """
    known = find(scheme, version)
    meaning = known.meaning(code) if known else None
    if known is None or meaning is None:
        return None
    says, unverified = possible.ANYTHING, False
    if meaning.implies is not None:
        says, unverified = possible.implied_by(meaning.implies), meaning.unverified
    for way in known.becomes:
        if way.means and code in way.codes:
            others = [other for to in way.into if (other := implied(way.scheme, to))]
            says = says.also(possible.either(other.possible for other in others))
            unverified |= way.unverified or any(other.unverified for other in others)
    return Implied(says, unverified)


def ways(scheme: str, code: str, into: str) -> tuple[tuple[str, ...], bool]:
    """The codes of scheme `into` one of which a code becomes, and whether a step is unverified.

    Goes through other schemes where there is no straight way; no codes when there is none.
    """
    if scheme == into:
        return (code,), False
    known = find(scheme)
    for way in known.becomes if known else ():
        if code not in way.codes:
            continue
        steps = [ways(way.scheme, to, into) for to in way.into]
        codes = tuple(dict.fromkeys(code for found, _ in steps for code in found))
        if codes and all(found for found, _ in steps):
            return codes, way.unverified or any(unverified for _, unverified in steps)
    return (), False


def _check(scheme: Scheme) -> None:
    """A file that speaks of codes it does not have must not be used."""
    names = {meaning.code for meaning in scheme.codes}
    spoken_of = {rule.code for rule in scheme.rules}
    spoken_of |= {code for way in scheme.becomes for code in way.codes}
    if not spoken_of <= names or (scheme.use == "input" and (scheme.rules or scheme.derives_as)):
        raise ValueError(f"the file of {scheme.scheme} {scheme.version} contradicts itself")

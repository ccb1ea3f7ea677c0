"""What was observed of a picture: stated once, three-valued, packed into one number for a table.

The values are those of `schemas/canonical-hash-entry.schema.json`. Not stated is None and never
False; `undetermined` is a statement too: somebody looked and could not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache

LAYOUT = 1
"""The number of the layout below. A new one gets a new number; old numbers stay readable."""


class AgeBand(StrEnum):
    """How old the youngest child appears: in years, or by stage where the source has no years."""

    UNDER_3 = "0-2"
    UNDER_7 = "3-6"
    UNDER_11 = "7-10"
    UNDER_14 = "11-13"
    UNDER_16 = "14-15"
    UNDER_18 = "16-17"
    INFANT = "infant"
    PREPUBESCENT = "prepubescent"
    PUBESCENT = "pubescent"
    ADULT = "adult"
    UNDETERMINED = "undetermined"


class Act(StrEnum):
    """The gravest thing that is shown."""

    PENETRATIVE_OR_SADISM = "sex_act_penetrative_or_sadism"
    NONPENETRATIVE = "sex_act_nonpenetrative"
    EXHIBITION = "sexualised_exhibition"
    OTHER_INDECENT = "other_indecent"
    NONE = "none"
    UNDETERMINED = "undetermined"


class Gender(StrEnum):
    """Whom of the children there are."""

    FEMALE = "female"
    MALE = "male"
    BOTH = "both"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Observations:
    """What was observed; every field that nobody spoke of is None."""

    age_band: AgeBand | None = None
    act: Act | None = None
    gender: Gender | None = None
    real_child: bool | None = None
    virtual_or_drawn: bool | None = None
    ai_generated: bool | None = None
    self_generated: bool | None = None
    live_streamed: bool | None = None
    grid_or_collage: bool | None = None
    child_modelling: bool | None = None
    text_or_manual: bool | None = None
    victim_identified: bool | None = None
    offender_identified: bool | None = None
    is_distributed: bool | None = None
    is_suspected: bool | None = None
    file_available: bool | None = None

    def stated(self) -> Iterator[tuple[str, str | bool]]:
        """Name and value of each field somebody spoke of, in the order of the fields."""
        for name in NAMES:
            value = getattr(self, name)
            if value is not None:
                yield name, value

    def __bool__(self) -> bool:
        return any(True for _ in self.stated())


NOTHING_OBSERVED = Observations()
KINDS: Mapping[str, type[StrEnum]] = {"age_band": AgeBand, "act": Act, "gender": Gender}
NAMES = tuple(field.name for field in fields(Observations))
FLAGS = tuple(name for name in NAMES if name not in KINDS)

# Layout 1, from the lowest bit: four bits each for age band, act and gender (0: not stated, else
# the place in the enum counted from 1), then two bits for each flag in the order of the fields
# (0: not stated, 1: no, 2: yes), zeros up to bit 58, and the layout's number in bits 59 to 62.
_WORD_BITS, _FLAG_BITS, _LAYOUT_AT = 4, 2, 59


class UnknownLayout(Exception):
    """This number was not packed by any layout known here: a newer Tocsin may have written it."""


def pack(observations: Observations) -> int:
    """The observations as one number from 0 (nothing observed) to 2**63 - 1."""
    return pack_fields(observations)


def pack_fields(holder: object) -> int:
    """The same for anything with attributes of the same names, plain values and None in them.

    Raises KeyError for a value that a field does not have.
    """
    packed = 0
    for name, bits in _packed_values().items():
        value = getattr(holder, name)
        if value is not None:
            packed |= bits[value]
    return packed | LAYOUT << _LAYOUT_AT if packed else 0


@cache
def _packed_values() -> dict[str, dict[str | bool, int]]:
    """For each field its values as bits in their place: an import packs ten million times."""
    found: dict[str, dict[str | bool, int]] = {}
    at = 0
    for name in NAMES:
        kind = KINDS.get(name)
        values: tuple[str | bool, ...] = (False, True) if kind is None else tuple(kind)
        found[name] = {value: number << at for number, value in enumerate(values, 1)}
        at += _bits(name)
    return found


def unpack(packed: int) -> Observations:
    """What `pack` was given; raises UnknownLayout."""
    if packed == 0:
        return NOTHING_OBSERVED
    if packed >> _LAYOUT_AT != LAYOUT:
        raise UnknownLayout(f"layout {packed >> _LAYOUT_AT}")
    left = packed & (1 << _LAYOUT_AT) - 1
    found: dict[str, StrEnum | bool | None] = {}
    for name in NAMES:
        found[name] = _value(name, left & (1 << _bits(name)) - 1)
        left >>= _bits(name)
    if left or not any(value is not None for value in found.values()):
        raise UnknownLayout("bits that layout 1 does not use")
    return Observations(**found)  # type: ignore[arg-type]


def observed(stated: Mapping[str, str | bool | None]) -> Observations:
    """Observations from plain values by field name, as formats and forms hold them.

    Raises ValueError for a value that a field does not have, TypeError for an unknown field.
    """
    told: dict[str, object] = {}
    for name, value in stated.items():
        kind = KINDS.get(name)
        told[name] = value if value is None or kind is None else kind(str(value))
    return Observations(**told)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two fields that cannot both be as stated."""

    fields: tuple[str, str]


_CANNOT_BOTH: tuple[tuple[tuple[str, object], tuple[str, object]], ...] = (
    (("age_band", AgeBand.ADULT), ("real_child", True)),
    (("age_band", AgeBand.ADULT), ("child_modelling", True)),
    (("real_child", True), ("virtual_or_drawn", True)),
    (("real_child", False), ("victim_identified", True)),
)


def contradictions(observations: Observations) -> tuple[Contradiction, ...]:
    """What the observations say against one another. Reported; nobody here decides who is right."""
    return tuple(
        Contradiction((one, other))
        for (one, is_one), (other, is_other) in _CANNOT_BOTH
        if getattr(observations, one) == is_one and getattr(observations, other) == is_other
    )


def _bits(name: str) -> int:
    return _WORD_BITS if name in KINDS else _FLAG_BITS


def _value(name: str, number: int) -> StrEnum | bool | None:
    if number == 0:
        return None
    kind = KINDS.get(name)
    values = (False, True) if kind is None else tuple(kind)
    if number > len(values):
        raise UnknownLayout(f"{name} has no value {number}")
    return values[number - 1]

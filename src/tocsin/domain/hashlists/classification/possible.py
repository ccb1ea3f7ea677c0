"""What a picture may still be, given what is known: sets that more knowledge can only narrow.

Everything derived here asks one question of these sets: does a condition hold whatever of them is
true, can it still come to hold, or is it ruled out? So that what was derived from little stays
derived from more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from tocsin.domain.hashlists.classification.observations import (
    FLAGS,
    Act,
    AgeBand,
    Observations,
)
from tocsin.domain.hashlists.classification.reading import read_toml

T = TypeVar("T")


class Stage(StrEnum):
    """Stages of growing up that schemes tell apart."""

    INFANT = "infant"
    PREPUBESCENT = "prepubescent"
    PUBESCENT = "pubescent"
    ADULT = "adult"


CHILD = frozenset({Stage.INFANT, Stage.PREPUBESCENT, Stage.PUBESCENT})
ALL_STAGES = frozenset(Stage)
ALL_ACTS = frozenset(Act) - {Act.UNDETERMINED}


class Band(Struct, forbid_unknown_fields=True):
    """What an age band says of the stage."""

    band: AgeBand
    stages: frozenset[Stage]
    source: str
    unverified: bool = False


class _Ages(Struct, forbid_unknown_fields=True):
    bands: list[Band]


@cache
def bands() -> dict[AgeBand, Band]:
    """Each age band's stages, from `data/ages.toml`."""
    return {band.band: band for band in read_toml("ages.toml", _Ages).bands}


class When(Struct, forbid_unknown_fields=True, frozen=True):
    """A condition: each part that is given must hold."""

    stages: frozenset[Stage] = ALL_STAGES
    acts: frozenset[Act] = ALL_ACTS
    flags: dict[str, bool] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.flags) - set(FLAGS)
        if unknown or Act.UNDETERMINED in self.acts or not self.stages or not self.acts:
            raise ValueError(f"no condition can be of {unknown or 'nothing'}")


class Standing(Enum):
    """How a condition stands to what is known."""

    CERTAIN = "certain"
    OPEN = "open"
    RULED_OUT = "ruled_out"


@dataclass(frozen=True, slots=True)
class Possible:
    """Stages and acts that may be true, flags that are known."""

    stages: frozenset[Stage] = ALL_STAGES
    acts: frozenset[Act] = ALL_ACTS
    flags: frozenset[tuple[str, bool]] = frozenset()

    def also(self, other: Possible) -> Possible:
        """Both are true."""
        return Possible(
            self.stages & other.stages, self.acts & other.acts, self.flags | other.flags
        )

    def standing(self, when: When) -> dict[str, Standing]:
        """How each part of a condition stands, by the field that decides it."""
        return {
            "age_band": _standing(self.stages, when.stages),
            "act": _standing(self.acts, when.acts),
            **{name: self._flag(name, wanted) for name, wanted in when.flags.items()},
        }

    def against(self, other: Possible) -> tuple[str, ...]:
        """The fields in which both cannot be true."""
        found = []
        if not self.stages & other.stages:
            found.append("age_band")
        if not self.acts & other.acts:
            found.append("act")
        mine = dict(self.flags)
        found += [name for name, value in other.flags if mine.get(name, value) is not value]
        return tuple(sorted(found))

    def _flag(self, name: str, wanted: bool) -> Standing:
        if (name, not wanted) in self.flags:
            return Standing.RULED_OUT
        return Standing.CERTAIN if (name, wanted) in self.flags else Standing.OPEN


ANYTHING = Possible()


def of(observations: Observations) -> Possible:
    """What observations leave possible."""
    band, act = observations.age_band, observations.act
    return Possible(
        ALL_STAGES if band is None else bands()[band].stages,
        ALL_ACTS if act is None or act is Act.UNDETERMINED else frozenset({act}),
        frozenset(
            (name, value) for name in FLAGS if (value := getattr(observations, name)) is not None
        ),
    )


def either(some: Iterable[Possible]) -> Possible:
    """One of these is true; nothing is known when there are none."""
    found: Possible | None = None
    for one in some:
        found = (
            one
            if found is None
            else Possible(found.stages | one.stages, found.acts | one.acts, found.flags & one.flags)
        )
    return found or ANYTHING


def implied_by(when: When) -> Possible:
    """A condition taken as a fact."""
    return replace(
        ANYTHING, stages=when.stages, acts=when.acts, flags=frozenset(when.flags.items())
    )


def whole(standings: Iterable[Standing]) -> Standing:
    """How a condition stands whose parts stand so."""
    parts = set(standings)
    if Standing.RULED_OUT in parts:
        return Standing.RULED_OUT
    return Standing.OPEN if Standing.OPEN in parts else Standing.CERTAIN


def rests_on_unverified_age(when: When, band: AgeBand | None) -> bool:
    """Whether a condition tells stages of childhood apart by a band whose stage is our reading."""
    return band is not None and bands()[band].unverified and not when.stages >= CHILD


def fields_of(when: When) -> frozenset[str]:
    """The fields that a condition asks for."""
    asked = set(when.flags)
    if when.stages != ALL_STAGES:
        asked.add("age_band")
    if when.acts != ALL_ACTS:
        asked.add("act")
    return frozenset(asked)


def _standing(known: frozenset[T], wanted: frozenset[T]) -> Standing:
    if known <= wanted:
        return Standing.CERTAIN
    return Standing.OPEN if known & wanted else Standing.RULED_OUT

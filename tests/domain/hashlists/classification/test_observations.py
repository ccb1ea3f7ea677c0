from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given

from tests.domain.hashlists.classification.pictures import observations
from tocsin.domain import hashlists
from tocsin.domain.hashlists.classification import (
    NOTHING_OBSERVED,
    Act,
    AgeBand,
    Gender,
    Observations,
    UnknownLayout,
    contradictions,
    observed,
    pack,
    unpack,
)

SCHEMA = Path(hashlists.__file__).parent / "schemas" / "canonical-hash-entry.schema.json"


@given(observations)
def test_observations_come_back_from_their_number(seen: Observations) -> None:
    packed = pack(seen)

    assert 0 <= packed < 2**63
    assert unpack(packed) == seen
    assert (packed == 0) == (not seen)


def test_the_layout_of_the_number_never_moves() -> None:
    """A table is full of these: a layout that changes gets another number."""
    everything = Observations(
        AgeBand.UNDETERMINED,
        Act.UNDETERMINED,
        Gender.UNDETERMINED,
        *[bool(n % 2) for n in range(13)],
    )

    assert pack(NOTHING_OBSERVED) == 0
    assert pack(Observations(age_band=AgeBand.UNDER_3)) == 1 << 59 | 1
    assert pack(Observations(act=Act.PENETRATIVE_OR_SADISM)) == 1 << 59 | 1 << 4
    assert pack(Observations(gender=Gender.MALE)) == 1 << 59 | 2 << 8
    assert pack(Observations(real_child=True)) == 1 << 59 | 2 << 12
    assert pack(Observations(real_child=False)) == 1 << 59 | 1 << 12
    assert pack(Observations(file_available=True)) == 1 << 59 | 2 << 36
    assert pack(everything) == 0x8000019_9999_946B


@pytest.mark.parametrize(
    "packed",
    [
        1,  # no layout
        2 << 59 | 1,  # a later layout
        1 << 59,  # nothing in it: that is written 0
        1 << 59 | 12,  # no such age band
        1 << 59 | 3 << 12,  # a flag is yes or no
        1 << 59 | 1 | 1 << 38,  # a bit nobody uses
        -1,
        1 << 63,
    ],
)
def test_a_number_of_another_layout_is_refused(packed: int) -> None:
    with pytest.raises(UnknownLayout):
        unpack(packed)


def test_fields_and_values_are_those_of_the_format() -> None:
    told = json.loads(SCHEMA.read_text("utf-8"))["properties"]["observations"]["properties"]
    ours = {field.name for field in fields(Observations)}

    assert ours == set(told) - {"series", "ucs"}
    for name, kind in (("age_band", AgeBand), ("act", Act), ("gender", Gender)):
        assert [value.value for value in kind] == [v for v in told[name]["enum"] if v is not None]


def test_plain_values_become_observations() -> None:
    seen = observed({"age_band": "7-10", "real_child": True, "act": None})

    assert seen == Observations(age_band=AgeBand.UNDER_11, real_child=True)
    assert list(seen.stated()) == [("age_band", "7-10"), ("real_child", True)]
    with pytest.raises(ValueError, match="nobody"):
        observed({"age_band": "nobody"})


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Observations(age_band=AgeBand.ADULT, real_child=True), {"age_band", "real_child"}),
        (Observations(age_band=AgeBand.ADULT, child_modelling=True), {"age_band",
                                                                      "child_modelling"}),
        (Observations(real_child=True, virtual_or_drawn=True), {"real_child", "virtual_or_drawn"}),
        (Observations(real_child=False, victim_identified=True), {"real_child",
                                                                  "victim_identified"}),
    ],
)  # fmt: skip
def test_what_cannot_both_be_is_reported(seen: Observations, said: set[str]) -> None:
    (found,) = contradictions(seen)

    assert set(found.fields) == said


def test_a_manipulated_picture_of_a_real_child_is_no_contradiction() -> None:
    assert contradictions(Observations(real_child=True, ai_generated=True)) == ()

"""Observations for these tests, made by Hypothesis."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import strategies as st

from tocsin.domain.hashlists.classification import (
    FLAGS,
    Act,
    AgeBand,
    Gender,
    Observations,
)

BANDS = st.none() | st.sampled_from(AgeBand)
ACTS = st.none() | st.sampled_from(Act)
GENDERS = st.none() | st.sampled_from(Gender)
FLAG = st.sampled_from([None, True, False])

observations = st.builds(
    Observations, age_band=BANDS, act=ACTS, gender=GENDERS, **dict.fromkeys(FLAGS, FLAG)
)


@st.composite
def grown(draw: st.DrawFn) -> tuple[Observations, Observations]:
    """Observations, and the same with more of them: nothing that was stated is changed."""
    more = draw(observations)
    kept = {field.name for field in fields(more) if draw(st.booleans())}
    dropped = {field.name: None for field in fields(more) if field.name not in kept}
    return replace(more, **dropped), more

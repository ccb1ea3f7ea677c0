"""What follows for an entry of a list that meets a known-good set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.knowngood import JUDGEMENTS, Digest, Ground, Step, judged, judged_all
from tocsin.engine.knowngood.rules import SENTENCES

MD5, SHA1, SHA256, NONE = Digest.MD5, Digest.SHA1, Digest.SHA256, Digest.NONE
any_digests = st.builds(Digest, st.integers(0, 7))
any_distance = st.none() | st.integers(0, 60)


@pytest.mark.parametrize(
    ("has", "hit", "against", "near", "step", "ground"),
    [
        (MD5 | SHA1 | SHA256, MD5 | SHA1 | SHA256, NONE, None, Step.QUARANTINE, Ground.SHA256),
        (MD5 | SHA1 | SHA256, SHA256, MD5 | SHA1, None, Step.NOTE, Ground.SHA256_TWIN),
        (MD5 | SHA1 | SHA256, MD5 | SHA256, SHA1, None, Step.NOTE, Ground.SHA256_TWIN),
        (MD5 | SHA1 | SHA256, SHA1 | SHA256, MD5, None, Step.QUARANTINE, Ground.SHA256),
        (MD5 | SHA1 | SHA256, SHA256, NONE, None, Step.QUARANTINE, Ground.SHA256),
        (MD5 | SHA256, SHA256, MD5, None, Step.NOTE, Ground.SHA256_TWIN),
        (MD5 | SHA256, SHA256, MD5, 30, Step.QUARANTINE, Ground.NEAR),
        (MD5 | SHA1, MD5 | SHA1, NONE, None, Step.QUARANTINE, Ground.SHA1),
        (SHA1 | SHA256, SHA1, NONE, None, Step.QUARANTINE, Ground.SHA1),
        (SHA1 | SHA256, SHA1, SHA256, None, Step.NOTE, Ground.SHA1_TWIN),
        (MD5, MD5, NONE, None, Step.QUARANTINE, Ground.MD5),
        (MD5 | SHA1, MD5, NONE, None, Step.NOTE, Ground.MD5_TWIN),
        (MD5 | SHA256, MD5, SHA256, None, Step.NOTE, Ground.MD5_TWIN),
        (MD5 | SHA256, MD5, SHA256, 30, Step.QUARANTINE, Ground.NEAR),
        (NONE, NONE, NONE, 31, Step.QUARANTINE, Ground.NEAR),
        (NONE, NONE, NONE, 32, Step.NOTHING, Ground.NONE),
        (SHA1, MD5, NONE, None, Step.NOTHING, Ground.NONE),
        (NONE, NONE, NONE, None, Step.NOTHING, Ground.NONE),
    ],
)
def test_each_case(
    has: Digest, hit: Digest, against: Digest, near: int | None, step: Step, ground: Ground
) -> None:
    found = judged(has=has, hit=hit, contradicted=against, near_bits=near)
    assert (found.step, found.ground) == (step, ground)
    assert found.sentence == SENTENCES[ground]


def test_one_digest_against_the_others_is_told() -> None:
    every = MD5 | SHA1 | SHA256
    assert judged(has=every, hit=SHA256).alone
    assert not judged(has=every, hit=every).alone
    assert judged(has=MD5 | SHA1, hit=SHA1).alone


@given(any_digests, any_digests, any_digests)
def test_a_known_good_md5_alone_never_holds_back_what_a_sha_speaks_for(
    has: Digest, hit: Digest, against: Digest
) -> None:
    has |= MD5
    if has & (SHA1 | SHA256) and not hit & has & (SHA1 | SHA256):
        assert judged(has=has, hit=hit, contradicted=against).step is not Step.QUARANTINE


@given(any_digests, any_digests, any_digests, any_distance)
def test_nothing_is_held_back_without_a_hit(
    has: Digest, hit: Digest, against: Digest, near: int | None
) -> None:
    found = judged(has=has, hit=hit, contradicted=against, near_bits=near)
    if not hit & has and (near is None or near > 31):
        assert found.step is Step.NOTHING


@given(any_digests, any_digests, any_digests, any_distance)
def test_a_known_sha256_that_nothing_contradicts_always_holds_back(
    has: Digest, hit: Digest, against: Digest, near: int | None
) -> None:
    has, hit = has | SHA256, hit | SHA256
    found = judged(has=has, hit=hit, contradicted=against & ~(has & ~hit), near_bits=near)
    assert (found.step, found.ground) == (Step.QUARANTINE, Ground.SHA256)


@given(any_digests, any_digests, any_digests, st.integers(0, 60), st.integers(0, 60))
def test_nearer_never_means_less(
    has: Digest, hit: Digest, against: Digest, near: int, more: int
) -> None:
    order = list(Step)
    closer = judged(has=has, hit=hit, contradicted=against, near_bits=min(near, more))
    further = judged(has=has, hit=hit, contradicted=against, near_bits=max(near, more))
    assert order.index(closer.step) >= order.index(further.step)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 7),
            st.integers(0, 7),
            st.integers(0, 60) | st.just(255),
        ),
        max_size=50,
    ),
    st.integers(0, 60),
)
def test_many_at_once_are_judged_as_one_by_one(
    ones: list[tuple[int, int, int, int]], radius: int
) -> None:
    columns = np.array(ones, np.uint8).reshape(-1, 4)
    places = judged_all(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3], radius)
    for place, (has, hit, against, near) in zip(places, ones, strict=True):
        assert JUDGEMENTS[place] == judged(
            has=Digest(has),
            hit=Digest(hit),
            contradicted=Digest(against),
            near_bits=None if near == 255 else near,
            radius_bits=radius,
        )


def test_arrays_that_do_not_fit_are_refused() -> None:
    one, two = np.zeros(1, np.uint8), np.zeros(2, np.uint8)
    with pytest.raises(ValueError, match="one length"):
        judged_all(one, two, one, one)
    with pytest.raises(ValueError, match="bits 1, 2 and 4"):
        judged_all(one + 8, one, one, one)

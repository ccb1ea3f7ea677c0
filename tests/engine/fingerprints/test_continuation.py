import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.fingerprints.continuation import continued, filled


def test_an_even_plane_goes_on_evenly() -> None:
    wide = continued(np.full((64, 64), 77, np.float32), 16)
    assert wide.shape == (96, 96)
    np.testing.assert_allclose(wide, 77, atol=0.01)


def test_the_plane_itself_is_kept() -> None:
    plane = np.random.default_rng(1).uniform(0, 255, (64, 64)).astype(np.float32)
    np.testing.assert_allclose(continued(plane, 16)[16:-16, 16:-16], plane, rtol=1e-5)


def test_fine_detail_fades_faster_than_coarse_detail_with_the_distance_from_the_edge() -> None:
    places = (np.arange(64) + 0.5) / 64
    kept = []
    for waves in (1, 8):
        plane = np.tile(np.cos(np.pi * waves * places), (64, 1)).astype(np.float32)
        kept.append(np.abs(continued(plane, 16)[0, 16:-16]).max())
    coarse, fine = kept
    assert coarse > 0.5
    assert fine < 0.2


@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 0.95))
@settings(max_examples=30, deadline=None)
def test_filling_keeps_what_is_seen_and_stays_within_its_tones(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    plane = random.uniform(20, 220, (32, 32)).astype(np.float32)
    covered = random.random((32, 32)) < share
    covered[0, 0] = False
    whole = filled(np.where(covered, np.float32(9999), plane), covered)
    np.testing.assert_allclose(whole[~covered], plane[~covered], rtol=1e-5)
    assert whole.min() >= plane[~covered].min() - 0.01
    assert whole.max() <= plane[~covered].max() + 0.01


def test_a_slope_is_filled_in_as_a_slope() -> None:
    slope = np.tile(np.linspace(0, 200, 64, dtype=np.float32), (64, 1))
    covered = np.zeros((64, 64), bool)
    covered[20:36, 24:40] = True
    assert np.abs(filled(np.where(covered, 0, slope), covered) - slope).max() < 20

"""The memory of recent hashes gives the same compiled and in plain NumPy, asked one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tocsin.engine.index import Recent, recent

Words = npt.NDArray[np.uint64]


def crawling(seed: int, count: int) -> Words:
    """Hashes of which some are repeats, some near-identical to an earlier one, and most new."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 2**64, (count, 4), np.uint64)
    for place in range(1, count):
        earlier = rng.integers(0, place)
        if rng.random() < 0.3:
            words[place] = words[earlier]
            flips = rng.integers(0, 12)
            for bit in rng.choice(256, flips, replace=False):
                words[place, bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return words


@pytest.mark.parametrize("seed", range(3))
def test_compiled_and_plain_remember_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    words = crawling(seed, 9_000 if seed == 0 else 2_000)
    compiled = Recent()
    compiled.add(words)
    monkeypatch.setattr(recent, "kernels", lambda: None)
    plain = Recent()
    for word in words:
        plain.add(word[None])
    asked = crawling(seed, 3_000)
    assert compiled.seen(asked).tolist() == plain.seen(asked).tolist()
    assert compiled.run_share() == plain.run_share()
    assert np.array_equal(compiled.near(words[-1], 40), plain.near(words[-1], 40))
    assert compiled.seen(words[-1_000:]).all()


def test_rows_that_are_not_in_one_piece_are_remembered_too() -> None:
    words = crawling(7, 200)
    recent_ones = Recent()
    recent_ones.add(words[::2])
    assert recent_ones.seen(np.ascontiguousarray(words[::2])).all()

"""What is made for a length is kept, but not for the lengths that only a hostile file has."""

import pytest

from tocsin.engine.fingerprints.battery import mean_bands
from tocsin.engine.fingerprints.folding import nearest_512
from tocsin.engine.fingerprints.keeping import LONGEST_KEPT, kept_for_usual_lengths
from tocsin.engine.fingerprints.pdq import bands, flipped


def test_usual_lengths_are_kept_and_endless_ones_are_not() -> None:
    asked = []

    @kept_for_usual_lengths
    def made(length: int) -> int:
        asked.append(length)
        return 2 * length

    lengths = [640, LONGEST_KEPT, LONGEST_KEPT + 1, 7_000_000]
    assert [made(length) for length in lengths * 2] == [2 * length for length in lengths * 2]
    assert asked == [*lengths, LONGEST_KEPT + 1, 7_000_000]


@pytest.mark.parametrize("make", [bands, flipped, nearest_512, mean_bands])
def test_no_kind_of_bands_keeps_those_of_an_endless_side(make: object) -> None:
    assert callable(make)
    assert make(640) is make(640)
    assert make(LONGEST_KEPT + 16) is not make(LONGEST_KEPT + 16)

"""Wrong options are told when they are made, and never as a fault of a file."""

from typing import Any

import pytest

from tocsin.engine.fingerprints import Sampling
from tocsin.engine.media import MediaOptions, Precision


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_frames": 2.5},
        {"max_frames": 0},
        {"max_bytes": 1e8},
        {"max_pixels": "a"},
        {"max_pixels": 2**70},
        {"max_pixels": -1},
        {"max_jpeg_scans": True},
        {"battery": 1},
        {"tiff": None},
        {"precision": "sloppy"},
        {"video": "all"},
    ],
)
def test_a_value_that_is_none_of_its_kind_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the enumerations have words of their own
        MediaOptions(**wrong)


def test_the_words_of_a_settings_file_become_what_they_mean() -> None:
    told: dict[str, Any] = {"precision": "query", "video": "dense"}
    options = MediaOptions(**told)
    assert options.precision is Precision.QUERY
    assert options.video is Sampling.DENSE

"""How large a file may be that is held in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.search.prints import prints
from tocsin.engine.fingerprints import Fingerprints, Sampling, Status
from tocsin.engine.media import MediaOptions
from tocsin.site.checking.reading import look_at
from tocsin.site.checking.types import File, Looked


@pytest.mark.parametrize(
    ("options", "is_read"),
    [
        (MediaOptions(max_bytes=50), False),
        (MediaOptions(max_bytes=50, max_video_bytes=100), False),
        (MediaOptions(max_bytes=50, max_video_bytes=100, video=Sampling.DENSE), True),
        (MediaOptions(max_bytes=50, max_video_bytes=99, video=Sampling.DENSE), False),
        (MediaOptions(max_bytes=100), True),
    ],
)
def test_a_file_as_large_as_a_film_may_be_is_read_where_films_are(
    tmp_path: Path, options: MediaOptions, is_read: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    asked: list[int] = []

    def fingerprint(data: bytes, options: MediaOptions) -> Fingerprints:
        asked.append(len(data))
        return prints()

    looked = look_at(File(str(path), 0, 100, 0), fingerprint, options)
    assert isinstance(looked, Looked)
    assert asked == ([100] if is_read else [])
    assert (looked.fingerprints.status is Status.TOO_LARGE) == (not is_read)

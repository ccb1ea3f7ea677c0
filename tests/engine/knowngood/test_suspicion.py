"""Reasons to doubt an entry that its own fingerprints give."""

from __future__ import annotations

import base64
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.media.drawn import picture, saved
from tocsin.engine import fingerprint
from tocsin.engine.knowngood import (
    PDQ_REASONS,
    Entry,
    Reason,
    digests_are_blank,
    pdq_flags,
    reasons_against,
)

COUNTING_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def digests_of(data: bytes) -> tuple[bytes, ...]:
    return (
        hashlib.md5(data, usedforsecurity=False).digest(),
        hashlib.sha1(data, usedforsecurity=False).digest(),
        hashlib.sha256(data).digest(),
    )


@pytest.mark.parametrize("data", [b"", b"\n", bytes(4096), COUNTING_PIXEL])
def test_files_without_content_are_known_by_each_digest(data: bytes) -> None:
    for digest in digests_of(data):
        assert reasons_against(Entry(digests=(digest,))) == (Reason.BLANK_FILE,)


def test_a_pixel_as_pillow_writes_it_is_known() -> None:
    from PIL import Image

    for shade in ((0, 0, 0), (255, 255, 255)):
        made = saved(Image.new("RGB", (1, 1), shade), "PNG")
        assert Reason.BLANK_FILE in reasons_against(Entry(digests=digests_of(made)))


@pytest.mark.parametrize("width", [16, 20, 32])
def test_fields_that_nobody_filled_are_told(width: int) -> None:
    assert reasons_against(Entry(digests=(bytes(width),))) == (Reason.VOID,)
    assert reasons_against(Entry(digests=(b"\xff" * width,))) == (Reason.VOID,)


def test_a_photograph_gives_no_reason() -> None:
    found = fingerprint(saved(picture(640, 480), "JPEG", quality=90))
    assert found.pdq is not None
    entry = Entry(
        (found.md5, found.sha1, found.sha256),
        ((found.pdq, found.pdq_quality),),
        found.size_bytes,
        found.width,
        found.height,
    )
    assert reasons_against(entry) == ()


def test_sizes_are_told_only_where_they_are_stated() -> None:
    assert reasons_against(Entry(size_bytes=1023)) == (Reason.FEW_BYTES,)
    assert reasons_against(Entry(size_bytes=1024)) == ()
    assert reasons_against(Entry(width=49, height=400)) == (Reason.FEW_PIXELS,)
    assert reasons_against(Entry(width=50, height=50)) == ()


def test_pdqs_that_say_nothing_are_told() -> None:
    half = bytes.fromhex("5a" * 16 + "a5" * 16)
    assert Reason.FLAT_PDQ in reasons_against(Entry(pdqs=((half, 49),)))
    assert Reason.FLAT_PDQ not in reasons_against(Entry(pdqs=((half, None),)))
    assert Reason.PATTERNED_PDQ in reasons_against(Entry(pdqs=((b"\x55" * 32, 100),)))
    blank = reasons_against(Entry(pdqs=((bytes(32), 100),)))
    assert blank[:2] == (Reason.VOID, Reason.BLANK_PDQ)


def test_everything_has_a_sentence() -> None:
    assert all(reason.sentence.endswith(".") for reason in Reason)


@given(st.binary(min_size=32, max_size=32), st.none() | st.integers(0, 100))
def test_one_pdq_and_many_are_told_alike(value: bytes, quality: int | None) -> None:
    row = np.frombuffer(value, np.uint8).reshape(1, 32)
    flags = pdq_flags(row, np.array([255 if quality is None else quality], np.uint8))[0]
    told = {reason for bit, reason in enumerate(PDQ_REASONS) if flags >> bit & 1}
    assert told == set(reasons_against(Entry(pdqs=((value, quality),))))


@settings(deadline=None)  # the first one makes the table
@given(st.lists(st.sampled_from([b"", b"\n", b"photo", b"other", COUNTING_PIXEL]), max_size=8))
def test_many_digests_are_told_as_one_by_one(files: list[bytes]) -> None:
    for place, width in enumerate((16, 20, 32)):
        rows = [digests_of(data)[place] for data in files] + [bytes(width)]
        stacked = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, width)
        assert digests_are_blank(stacked).tolist() == [
            bool(reasons_against(Entry(digests=(row,)))) for row in rows
        ]


def test_wrong_pdqs_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        reasons_against(Entry(pdqs=((b"short", 50),)))
    with pytest.raises(ValueError, match="0 to 100"):
        reasons_against(Entry(pdqs=((bytes(32), 101),)))
    with pytest.raises(ValueError, match="uint8"):
        pdq_flags(np.zeros((2, 31), np.uint8), np.zeros(2, np.uint8))

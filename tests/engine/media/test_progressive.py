"""Scans that a query can do without are left out, and nothing else is."""

import pytest

from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Decoding
from tocsin.engine.media import Precision, headers
from tocsin.engine.media.progressive import luma_scans

LARGE = picture(550, 520).resize((2200, 2080))
PROGRESSIVE = saved(LARGE, "JPEG", quality=85, progressive=True)
QUERY = MediaOptions(precision=Precision.QUERY)


def test_at_full_size_only_the_scans_of_colour_alone_go() -> None:
    assert headers.jpeg_shape(PROGRESSIVE).scans == 10
    kept = luma_scans(PROGRESSIVE, 1)
    assert headers.jpeg_shape(kept).scans == 6
    assert headers.jpeg_shape(luma_scans(PROGRESSIVE, 2)).scans == 6
    assert len(kept) < len(PROGRESSIVE)


def test_at_a_quarter_only_the_coarse_luma_stays() -> None:
    coarse = luma_scans(PROGRESSIVE, 4)
    assert headers.jpeg_shape(coarse).scans == 3
    assert len(coarse) < len(PROGRESSIVE) / 2
    assert luma_scans(PROGRESSIVE, 8) == coarse


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
def test_what_is_left_decodes_to_nearly_the_same_hash(scale: int) -> None:
    thin = luma_scans(PROGRESSIVE, scale)
    assert fingerprint(thin).status is Status.OK
    found = fingerprint(PROGRESSIVE, options=QUERY)
    assert found.pictures[0].pdq.decoding is Decoding.SCALED_8
    assert distance_bits(found.pdq, fingerprint(PROGRESSIVE).pdq) <= 8


def test_other_jpegs_come_back_as_they_are() -> None:
    for data in (
        saved(picture(), "JPEG"),
        b"",
        b"\xff\xd8\xff",
        PROGRESSIVE[:-2],
        PROGRESSIVE[:9000],
        saved(picture(), "PNG"),
    ):
        assert luma_scans(data, 8) == data


def test_a_cut_is_never_hidden_by_what_is_left_out() -> None:
    for tenth in range(2, 10):
        cut = PROGRESSIVE[: len(PROGRESSIVE) * tenth // 10]
        assert luma_scans(cut, 8) == cut
        assert fingerprint(cut, options=QUERY).status is Status.PARTIAL


def test_a_first_pass_that_is_too_coarse_keeps_its_refinements() -> None:
    altered = bytearray(PROGRESSIVE)
    at, scans = 0, 0
    while (at := altered.find(b"\xff\xda", at + 1)) > 0:
        planes = altered[at + 4]
        first, passes = at + 5 + 2 * planes, at + 7 + 2 * planes
        if altered[first] and altered[passes] == 0x02:
            altered[passes] = 0x03
            scans += 1
    assert scans == 2
    assert headers.jpeg_shape(luma_scans(bytes(altered), 4)).scans == 6


def test_at_a_quarter_a_coarsely_quantised_jpeg_keeps_its_refinements() -> None:
    poor = saved(LARGE, "JPEG", quality=60, progressive=True)
    assert headers.jpeg_shape(luma_scans(poor, 4)).scans == 6
    assert headers.jpeg_shape(luma_scans(poor, 8)).scans == 3


def _tables(data: bytes) -> list[tuple[int, int]]:
    """Start and end of each quantisation table's segment."""
    found, at = [], 0
    while (at := data.find(b"\xff\xdb", at)) >= 0:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((at, end))
        at = end
    return found


def test_the_table_that_luma_uses_decides_wherever_it_stands() -> None:
    # Two tables in two segments; the other way round, and both in one, is the same file.
    poor = saved(LARGE, "JPEG", quality=60, progressive=True)
    (a, b), (c, d) = _tables(poor)
    assert b == c
    other_way_round = poor[:a] + poor[c:d] + poor[a:b] + poor[d:]
    length = (d - a - 6).to_bytes(2, "big")
    in_one = poor[: a + 2] + length + poor[a + 4 : b] + poor[c + 4 :]
    both_round = poor[: a + 2] + length + poor[c + 4 : d] + poor[a + 4 : b] + poor[d:]
    for data in (poor, other_way_round, in_one, both_round):
        assert fingerprint(data).pdq == fingerprint(poor).pdq
        assert headers.jpeg_shape(luma_scans(data, 4)).scans == 6


def test_a_table_stated_anew_between_the_scans_or_in_sixteen_bits_counts() -> None:
    fine = PROGRESSIVE
    (a, b), _ = _tables(fine)
    coarse = fine[a : a + 5] + b"\x63" * 64
    scan = fine.index(b"\xff\xda")
    assert headers.jpeg_shape(luma_scans(fine, 4)).scans == 3
    assert headers.jpeg_shape(luma_scans(fine[:scan] + coarse + fine[scan:], 4)).scans == 6
    wide = b"\xff\xdb\0\x83\x10" + b"\0\x02" * 64
    assert headers.jpeg_shape(luma_scans(fine[:a] + wide + fine[b:], 4)).scans == 3
    wide = b"\xff\xdb\0\x83\x10" + b"\x02\0" * 64
    assert headers.jpeg_shape(luma_scans(fine[:a] + wide + fine[b:], 4)).scans == 6
    cut = b"\xff\xdb\0\x09\x00" + b"\x02" * 6
    assert headers.jpeg_shape(luma_scans(fine[:a] + cut + fine[b:], 4)).scans == 6


def test_the_colours_table_is_of_no_concern() -> None:
    _, (c, d) = _tables(PROGRESSIVE)
    coarse = PROGRESSIVE[: c + 5] + b"\x63" * 64 + PROGRESSIVE[d:]
    assert headers.jpeg_shape(luma_scans(coarse, 4)).scans == 3


def test_a_grey_progressive_jpeg_keeps_its_luma() -> None:
    grey = saved(LARGE.convert("L"), "JPEG", progressive=True)
    assert fingerprint(grey, options=QUERY).status is Status.OK
    found = fingerprint(grey, options=QUERY)
    assert distance_bits(found.pdq, fingerprint(grey).pdq) <= 8

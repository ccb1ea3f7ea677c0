"""Which pixels are hashed: all of them for lists, a JPEG's scaled luma for queries."""

import io
import struct

import pytest
from PIL import Image

from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Decoding, Dialect, Gate
from tocsin.engine.media import Precision

QUERY = MediaOptions(precision=Precision.QUERY)


@pytest.mark.parametrize(
    ("size", "decoding"),
    [
        ((2560, 2048), Decoding.SCALED_8),
        ((2047, 2560), Decoding.SCALED_4),
        ((1031, 1025), Decoding.SCALED_4),
        ((1023, 1500), Decoding.SCALED_2),
        ((513, 515), Decoding.SCALED_2),
        ((511, 900), Decoding.LUMA),
        ((320, 240), Decoding.LUMA),
    ],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_query_decodes_as_little_as_leaves_256_pixels(
    size: tuple[int, int], decoding: Decoding, progressive: bool
) -> None:
    # Enlarged: drawing millions of pixels takes longer than everything else here.
    large = picture(640, 512).resize(size, Image.Resampling.BICUBIC)
    data = saved(large, "JPEG", quality=85, progressive=progressive)
    asked = fingerprint(data, options=QUERY)
    listed = fingerprint(data)
    for found, how in ((asked, decoding), (listed, Decoding.WHOLE)):
        hashes = found.pictures[0]
        assert (found.status, found.width, found.height) == (Status.OK, *size)
        assert (hashes.pdq.decoding, hashes.pdq.dialect) == (how, Dialect.FULL)
        assert hashes.pdq_512 is not None
        assert (hashes.pdq_512.decoding, hashes.pdq_512.dialect) == (how, Dialect.NEAREST_512)
    assert distance_bits(asked.pdq, listed.pdq) <= 8
    ours, theirs = (found.pictures[0].pdq_512 for found in (asked, listed))
    assert ours is not None
    assert theirs is not None
    assert distance_bits(ours.value, theirs.value) <= 14


def test_a_query_hashes_the_shown_picture_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(picture(400, 300).resize((1600, 1200)), "JPEG", exif=exif)
    asked, listed = fingerprint(data, options=QUERY), fingerprint(data)
    assert distance_bits(asked.pdq_oriented, listed.pdq_oriented) <= 8


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "GIF"])
def test_other_formats_are_hashed_alike_for_lists_and_queries(kind: str) -> None:
    data = saved(picture(900, 700), kind)
    assert fingerprint(data, options=QUERY) == fingerprint(data)


def test_a_picture_within_512_pixels_has_one_hash_in_both_dialects() -> None:
    hashes = fingerprint(saved(picture(512, 400), "PNG")).pictures[0]
    assert hashes.pdq_512 is not None
    assert hashes.pdq_512.value == hashes.pdq.value
    larger = fingerprint(saved(picture(513, 400), "PNG")).pictures[0]
    assert larger.pdq_512 is not None
    assert larger.pdq_512.value != larger.pdq.value


def _without_jfif(data: bytes) -> bytes:
    """The JPEG without its first segment, which is JFIF's."""
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]


def _with_adobe(data: bytes, transform: int) -> bytes:
    marker = b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform)
    return data[:2] + b"\xff\xee" + struct.pack(">H", len(marker) + 2) + marker + data[2:]


def _renamed(data: bytes, names: bytes) -> bytes:
    """The three planes called otherwise, in the frame and in its one scan."""
    altered = bytearray(data)
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    altered[frame + 10 : frame + 19 : 3] = names
    altered[scan + 5 : scan + 11 : 2] = names
    return bytes(altered)


RGB_JPEG = saved(picture(700, 600), "JPEG", quality=92, keep_rgb=True)
YCBCR_JPEG = saved(picture(700, 600), "JPEG", quality=92)
NOT_LUMA = {
    "Adobe says RGB": RGB_JPEG,
    "the planes are called R, G, B": _renamed(_without_jfif(YCBCR_JPEG), b"RGB"),
    "CMYK": saved(picture(700, 600).convert("CMYK"), "JPEG"),
    "Adobe says RGB of planes 1, 2, 3": _with_adobe(_without_jfif(YCBCR_JPEG), 0),
}
LUMA = {
    "JFIF": YCBCR_JPEG,
    "nobody says": _without_jfif(YCBCR_JPEG),
    "Adobe says YCbCr": _with_adobe(_without_jfif(YCBCR_JPEG), 1),
    "JFIF outweighs Adobe": YCBCR_JPEG[:20] + _with_adobe(b"\xff\xd8" + YCBCR_JPEG[20:], 0)[2:],
    "JFIF outweighs the names": _renamed(YCBCR_JPEG, b"RGB"),
}


@pytest.mark.parametrize("why", NOT_LUMA)
def test_a_jpeg_whose_first_plane_is_not_luma_is_decoded_whole(why: str) -> None:
    asked = fingerprint(NOT_LUMA[why], options=QUERY)
    assert asked.pictures[0].pdq.decoding is Decoding.WHOLE
    assert asked == fingerprint(NOT_LUMA[why])


@pytest.mark.parametrize("why", LUMA)
def test_a_jpeg_whose_first_plane_is_luma_is_not(why: str) -> None:
    asked = fingerprint(LUMA[why], options=QUERY)
    assert asked.pictures[0].pdq.decoding is Decoding.SCALED_2
    assert distance_bits(asked.pdq, fingerprint(LUMA[why]).pdq) <= 8


def test_a_grey_jpeg_is_scaled_too() -> None:
    data = saved(picture(460, 420).convert("L").resize((2300, 2100)), "JPEG")
    asked = fingerprint(data, options=QUERY)
    assert asked.pictures[0].pdq.decoding is Decoding.SCALED_8
    assert distance_bits(asked.pdq, fingerprint(data).pdq) <= 8


def test_pillow_still_reads_the_planes_that_these_tests_made() -> None:
    with Image.open(io.BytesIO(NOT_LUMA["the planes are called R, G, B"])) as opened:
        assert [layer[0] for layer in opened.layer] == list(b"RGB")  # type: ignore[attr-defined]


def test_the_battery_is_added_where_it_is_asked_for() -> None:
    data = saved(picture(900, 700), "JPEG", quality=90)
    assert fingerprint(data).pictures[0].variants == ()
    for precision in Precision:
        asked = fingerprint(data, options=MediaOptions(precision=precision, battery=True))
        variants = {v.transformation: v.value for v in asked.pictures[0].variants}
        assert len(variants) > 100
        assert asked.pdq == fingerprint(data, options=MediaOptions(precision=precision)).pdq


def test_the_gates_see_the_picture_and_the_length_of_its_file() -> None:
    plaid = Image.new("RGB", (40, 40), "white")
    plaid.paste("navy", (0, 0, 20, 20))
    tiled = Image.new("RGB", (400, 400))
    for left in range(0, 400, 40):
        for top in range(0, 400, 40):
            tiled.paste(plaid, (left, top))
    found = fingerprint(saved(tiled, "PNG"))
    assert (found.status, found.near_matchable) == (Status.FLAT, False)
    assert found.pictures[0].gate in {Gate.BYTES, Gate.PERIODICITY, Gate.ENTROPY, Gate.QUALITY}

"""What kind of film a file is, and what its container claims."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.media.drawn import picture, saved
from tests.engine.media.films import CODECS, encoded, scenes
from tocsin.engine.media.containers import film_kind, shape_of
from tocsin.engine.media.movie import MOST_BOXES


def _box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _ftyp(*brands: bytes) -> bytes:
    return _box(b"ftyp", brands[0] + bytes(4) + b"".join(brands))


@pytest.mark.parametrize("kind", CODECS)
def test_a_film_is_known_by_its_first_bytes(kind: str) -> None:
    data = encoded(scenes(2), kind)
    assert film_kind(data) == kind
    assert film_kind(data[:1024]) == kind
    assert not shape_of(kind, data).cut_off


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", "mkv"])
def test_the_size_that_a_container_states_is_read(kind: str) -> None:
    assert shape_of(kind, encoded(scenes(2), kind)).sizes == ((192, 144),)


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", "mkv", "avi"])
def test_a_film_without_its_end_is_cut_off(kind: str) -> None:
    data = encoded(scenes(6), kind)
    assert all(shape_of(kind, data[: len(data) * n // 10]).cut_off for n in range(1, 10))


@pytest.mark.parametrize("kind", ["AVIF", "PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_no_film(kind: str) -> None:
    assert film_kind(saved(picture(64, 64), kind)) is None


@pytest.mark.parametrize(
    "brands",
    [
        (b"avif", b"mif1"),
        (b"avis", b"isom", b"iso8", b"msf1"),
        (b"msf1", b"hevc", b"isom"),
        (b"heic", b"mif1"),
        (b"isom", b"heic"),
        (b"crx ", b"isom"),
        (b"M4A ", b"isom", b"mp42"),
        (b"jp2 ",),
        (b"zzzz",),
    ],
)
def test_pictures_bursts_and_sound_in_a_films_container_are_no_film(
    brands: tuple[bytes, ...],
) -> None:
    assert film_kind(_ftyp(*brands) + _box(b"moov")) is None


@pytest.mark.parametrize(
    ("brands", "kind"),
    [
        ((b"isom",), "mp4"),
        ((b"3gp5",), "mp4"),
        ((b"M4V ",), "mp4"),
        ((b"zzzz", b"mp42"), "mp4"),
        ((b"qt  ",), "mov"),
    ],
)
def test_a_film_is_known_by_any_of_its_brands(brands: tuple[bytes, ...], kind: str) -> None:
    assert film_kind(_ftyp(*brands)) == kind


def test_an_old_quicktime_film_has_no_brand() -> None:
    assert film_kind(_box(b"wide") + _box(b"mdat", b"x") + _box(b"moov")) == "mov"


def test_a_track_that_only_a_key_opens_is_encrypted() -> None:
    data = encoded(scenes(2), "mp4")
    assert shape_of("mp4", data.replace(b"mp4v", b"encv")).encrypted
    assert not shape_of("mp4", data).encrypted


def test_a_matroska_track_that_only_a_key_opens_is_encrypted() -> None:
    def element(number: str, content: bytes) -> bytes:
        return bytes.fromhex(number) + bytes([0x80 | len(content)]) + content

    locked = element("6d80", element("6240", element("5035", b"\0")))
    track = element("ae", element("83", b"\x01") + locked)
    head = element("1a45dfa3", element("4282", b"webm"))
    data = head + element("18538067", element("1654ae6b", track))
    assert film_kind(data) == "webm"
    assert shape_of("webm", data).encrypted


@pytest.mark.parametrize("table", [b"stsz", b"stts", b"stsc", b"stco"])
def test_a_count_in_a_table_is_reported_whether_or_not_it_is_true(table: bytes) -> None:
    data = bytearray(encoded(scenes(2), "mp4"))
    at = data.index(table) + 4 + (8 if table == b"stsz" else 4)
    data[at : at + 4] = b"\x7f\xff\xff\xff"
    assert shape_of("mp4", bytes(data)).samples == 0x7FFFFFFF


def test_the_samples_of_all_fragments_are_added_up() -> None:
    run = _box(b"trun", struct.pack(">II", 0, 1_000_000))
    data = _ftyp(b"isom") + _box(b"moof", _box(b"traf", run)) * 3
    assert shape_of("mp4", data).samples == 3_000_000


def test_a_film_of_endless_parts_is_not_walked_to_its_end() -> None:
    assert shape_of("mp4", _ftyp(b"isom") + _box(b"free") * (MOST_BOXES + 1)).endless


@given(st.binary(max_size=300), st.sampled_from(["mp4", "webm", "avi", "ts", "wmv"]))
def test_no_bytes_upset_the_reader(data: bytes, kind: str) -> None:
    starts = [b"", _ftyp(b"isom"), bytes.fromhex("1a45dfa3")]
    for start in starts:
        film_kind(start + data)
        assert shape_of(kind, start + data).samples >= 0

"""Truncated and damaged files: hashed where pixels come out, never an exception."""

import threading
from pathlib import Path

import pytest
from PIL import ImageFile
from PIL.PngImagePlugin import PngInfo

from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import Status, fingerprint
from tocsin.engine.media.truncation import truncated_files

FILES = {
    "jpeg": saved(picture(), "JPEG"),
    "progressive": saved(picture(), "JPEG", progressive=True),
    "png": saved(picture(), "PNG"),
    "gif": saved(picture().quantize(64), "GIF"),
    "bmp": saved(picture(), "BMP"),
    "webp": saved(picture(), "WEBP"),
    "avif": saved(picture(), "AVIF"),
    "heic": (Path(__file__).parent / "samples" / "landscape.heic").read_bytes(),
}
DAMAGED = {Status.PARTIAL, Status.FLAT, Status.CORRUPT}


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_at_every_tenth_is_never_taken_for_whole(name: str) -> None:
    data = FILES[name]
    for tenth in range(1, 10):
        assert fingerprint(data[: len(data) * tenth // 10]).status in DAMAGED
    assert fingerprint(data).status is Status.OK


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png", "gif", "bmp"])
def test_what_was_there_before_the_cut_is_hashed(name: str) -> None:
    data = FILES[name]
    whole = fingerprint(data)
    cut = fingerprint(data[: len(data) * 95 // 100])
    assert cut.status is Status.PARTIAL
    assert (cut.width, cut.height) == (320, 240)
    assert distance_bits(cut.pdq, whole.pdq) <= 60


def test_a_progressive_jpeg_cut_in_half_still_matches() -> None:
    data = FILES["progressive"]
    cut = fingerprint(data[: len(data) // 2])
    assert cut.status is Status.PARTIAL
    assert distance_bits(cut.pdq, fingerprint(data).pdq) <= 31


def test_a_header_without_a_picture_is_corrupt() -> None:
    data = FILES["jpeg"]
    found = fingerprint(data[: data.index(b"\xff\xda")])
    assert (found.status, found.pdq) == (Status.CORRUPT, None)
    assert (found.format, found.width, found.height) == ("jpeg", 320, 240)


def test_the_first_bytes_of_a_picture_are_never_enough_to_match_by() -> None:
    data = FILES["jpeg"]
    start = data.index(b"\xff\xda")
    for length in range(1, 60):
        found = fingerprint(data[: start + length])
        assert found.status in {Status.CORRUPT, Status.FLAT}
        assert not found.near_matchable


def test_a_png_with_a_wrong_checksum_in_a_remark_is_hashed_and_marked() -> None:
    remark = PngInfo()
    remark.add_text("Title", "hills")
    data = bytearray(saved(picture(), "PNG", pnginfo=remark))
    data[data.index(b"hills") + 5] ^= 0xFF
    found = fingerprint(bytes(data))
    assert found.status is Status.PARTIAL
    assert found.pdq == fingerprint(FILES["png"]).pdq


def test_accepting_truncated_files_in_one_thread_changes_no_other() -> None:
    inside, ready = threading.Event(), threading.Event()

    def tolerant() -> None:
        with truncated_files(accepted=True):
            inside.set()
            ready.wait(10)

    thread = threading.Thread(target=tolerant)
    thread.start()
    try:
        assert inside.wait(10)
        assert not ImageFile.LOAD_TRUNCATED_IMAGES
        cut = fingerprint(FILES["jpeg"][:-2000])
    finally:
        ready.set()
        thread.join()
    assert cut.status is Status.PARTIAL


def test_a_program_that_accepts_truncated_files_itself_keeps_its_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert fingerprint(FILES["jpeg"][:-2000]).status is Status.PARTIAL
    assert ImageFile.LOAD_TRUNCATED_IMAGES

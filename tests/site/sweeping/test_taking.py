"""How much is held in memory at once, and what comes out of the function that fetches."""

from __future__ import annotations

import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.site.checking.lists import UPLOADS
from tocsin.engine import fingerprint
from tocsin.site.sweeping.folder import folder_of
from tocsin.site.sweeping.taking import Memory, Taking, take_all, taken_of


def test_what_has_no_room_waits_until_there_is_some() -> None:
    memory = Memory(10)
    got_in = threading.Event()

    def second() -> None:
        with memory.held(5):
            got_in.set()

    with memory.held(6):
        thread = threading.Thread(target=second)
        thread.start()
        assert not got_in.is_set()
    assert got_in.wait(10)
    thread.join()


@given(st.lists(st.integers(0, 50), max_size=8))
def test_one_that_is_larger_than_all_the_room_goes_alone_and_none_waits_for_ever(
    sizes: list[int],
) -> None:
    memory = Memory(10)
    for size in sizes:
        with memory.held(size):
            pass


def test_fingerprints_come_out_as_they_were_taken_and_no_byte_of_a_picture(tmp_path: Path) -> None:
    folder = folder_of(str(UPLOADS / "exact"))
    [page] = folder.pages()
    told = take_all(folder, Taking(1), page)
    for stored, text in zip(page, told, strict=True):
        data = (UPLOADS / "exact" / stored.key).read_bytes()
        assert taken_of(text).fingerprints == fingerprint(data)
        assert len(text) < 2_000


def test_what_is_larger_than_it_may_be_gets_digests_only(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 2_000)
    folder = folder_of(str(tmp_path))
    [page] = folder.pages()
    [text] = take_all(folder, Taking(1, max_bytes=1_000), page)
    prints = taken_of(text).fingerprints
    assert prints is not None
    assert (prints.status, prints.size_bytes) == ("too_large", 2_000)


def test_a_file_that_is_gone_by_then_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "gone").write_bytes(b"x")
    folder = folder_of(str(tmp_path))
    [page] = folder.pages()
    (tmp_path / "gone").unlink()
    taken = taken_of(take_all(folder, Taking(1), page)[0])
    assert (taken.fingerprints, taken.reason) == (None, "no such file or directory")

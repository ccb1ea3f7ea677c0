from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.hashlists import lines
from tocsin.domain.hashlists.lines import UnusableFile


@given(st.binary(max_size=300), st.integers(0, 5))
def test_reading_on_from_the_end_of_any_line_gives_the_lines_after_it(
    data: bytes, after: int
) -> None:
    whole = list(lines.lines(io.BytesIO(data), offset=0, number=0))

    assert b"".join(line.raw or b"" for line in whole) == data
    if after < len(whole):
        at = whole[after]
        rest = list(lines.lines(io.BytesIO(data), offset=at.end, number=at.number))
        assert rest == whole[after + 1 :]


def test_a_line_without_end_is_told_and_passed_over_in_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 100)
    monkeypatch.setattr(lines, "_BLOCK_BYTES", 64)
    data = b"first\n" + b"x" * 1_000 + b"\nlast\n"

    read = list(lines.lines(io.BytesIO(data), offset=0, number=0))

    assert [(line.number, line.raw) for line in read] == [
        (1, b"first\n"),
        (2, None),
        (3, b"last\n"),
    ]
    assert read[1].end == 6 + 1_001


def test_a_too_long_last_line_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE_BYTES", 10)

    read = list(lines.lines(io.BytesIO(b"x" * 50), offset=0, number=0))

    assert [(line.raw, line.end) for line in read] == [(None, 50)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("ok\n".encode("utf-16"), "UTF-16"),
        ("ok\n".encode("utf-32"), "UTF-32"),
        (b"\x1f\x8b\x08\x00rest", "gzip"),
        (b"PK\x03\x04rest", "zip"),
        (b"good line\nbad \x00 line\n", "byte 15 (line 2) is not text"),
    ],
)
def test_a_file_that_is_not_text_in_utf_8_is_refused_with_the_reason(
    tmp_path: Path, data: bytes, told: str
) -> None:
    path = tmp_path / "list"
    path.write_bytes(data)

    with pytest.raises(UnusableFile) as refused:
        lines.identify(path)

    assert told in str(refused.value)


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="nothing-here"):
        lines.identify(tmp_path / "nothing-here")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"\xef\xbb\xbf{}\n")

    identity = lines.identify(path)

    assert identity.first_byte == 3
    assert identity.size_bytes == 6
    assert identity.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_byte_that_is_not_utf_8_is_named() -> None:
    assert lines.wrong_byte(b"caf\xe9") == "byte 4 of the line is not UTF-8"
    assert lines.wrong_byte("café".encode()) is None

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.documents import json_elements
from tocsin.engine.documents.json_elements import EACH, pieces, start_of_array
from tocsin.engine.documents.types import TOO_LONG, BrokenOff, Element, Frame

VALUE = ("value",)
CASES = ("value", EACH, "Media")

texts = st.text(st.sampled_from('ab\\"{}[],: é\n\x01'), max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
others = st.dictionaries(texts.filter(lambda key: key != "value"), values, max_size=3)


class Blocks(io.BytesIO):
    """A file that is read in blocks of a few bytes."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size)


def cut(
    data: bytes, path: tuple[str, ...] = VALUE, *, size: int = 1 << 20, several: bool = False
) -> tuple[list[Element], list[Element | Frame], str]:
    """Elements, all pieces, and how the document breaks off."""
    found: list[Element | Frame] = []
    broken = ""
    try:
        found.extend(pieces(Blocks(data, size), path, several=several))
    except BrokenOff as why:
        broken = str(why)
    return [p for p in found if isinstance(p, Element)], found, broken


def written(found: list[Element | Frame]) -> bytes:
    """The document again, from its pieces."""
    out, between = b"", b""
    for piece in found:
        out += piece.raw if isinstance(piece, Frame) else between + piece.raw
        between = b"" if isinstance(piece, Frame) else b","
    return out


@settings(deadline=None)
@given(others, st.lists(values, max_size=6), others, st.integers(1, 40), st.booleans())
def test_elements_are_those_of_the_array_in_blocks_of_any_size(
    before: dict[str, Any], elements: list[Any], after: dict[str, Any], size: int, loose: bool
) -> None:
    after = {k: v for k, v in after.items() if k not in before}
    whole = {**before, "value": elements, **after}
    data = json.dumps(whole, indent=1 if loose else None, ensure_ascii=not loose).encode()

    found, all_pieces, broken = cut(data, size=size)

    assert broken == ""
    assert [json.loads(element.raw) for element in found] == elements
    assert [element.number for element in found] == list(range(1, len(elements) + 1))
    assert json.loads(written(all_pieces)) == whole


@settings(deadline=None)
@given(st.lists(st.lists(values, max_size=3), max_size=3), st.integers(1, 40))
def test_elements_of_arrays_in_arrays_are_found(cases: list[list[Any]], size: int) -> None:
    whole = {"value": [{"id": 1, "Other": [[1], {}], "Media": m, "z": [2]} for m in cases]}

    found, all_pieces, broken = cut(json.dumps(whole).encode(), CASES, size=size)

    assert [json.loads(element.raw) for element in found] == [m for ms in cases for m in ms]
    assert json.loads(written(all_pieces)) == whole
    assert broken == ""


@settings(deadline=None)
@given(st.lists(values, max_size=4), st.integers(1, 30), st.data())
def test_what_is_cut_off_anywhere_is_told_and_what_came_before_is_whole(
    elements: list[Any], size: int, data: st.DataObject
) -> None:
    whole = json.dumps({"a": 1, "value": elements, "b": [2]}).encode()
    stop = data.draw(st.integers(0, len(whole) - 1))

    found, _, broken = cut(whole[:stop], size=size)

    assert broken
    assert [json.loads(element.raw) for element in found] == elements[: len(found)]


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(1, 30))
def test_any_bytes_at_all_are_cut_or_refused(data: bytes, size: int) -> None:
    cut(data, size=size)
    cut(b'{"value": [' + data, size=size)
    start_of_array(data, VALUE)


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it breaks off before its first record"),
        (b"[1]", "does not hold the array"),
        (b"{}", "does not hold the array"),
        (b'{"values": [1]}', "does not hold the array"),
        (b'{"x\\"value": [1]}', "does not hold the array"),
        (b'{"value": [1]} x', "more text behind the end"),
        (b'{"value": [1]} {"value": [2]}', "more text behind the end"),
        (b'{"value": [1}', "do not pair up"),
        (b'{"value": [1]]', "do not pair up"),
        (b'{"value": [1, "a]}', "breaks off behind record 1"),
    ],
)
def test_what_is_wrong_with_a_document_is_told(data: bytes, told: str, size: int) -> None:
    _, _, broken = cut(data, size=size)

    assert told in broken


def test_space_and_marks_around_a_document_are_fine() -> None:
    data = b'\xef\xbb\xbf \n{"value": [1, 2]}' + b" \n" * 400

    found, all_pieces, broken = cut(data)

    assert broken == ""
    assert len(found) == 2
    assert written(all_pieces).startswith(b"\xef\xbb\xbf")


def test_several_documents_in_a_file_are_read_only_where_that_is_the_custom() -> None:
    data = b'{"value": [1]}\n{"value": [2, 3]}'

    found, _, broken = cut(data, several=True)

    assert (len(found), broken) == (3, "")
    assert found[-1].number == 3


@pytest.mark.parametrize("size", [7, 64, 1 << 20])
def test_an_element_that_is_too_long_costs_itself_only(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(json_elements, "LONGEST_BYTES", 100)
    data = json.dumps({"value": [1, "x" * 500, {"a": 2}, "y" * 200]}).encode()

    found, _, broken = cut(data, size=size)

    assert broken == ""
    assert [element.refused for element in found] == ["", TOO_LONG, "", TOO_LONG]
    assert [element.raw for element in found] == [b"1", b"", b'{"a": 2}', b""]


def test_a_document_nested_without_end_is_cut_without_recursion() -> None:
    found, _, broken = cut(b'{"value": [' + b"[" * 200_000 + b"]" * 200_000 + b", 1]}")

    assert broken == ""
    assert [element.raw[:1] for element in found] == [b"[", b"1"]


def test_missing_elements_are_yielded_for_their_reader_to_refuse() -> None:
    found, _, _ = cut(b'{"value": [1,,2,]}')

    assert [element.raw for element in found] == [b"1", b"", b"2", b""]


def test_the_head_is_what_stands_before_the_array() -> None:
    assert start_of_array(b'{"a": "b", "value": [{"x": 1}, 2', VALUE) == b'{"a": "b", "value": ['
    assert start_of_array(b'{"a": {"value": []}}', VALUE) is None
    assert start_of_array(b'{"a": 1}\n{"value": []}', VALUE) is None

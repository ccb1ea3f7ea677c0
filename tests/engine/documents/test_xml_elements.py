from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.documents import xml_elements
from tocsin.engine.documents.types import TOO_LONG, BrokenOff, Element, Frame
from tocsin.engine.documents.xml_elements import (
    TOO_DEEP,
    TOO_MANY,
    UnsafeDocument,
    pieces,
    root_of,
)

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<q><g><e>&b;</e></g></q>"""


def cut(data: bytes) -> tuple[list[Element], bytes, str]:
    """Elements, the document again from its pieces, and how it breaks off."""
    found: list[Element | Frame] = []
    broken = ""
    try:
        found.extend(pieces(io.BytesIO(data), within=frozenset({"g"})))
    except BrokenOff as why:
        broken = str(why)
    return [p for p in found if isinstance(p, Element)], b"".join(p.raw for p in found), broken


elements = st.lists(
    st.sampled_from(
        [
            "<e/>",
            "<e >x</e >",
            "<e a='1'><f>é</f><f/></e>",
            "<e><!-- > --></e>",
            "<e>&lt;</e>",
            "<e>/></e>",
            '<e a=">"/>',
        ]
    ),
    max_size=6,
)


@settings(deadline=None)
@given(elements, st.integers(1, 50))
def test_elements_are_those_two_levels_down_in_blocks_of_any_size(
    texts: list[str], size: int
) -> None:
    data = f"<q>\n<g n='1'>{' '.join(texts)}</g>\n<h><i/></h></q>".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_elements, "_BLOCK_BYTES", size)
        found, again, broken = cut(data)

    assert broken == ""
    assert [element.raw.decode() for element in found] == texts
    assert again == data
    assert [data[: e.end].endswith(e.raw) for e in found] == [True] * len(texts)


@settings(deadline=None)
@given(elements, st.data())
def test_what_is_cut_off_anywhere_is_told_and_what_came_before_is_whole(
    texts: list[str], data: st.DataObject
) -> None:
    whole = f"<q><g>{''.join(texts)}</g></q>".encode()
    stop = data.draw(st.integers(0, len(whole) - 1))

    found, _, broken = cut(whole[:stop])

    assert broken
    assert [element.raw.decode() for element in found] == texts[: len(found)]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_cut_or_refused(data: bytes) -> None:
    cut(data)
    cut(b"<q><g>" + data)
    root_of(data)


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<!DOCTYPE q SYSTEM "http://example.org/x.dtd"><q/>',
        b'<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/hostname">]><q>&x;</q>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?><q/>',
        b'<?xml version="1.0" encoding="UTF-16"?><q/>',
    ],
)
def test_documents_that_ask_for_more_are_refused_before_anything_is_read(data: bytes) -> None:
    with pytest.raises(UnsafeDocument):
        root_of(data)
    found, _, broken = cut(data)
    assert (found, bool(broken)) == ([], True)


def test_an_entity_nobody_declared_ends_the_document() -> None:
    found, _, broken = cut(b"<q><g><e/><e>&xxe;</e><e/></g></q>")

    assert len(found) == 1
    assert "behind record 1 (undefined entity)" in broken


def test_what_is_nested_too_deep_or_has_too_many_attributes_costs_itself_only() -> None:
    deep = b"<e>" * 50 + b"</e>" * 50
    many = b"<e " + b" ".join(b"a%d='x'" % n for n in range(100)) + b"/>"

    found, _, broken = cut(b"<q><g><e/>" + deep + many + b"<e/></g></q>")

    assert broken == ""
    assert [element.refused for element in found] == ["", TOO_DEEP, TOO_MANY, ""]


def test_an_element_that_is_too_long_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_elements, "LONGEST_BYTES", 1_000)
    monkeypatch.setattr(xml_elements, "_BLOCK_BYTES", 100)
    long = b"<e>" + b"x" * 5_000 + b"<f/>" * 500 + b"</e>"

    found, _, broken = cut(b"<q><g><e/>" + long + b"<e>y</e></g></q>")

    assert broken == ""
    assert [element.refused for element in found] == ["", TOO_LONG, ""]
    assert found[2].raw == b"<e>y</e>"


def test_a_tag_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_elements, "_LONGEST_TAG_BYTES", 1_000)
    monkeypatch.setattr(xml_elements, "_BLOCK_BYTES", 100)

    found, _, broken = cut(b"<q><g><e/><e a='" + b"x" * 5_000 + b"'/></g></q>")

    assert len(found) == 1
    assert "longer than a record" in broken


def test_the_root_is_told_with_its_attributes() -> None:
    assert root_of(b"\xef\xbb\xbf<?xml version='1.0'?><a:b xmlns:a='c'><d") == (
        "a:b",
        {"xmlns:a": "c"},
    )
    assert root_of(b"no xml") is None

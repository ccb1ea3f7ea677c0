"""Hotlines' CSV, the lines of a mail, the list of a form: every line comes out, as it went in."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.intake import reading
from tocsin.domain.intake.types import IntakeRefused, Read, Record, Why

URL = "https://host.example/p/1"


def only(reads: list[Read]) -> Read:
    [one] = reads
    return one


def test_a_line_as_the_dutch_tool_takes_it() -> None:
    line = f"{URL};https://ref.example/;analyst@hotline.example;EXT-1;webform;imagehost\n"
    assert only(reading.read_file(line.encode())) == Read(
        1,
        Record(
            url=URL,
            referer="https://ref.example/",
            worker="analyst@hotline.example",
            reference="EXT-1",
            source="webform",
            site_type="imagehost",
        ),
    )


@pytest.mark.parametrize(
    "header",
    [
        "URL;REFERER;WORKUSER;REFERENCE;SOURCE;TYPE",
        "url,referrer,workuser-email,reference,source,type",
        '"Url"\t"Referer"\t"Workuser"\t"Reference"\t"Source"\t"Type"',
    ],
)
def test_a_first_line_of_names_is_no_report_and_tells_the_delimiter(header: str) -> None:
    delimiter = next(one for one in ";\t," if one in header)
    line = delimiter.join([URL, "", "", "EXT-1", "police", ""])
    read = only(reading.read_file(f"{header}\r\n{line}\r\n".encode()))
    assert (read.number, read.record.url, read.record.reference) == (2, URL, "EXT-1")


def test_names_in_another_order_and_names_of_their_own_are_kept() -> None:
    text = f"source;colour;url\npolice;blue;{URL}\n"
    record = only(reading.read_file(text.encode())).record
    assert (record.url, record.source, record.extra) == (URL, "police", {"colour": "blue"})


@pytest.mark.parametrize(
    "raw",
    [
        f"{URL};https://ref.example/caf\u00e9".encode(),
        b"\xef\xbb\xbf" + f"{URL};https://ref.example/caf\u00e9".encode(),
        f"{URL};https://ref.example/caf\u00e9".encode("cp1252"),
        f"{URL};https://ref.example/caf\u00e9".encode("utf-16"),
    ],
)
def test_encodings_that_spreadsheets_write(raw: bytes) -> None:
    record = only(reading.read_file(raw)).record
    assert (record.url, record.referer) == (URL, "https://ref.example/caf\u00e9")


def test_a_quote_left_open_spoils_its_own_line_and_no_other() -> None:
    text = f'"{URL}\nhttps://host.example/2;"a ""quoted"" word; and more"\n'
    first, second = reading.read_file(text.encode())
    assert (first.why, first.record.note) == (Why.QUOTE_OPEN, f'"{URL}')
    assert second.record.referer == 'a "quoted" word; and more'


def test_too_many_fields_are_not_guessed_at() -> None:
    read = only(reading.read_file(f"{URL};a;b;c;d;e;f".encode()))
    assert (read.why, read.record.note) == (Why.TOO_MANY_FIELDS, f"{URL};a;b;c;d;e;f")


def test_a_formula_stays_text_and_our_own_apostrophe_is_taken_off() -> None:
    text = f"""{URL};"=HYPERLINK(""x"")";'+31 20 1234567\n"""
    record = only(reading.read_file(text.encode())).record
    assert (record.referer, record.worker) == ('=HYPERLINK("x")', "+31 20 1234567")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", Why.EMPTY),
        (b"\n;;\n", Why.EMPTY),
        (b"url;referer\n", Why.EMPTY),
        (b"PK\x03\x04\x00\x00", Why.NOT_TEXT),
        (b"https://a.example/\x81", Why.NOT_TEXT),
        (b"https://a.example/1\n" * 100_001, Why.TOO_MANY_LINES),
    ],
)
def test_documents_that_cannot_be_read_are_refused_whole(raw: bytes, why: Why) -> None:
    with pytest.raises(IntakeRefused) as refused:
        reading.read_file(raw)
    assert refused.value.why is why


def test_a_line_without_an_address_and_one_with_control_characters() -> None:
    text = f";https://ref.example/\n{URL};a\x01b\n{URL};{'x' * 4_000}\n"
    whys = [read.why for read in reading.read_file(text.encode())]
    assert whys == [Why.NO_ADDRESS, Why.CONTROL_CHARACTER, Why.TOO_LONG]


def test_the_lines_of_a_mail_end_at_its_signature() -> None:
    reads = reading.read_mail_lines(
        f"{URL};https://ref.example/;found by chance\n\n-- \nThe Desk\n"
    )
    assert only(reads).record == Record(
        url=URL, referer="https://ref.example/", note="found by chance"
    )


def test_a_form_is_a_flat_list() -> None:
    text = (
        "---\nurl: www.host.example/p/1\nReferrer: 'it''s here'\ntext: |\n  first line\n"
        '  second # line\ncustom: "a \\"b\\""\nlong: one\n  two\nempty:\n-- \nThe Desk\n'
    )
    assert reading.read_form(text, {}) == Record(
        url="www.host.example/p/1",
        referer="it's here",
        note="first line\nsecond # line",
        extra={"custom": 'a "b"', "long": "one two", "empty": ""},
    )


def test_a_form_may_call_its_fields_otherwise() -> None:
    record = reading.read_form("adres: https://a.example/\nurl: x", {"url": "Adres"})
    assert (record.url, record.extra) == ("https://a.example/", {"url": "x"})


@pytest.mark.parametrize(
    "text",
    ["", "no list", "url: [a, b]", "url: {a: b}", "url: &x y", "url: !!python/object x",
     "url: a\nurl: b", "url: 'open", 'url: "\\x41"', "- url: a", " url: a"],
)  # fmt: skip
def test_whatever_is_no_flat_list_is_refused(text: str) -> None:
    with pytest.raises(IntakeRefused) as refused:
        reading.read_form(text, {})
    assert refused.value.why is Why.NOT_A_FORM


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    try:
        reads = reading.read_file(raw)
    except IntakeRefused:
        return
    assert len({read.number for read in reads}) == len(reads)


@given(st.text(max_size=400))
def test_no_text_breaks_the_form(text: str) -> None:
    try:
        reading.read_form(text, {})
    except IntakeRefused:
        return


_CELL = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], exclude_characters="\x85"),
    max_size=30,
)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL), min_size=1, max_size=20))
def test_every_line_comes_out_as_a_spreadsheet_wrote_it(rows: list[tuple[str, str, str]]) -> None:
    told = [(f"https://a.example/{number}", *row[1:]) for number, row in enumerate(rows)]
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(told)
    records = [read.record for read in reading.read_file(b"\xef\xbb\xbf" + out.getvalue().encode())]
    assert [record.url for record in records] == [url for url, *_ in told]
    expected = [tuple(_as_meant(cell) for cell in row[1:]) for row in told]
    assert [(record.referer, record.worker) for record in records] == expected


def _as_meant(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text


def test_the_example_of_the_facts() -> None:
    example = Path(__file__).parent / "scart-import.csv"
    assert only(reading.read_file(example.read_bytes())).why is Why.NONE

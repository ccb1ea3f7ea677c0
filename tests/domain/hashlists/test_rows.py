from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.lists import value
from tocsin.domain.hashlists.lines import lines
from tocsin.domain.hashlists.mapped import Mapped, MappedReader
from tocsin.domain.hashlists.records import Refused
from tocsin.domain.hashlists.rows import MOST_LINES, UNCLOSED, Row, quoted_rows

READER = MappedReader(Mapped(columns={"md5": "a"}, ignore=["b"]), b"a,b\n")
WIDE = MappedReader(Mapped(columns={"md5": "b"}, ignore=["a", "c"]), b"a,b,c\n")
A, B, C = (value(word, 16) for word in "abc")

words = st.text("xyz 5.", max_size=4)
plain_rows = st.lists(words, min_size=1, max_size=2 * MOST_LINES)
remarks = st.text('xy,"\n ', max_size=8)


def rows(text: str, reader: MappedReader = READER, start: Row | None = None) -> list[Row]:
    file = io.BytesIO(text.encode())
    offset, number = (start.end, start.last) if start else (0, 0)
    return list(quoted_rows(lines(file, offset=offset, number=number), reader))


def taken(text: str, reader: MappedReader = READER) -> set[str]:
    """Fingerprints of the rows that come in."""
    found = set()
    for row in rows(text, reader):
        try:
            if not row.refused:
                found.add(reader.read(row.raw).prints[0][2].hex())
        except Refused:
            continue
    return found


def stray(text: str, places: list[int]) -> tuple[str, set[int]]:
    """The text with quotation marks put in, and the lines (from 0) that got one."""
    hit = {text.count("\n", 0, place) for place in places}
    for place in sorted(places, reverse=True):
        text = f'{text[:place]}"{text[place:]}'
    return text, hit


def spans(found: list[Row]) -> list[tuple[int, int, bool]]:
    return [(row.number, row.last, bool(row.refused)) for row in found]


@given(plain_rows, st.data())
def test_stray_quotes_cost_at_most_the_rows_they_stand_in(
    tails: list[str], data: st.DataObject
) -> None:
    every = [value(str(n), 16) for n in range(len(tails))]
    text = "".join(f"{md5},{tail}\n" for md5, tail in zip(every, tails, strict=True))
    places = data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=4))

    text, hit = stray(text, places)

    assert taken(text) >= {md5 for n, md5 in enumerate(every) if n not in hit}


@given(st.lists(st.tuples(words, words), min_size=1, max_size=20), st.data())
def test_one_stray_quote_costs_at_most_its_row_where_every_cell_is_quoted(
    cells: list[tuple[str, str]], data: st.DataObject
) -> None:
    every = [value(str(n), 16) for n in range(len(cells))]
    text = "".join(f'"{a}","{md5}","{c}"\n' for md5, (a, c) in zip(every, cells, strict=True))

    text, hit = stray(text, [data.draw(st.integers(0, len(text) - 1))])

    assert taken(text, WIDE) >= {md5 for n, md5 in enumerate(every) if n not in hit}


@given(st.lists(st.tuples(remarks, remarks), max_size=20))
def test_what_a_csv_writer_writes_over_several_lines_comes_in_whole(
    cells: list[tuple[str, str]],
) -> None:
    text = io.StringIO()
    every = [value(str(n), 16) for n in range(len(cells))]
    csv.writer(text).writerows(
        [before, md5, behind] for md5, (before, behind) in zip(every, cells, strict=True)
    )

    assert not any(row.refused for row in rows(text.getvalue(), WIDE))
    assert taken(text.getvalue(), WIDE) == set(every)


@given(st.lists(st.sampled_from([f"{A},x", f'{B},"x', f'x",{C}', '"', '""', "x"]), max_size=30))
def test_every_line_is_in_one_row_and_reading_may_go_on_behind_any_row(parts: list[str]) -> None:
    text = "".join(f"{part}\n" for part in parts)
    found = rows(text)

    covered = [n for row in found for n in range(row.number, row.last + 1)]
    assert covered == list(range(1, len(parts) + 1))
    for n, row in enumerate(found):
        assert rows(text, start=row) == found[n + 1 :]


@pytest.mark.parametrize(("count", "refused"), [(MOST_LINES, False), (MOST_LINES + 1, True)])
def test_a_row_has_a_most_of_lines(count: int, refused: bool) -> None:
    found = rows(f'{A},"' + "x\n" * (count - 1) + 'x"\n')

    assert spans(found)[0] == ((1, 1, True) if refused else (1, count, False))
    assert found[0].refused == (UNCLOSED if refused else "")


def test_a_row_is_no_longer_than_a_line_may_be() -> None:
    found = rows(f'{A},"x\n' + ("y" * 500_000 + "\n") * 2 + 'x"\n')

    assert found[0].refused == UNCLOSED
    assert [row.number for row in found] == [1, 2, 3, 4]


@pytest.mark.parametrize("line", [b"caf\xe9\n", b"y" * 1_000_001 + b"\n"])
def test_a_line_that_cannot_be_read_is_never_part_of_another_row(line: bytes) -> None:
    file = io.BytesIO(f'{A},"x\nx\n'.encode() + line + f'x"\n{B},x\n'.encode())

    found = list(quoted_rows(lines(file, offset=0, number=0), READER))

    assert [row.number for row in found] == [1, 2, 3, 4, 5]
    assert found[0].refused == UNCLOSED


@pytest.mark.parametrize(
    "text",
    [
        f'over 5" of {A},x\n{B},x\n',
        f'{A},5" screen\n{B},x\n{C},7" screen\n',
        f'{A},"x"y\n{B},"x"\n',
    ],
)
def test_a_quote_in_the_middle_of_a_cell_opens_nothing(text: str) -> None:
    assert all(row.number == row.last and not row.refused for row in rows(text))
    assert B in taken(text)


def test_a_remark_before_the_fingerprint_may_go_on_over_lines() -> None:
    found = rows(f'"over\ntwo, or",{A},x\n"",{B},x\n', WIDE)

    assert spans(found) == [(1, 2, False), (3, 3, False)]


def test_two_stray_quotes_before_the_fingerprint_hide_no_row() -> None:
    found = rows(f'"p,{A},w\nq",{B},w\n', WIDE)

    assert spans(found) == [(1, 1, True), (2, 2, False)]
    assert taken(f'"p,{A},w\nq",{B},w\n', WIDE) == {B}


def test_a_line_with_a_fingerprint_in_its_place_is_not_swallowed_for_other_faults() -> None:
    strict = MappedReader(
        Mapped(columns={"md5": "a", "category": "b"}, category_words={"1": "A1"}, ignore=["c"]),
        b"a,b,c\n",
    )

    found = rows(f'{A},1,"x\n{B},7,x\n{C},1,x"\n', strict)

    assert spans(found) == [(1, 1, True), (2, 2, False), (3, 3, False)]


def test_a_character_that_ends_no_line_of_the_file_does_not_cut_a_quoted_row() -> None:
    assert taken(f'{A},"x"\u2028\n{B},"x\u2028y"\n') >= {B}
    assert taken(f'{C},5" \x0b\n') == {C}

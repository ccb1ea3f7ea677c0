"""A quotation mark that does not belong: what an import, its dry run and its resumption make of it.

The list of the examples has two columns, a fingerprint and remarks that nobody reads.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.hashlists.lists import ACTOR, bring, counts, make, value, write
from tocsin.domain.hashlists import actions, importing
from tocsin.domain.hashlists.models import Fingerprint
from tocsin.domain.hashlists.types import ImportReport, ImportRequest, Progress

pytestmark = pytest.mark.django_db(transaction=True)

A, B, C, D, E = (value(word, 16) for word in "abcde")


class Stopped(Exception):
    """What an import is stopped with here."""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.json"
    path.write_text('{"columns": {"md5": "MD5"}, "ignore": ["Words"]}')
    return path


def deliver(tmp_path: Path, *rows: str) -> Path:
    return write(tmp_path / "list.csv", "MD5,Words", *rows)


def known() -> set[str]:
    return {bytes(f.value).hex() for f in Fingerprint.objects.all()}


def told(report: ImportReport) -> list[tuple[int, str]]:
    return [(r.line, r.reason) for r in report.first_refusals]


def test_a_quote_that_is_never_closed_costs_its_own_row_only(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)

    report = bring(
        deliver(tmp_path, f"{A},x", f'{B},"x', f"{C},x", f"{D},x"), now, mapping_path=mapping
    )

    assert known() == {A, C, D}
    assert told(report) == [(3, "a quotation mark in it is not closed")]
    assert (report.lines, counts(report)) == (5, (3, 0, 0, 0, 1))


def test_a_later_quote_that_closes_it_in_an_ignored_column_swallows_nothing(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)

    report = bring(
        deliver(tmp_path, f'{A},"x', f"{B},x", f'{C},x"', f"{D},x"), now, mapping_path=mapping
    )

    assert known() == {B, C, D}
    assert told(report) == [
        (2, "a quotation mark makes lines 2 to 4 one row, and there are whole rows in it")
    ]


def test_lines_that_quotes_join_to_too_many_columns_are_read_one_by_one(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)

    report = bring(deliver(tmp_path, f'{A},"x', f'{B},x",y', f"{C},x"), now, mapping_path=mapping)

    assert known() == {C}
    wide = "it has 3 columns, the first line has 2"
    assert told(report) == [
        (2, f"a quotation mark makes lines 2 to 3 one row, and {wide}"),
        (3, wide),
    ]


def test_the_line_numbers_behind_a_row_of_several_lines_are_those_of_the_file(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)

    report = bring(
        deliver(tmp_path, f'{A},"over', "three", 'lines"', "short,x", f'{B},"two', 'lines"'),
        now,
        mapping_path=mapping,
    )

    assert known() == {A, B}
    assert told(report) == [(5, "md5 must be 32 hexadecimal digits")]
    assert report.lines == 7


def test_a_dry_run_says_the_same_of_stray_quotes(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    path = deliver(tmp_path, f'{A},"x', f"{B},x", f'{C},x"', f'{D},"two', 'lines"', f'{E},"x')

    tried = bring(path, now, mapping_path=mapping, dry_run=True, report_path=tmp_path / "tried")
    assert known() == set()
    done = bring(path, now, mapping_path=mapping, report_path=tmp_path / "done")

    assert known() == {B, C, D}
    assert (tried.lines, counts(tried), told(tried)) == (done.lines, counts(done), told(done))
    assert (tmp_path / "tried").read_text() == (tmp_path / "done").read_text()


@pytest.mark.parametrize("batches", [1, 2, 3, 4])
def test_an_import_that_stops_between_stray_quotes_goes_on_the_same(
    tmp_path: Path, mapping: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", {"sqlite": 2, "postgresql": 2})
    make(now)
    path = deliver(
        tmp_path, f'{A},"two', 'lines"', f'{B},"x', f"{C},x", f'{D},x"', "short,x", f"{E},x"
    )
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == batches:
            raise Stopped

    request = ImportRequest(
        path=path, list_slug="test", mapping_path=mapping, report_path=tmp_path / "told"
    )
    with pytest.raises(Stopped):
        actions.import_file(request=request, actor=ACTOR, at=now, progress=stop)

    report = actions.import_file(request=request, actor=ACTOR, at=now)

    assert report.resumed
    assert known() == {A, C, D, E}
    assert [line for line, _ in told(report)] == [4, 7]
    assert (report.lines, counts(report)) == (8, (4, 0, 0, 0, 2))
    told_lines = (tmp_path / "told").read_text().splitlines()
    assert [row.partition("\t")[0] for row in told_lines] == ["line", "4", "7"]


def test_a_stray_quote_in_the_first_line_is_told_before_anything_comes_in(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    path = write(tmp_path / "list.csv", 'MD5,"Words', f"{A},x")

    with pytest.raises(actions.UnusableFile, match=r"Line 1 .*quotation marks do not pair up"):
        bring(path, now, mapping_path=mapping)

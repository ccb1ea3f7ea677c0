"""A hoster's own list beside ours."""

from __future__ import annotations

import csv
import io
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests.domain.desk import URL, hoster
from tests.domain.takedown.scenes import Mail, unlawful
from tocsin.domain.takedown import reconciling
from tocsin.domain.takedown.attached import harmless
from tocsin.domain.takedown.reconciling import Ours, Outcome, Theirs, UnreadableList
from tocsin.site import cli

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        "url;IP;firstseen;note\nhttps://h.example/1;;2026-03-03 10:00:00;N-2026-000001\n",
        "URL,Received at,Your reference\nhttps://h.example/1,2026-03-03T10:00:00Z,n-2026-000001\n",
        "Datum\tAdres\tKenmerk\n03-03-2026 10:00\thttps://h.example/1\tN-2026-000001 (abuse)\n",
        'nr,url,time,s\n5,https://h.example/1,2026-03-03 10:00,"Notice N-2026-000001: x"\n',
        "\ufeffMeldung;Eingang;Adresse\r\nN-2026-000001;03.03.2026 10:00;https://h.example/1\r\n",
    ],
)
def test_lists_are_read_whatever_they_call_their_columns(text: str) -> None:
    [line] = reconciling.read(text.encode())
    url = "https://h.example/1"
    assert line == Theirs(2, "N-2026-000001", url, AT, url)


@pytest.mark.parametrize(
    ("text", "number", "address"),
    [
        ("https://h.example/1\nhttps://h.example/2\n", "", "https://h.example/1"),
        ("N-2026-000001\n", "N-2026-000001", ""),
    ],
)
def test_a_list_without_a_head_is_read_too(text: str, number: str, address: str) -> None:
    first = reconciling.read(text.encode())[0]
    assert (first.line, first.number, first.address, first.at) == (1, number, address, None)


def test_times_that_name_no_zone_are_of_the_zone_given() -> None:
    text = b"url;time\nhttps://h.example/1;2026-03-03 11:00\n"
    [line] = reconciling.read(text, zone=ZoneInfo("Europe/Amsterdam"))
    assert line.at == AT


@pytest.mark.parametrize("data", [b"", b"a;b\n1;2\n", "é;è\n".encode("cp1252")])
def test_what_names_neither_notice_nor_address_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableList):
        reconciling.read(data)


@given(st.binary(max_size=400))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    try:
        lines = reconciling.read(data)
    except UnreadableList:
        return
    assert all(line.line >= 1 for line in lines)


def ours(number: int, address: str, hours: int = 0) -> Ours:
    return Ours(f"N-2026-{number:06d}", address, AT + hours * HOUR)


def test_both_sides_are_told_apart() -> None:
    mine = [ours(1, "a"), ours(2, "b"), ours(3, "c"), ours(4, "a", 48)]
    theirs = [
        Theirs(2, "", "a", AT + timedelta(minutes=3)),
        Theirs(3, "N-2026-000002", "", AT + 9 * HOUR),
        Theirs(4, "", "x", AT),
        Theirs(5, "", "a", AT + 49 * HOUR),
    ]
    told = [
        (each.outcome, each.ours and each.ours.number[-1], each.theirs and each.theirs.line)
        for each in reconciling.compare(mine, theirs)
    ]
    assert told == [
        (Outcome.MATCHED, "1", 2),
        (Outcome.APART, "2", 3),
        (Outcome.MISSING_THERE, "3", None),
        (Outcome.MATCHED, "4", 5),
        (Outcome.MISSING_HERE, None, 4),
    ]


ADDRESSES = st.sampled_from(["a", "b", "c", "d"])
LINES = st.lists(
    st.tuples(
        st.integers(0, 9), ADDRESSES, st.one_of(st.none(), st.integers(-99, 99)), st.booleans()
    ),
    max_size=20,
)


@given(st.lists(st.tuples(ADDRESSES, st.integers(-99, 99)), max_size=9), LINES)
def test_every_line_of_both_sides_comes_out(
    mine: list[tuple[str, int]], lines: list[tuple[int, str, int | None, bool]]
) -> None:
    sent = [ours(n, address, hours) for n, (address, hours) in enumerate(mine)]
    theirs = [
        Theirs(
            n,
            f"N-2026-{number:06d}" if named else "",
            address,
            None if h is None else AT + h * HOUR,
        )
        for n, (number, address, h, named) in enumerate(lines)
    ]
    compared = reconciling.compare(sent, theirs)
    assert sorted(c.theirs.line for c in compared if c.theirs) == list(range(len(theirs)))
    assert {c.ours.number for c in compared if c.ours} == {each.number for each in sent}
    for each in compared:
        assert (each.ours is None) == (each.outcome is Outcome.MISSING_HERE)
        assert (each.theirs is None) == (each.outcome is Outcome.MISSING_THERE)


def test_no_cell_of_theirs_is_a_formula_in_ours() -> None:
    evil = "=cmd|' /C calc'!A0"
    lines = [Theirs(2, "", evil, None, evil)]
    text = reconciling.as_csv(reconciling.compare([], lines), harmless)
    [_, row] = csv.reader(io.StringIO(text), delimiter=";")
    assert row[2] == "'=cmd|' /C calc'!A0"


@pytest.mark.django_db
def test_the_command_prints_a_table_without_addresses_and_writes_all(
    now: datetime,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.TOCSIN_MAIL = Mail()
    number = hoster(now)
    unlawful(now)
    theirs, out = tmp_path / "theirs.csv", tmp_path / "out.csv"
    theirs.write_text(
        f"url;received\n{URL.upper().replace('/A/1.JPG', '/a/1.jpg')};2026-03-03 14:00\n"
    )
    arguments = ["notices", "reconcile", str(theirs), "--hoster", str(number), "--csv", str(out)]
    assert cli.main(arguments) == 1
    shown = capsys.readouterr().out
    assert "times apart    N-2026-000001" in shown
    assert "+4.0 h" in shown
    assert "bighost" not in shown
    assert URL in out.read_text("utf-8")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    theirs.write_text("N-2026-000001\n")
    assert cli.main(["notices", "reconcile", str(theirs)]) == 0
    assert cli.main(["notices", "reconcile", str(tmp_path / "none")]) == 2
    assert cli.main(["notices", "reconcile", str(theirs), "--zone", "Moon/Base"]) == 2

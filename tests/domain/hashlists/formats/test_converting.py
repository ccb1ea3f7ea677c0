"""`tocsin lists convert`, and what it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.domain.hashlists.formats.samples import (
    HASHKEEPER,
    ICSE,
    NCMEC,
    STOPNCII,
    VICS_1_3,
    VICS_2_0,
    VICS_CASE,
    image,
    md5,
    meant,
    page,
    records,
    same,
    submitted,
)
from tests.domain.hashlists.lists import entry, value, write
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.formats import telling, writing
from tocsin.domain.hashlists.formats.converting import ConvertRequest, convert
from tocsin.domain.hashlists.formats.ncmec import NAMESPACE
from tocsin.domain.hashlists.formats.telling import told
from tocsin.domain.hashlists.formats.writing import neutral
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.types import RunState
from tocsin.site.cli import main
from tocsin.site.commands import lists as command

Output = pytest.CaptureFixture[str]


def converted(path: Path, out: Path, to: str) -> Path:
    report = convert(ConvertRequest(path, out, to))
    assert (report.refused, report.broken) == (0, "")
    return out


@pytest.mark.parametrize(
    ("path", "back"),
    [(VICS_1_3, "vics-1.3"), (ICSE, "icse-csv"), (NCMEC, "ncmec-v2"), (STOPNCII, "stopncii-v1"),
     (HASHKEEPER, "hashkeeper")],
    ids=lambda x: getattr(x, "name", x),
)  # fmt: skip
def test_by_way_of_our_own_lines_records_come_back_as_they_were(
    tmp_path: Path, path: Path, back: str
) -> None:
    lines = converted(path, tmp_path / "lines.jsonl", "native")
    again = converted(lines, tmp_path / f"again{path.suffix}", back)

    assert records_in(again) == records_in(path)


def records_in(path: Path) -> object:
    if path.suffix == ".json":
        whole = json.loads(path.read_text())
        return whole.get("value", whole.get("hashRecords"))
    if path.suffix == ".xml":
        tree = meant(path)
        assert isinstance(tree, dict)
        groups = [g for g in tree["children"] if g["tag"] != "paging"]
        return [child for group in groups for child in group["children"]]
    return meant(path)


def test_records_of_one_source_are_told_in_the_words_of_another(tmp_path: Path) -> None:
    out = converted(ICSE, tmp_path / "x.json", "vics-2.0")
    [given] = json.loads(out.read_text())["value"]
    assert given["MediaID"] == 100001
    assert given["MD5"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert (given["IsDistributed"], given["VictimIdentified"]) == (True, False)

    out = converted(VICS_1_3, tmp_path / "x.csv", "icse-csv")
    [row] = csv.DictReader(out.open(), delimiter=";")
    assert (row["MD5"], row["Image ID"]) == ("d41d8cd98f00b204e9800998ecf8427e", "1")
    assert (row["Is distributed"], row["File Available"]) == ("yes", "")

    out = converted(VICS_CASE, tmp_path / "x.xml", "ncmec-v2")
    [given] = ET.parse(out).iter(f"{{{NAMESPACE}}}md5")  # noqa: S314 - our own file
    assert given.text == "d41d8cd98f00b204e9800998ecf8427e"


def test_a_version_of_vics_is_written_in_another(tmp_path: Path) -> None:
    out = converted(VICS_2_0, tmp_path / "x.json", "vics-1.3")

    [given] = json.loads(out.read_text())["value"]
    assert given["AlternativeHashes"][0]["HashName"] == "PhotoDNA"
    assert given["Exifs"] == [{"PropertyName": "Make", "PropertyValue": "X"}]
    assert telling.vics_context(out.read_bytes(), out).format == "vics-1.3"


def test_images_and_videos_stand_apart_whatever_their_order_was(tmp_path: Path) -> None:
    mixed = [entry("v1", media_type="video"), entry("i"), entry("v2", media_type="video")]
    path = write(tmp_path / "list", *mixed, entry("s", media_type="audio"))

    report = convert(ConvertRequest(path, tmp_path / "x.xml", "ncmec-v2"))

    assert (report.written, report.refused) == (3, 1)
    assert report.first_refusals[0].line == 4
    root = ET.parse(tmp_path / "x.xml").getroot()  # noqa: S314 - our own file
    groups = [[e.findtext(f"{{{NAMESPACE}}}id") for e in group] for group in root]
    assert groups == [["i"], ["v1", "v2"]]


def test_what_a_format_has_no_words_for_is_told_and_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "list", entry("a"), "rubbish")

    report = convert(ConvertRequest(path, tmp_path / "out", "stopncii-v1"))

    assert (report.written, report.refused) == (0, 2)
    assert [(r.line, r.reason) for r in report.first_refusals] == [
        (1, "this format has one fingerprint to a record"),
        (2, "it is no line of our own format"),
    ]


def test_what_victims_hand_in_is_written_only_where_that_can_be_said(tmp_path: Path) -> None:
    lines = converted(STOPNCII, tmp_path / "lines", "native")

    for to in ("vics-2.0", "ncmec-v2", "icse-csv"):
        report = convert(ConvertRequest(lines, tmp_path / to, to))
        assert (report.written, report.refused) == (0, 1)
        assert "no proof" in report.first_refusals[0].reason


def test_tables_for_people_hold_no_formulas(tmp_path: Path) -> None:
    formula = "=cmd|' /C calc'!A0"
    path = write(
        tmp_path / "list",
        entry("+1", comments=formula, observations={"series": ["@x", "y"]}),
        entry("b", comments="\tx"),
    )
    out = converted(path, tmp_path / "out.csv", "csv")

    rows = list(csv.DictReader(out.open(newline="")))
    assert [row["comments"] for row in rows] == [f"'{formula}", "'\tx"]
    assert rows[0]["id"] == "'+1"
    assert rows[0]["series"] == "'@x, y"
    assert rows[0]["md5"] == value("+1", 16)
    assert neutral("plain = text") == "plain = text"


def test_files_for_machines_keep_formulas_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "icse.csv"
    head = ICSE.read_text().splitlines()[0]
    path.write_text(f"{head}\n{value('a', 16)};;;1;;;;=1+1;;;;\n")
    out = tmp_path / "out.csv"

    same(path, out)

    assert out.read_bytes() == path.read_bytes()


def test_what_is_cut_off_is_written_as_far_as_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(records(submitted("a"), submitted("b"))[:-50])

    report = convert(ConvertRequest(path, tmp_path / "out", "native"))

    assert (report.written, report.broken) == (1, "it breaks off behind record 1")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(UnusableFile, match="is there already"):
        convert(ConvertRequest(STOPNCII, out, "native"))
    with pytest.raises(UnusableFile, match="cannot be written"):
        convert(ConvertRequest(STOPNCII, tmp_path / "no" / "folder", "native"))
    with pytest.raises(UnusableFile, match="is no format that is written"):
        convert(ConvertRequest(STOPNCII, tmp_path / "x", "vics"))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out"]
    assert out.read_text() == "mine"


def test_columns_of_a_mapping_become_lines_and_rows_again(tmp_path: Path) -> None:
    mapping = tmp_path / "m.json"
    mapping.write_text('{"columns": {"md5": "MD5"}, "ignore": ["Words"]}')
    path = write(tmp_path / "list.csv", "MD5,Words", f'{value("a", 16).upper()},"x, y"')

    report = same(path, tmp_path / "again.csv", mapping_path=mapping)

    assert report.told == "csv"
    assert (tmp_path / "again.csv").read_text() == path.read_text()


@pytest.mark.parametrize(
    ("path", "name"),
    [(ICSE, "icse-csv"), (HASHKEEPER, "hashkeeper"), (NCMEC, "ncmec-v2"), (VICS_CASE, "vics"),
     (STOPNCII, "stopncii-v1"), (VICS_1_3, "vics"), (VICS_2_0, "vics")],
    ids=lambda x: getattr(x, "name", x),
)  # fmt: skip
def test_a_format_is_told_by_its_first_bytes(path: Path, name: str) -> None:
    assert told(telling.read_start(path), mapped=False) == name


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"md5;sha1\n",
        b"\xff\xfe",
        json.dumps(entry("a")).encode(),
        json.dumps(entry("a", comments='"@odata.context": "value": [')).encode(),
        json.dumps(entry("a", extra={"hashRecords": [], "value": ["odata.metadata"]})).encode(),
    ],
)
def test_what_is_nothing_else_is_of_our_own_format_or_columns(start: bytes) -> None:
    assert told(start, mapped=False) == "native"
    assert told(start, mapped=True) == "csv"


def test_the_command_offers_what_can_be_read_and_written() -> None:
    assert command.FORMATS == telling.READABLE
    assert command.WRITTEN == writing.WRITABLE


@pytest.mark.django_db
def test_somebody_types_it(tmp_path: Path, capsys: Output) -> None:
    out = tmp_path / "out.jsonl"

    assert main(["lists", "convert", str(NCMEC), "--to", "native", "--out", str(out)]) == 0
    assert "is ncmec-v2: 4 records are in" in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 4
    assert main(["lists", "convert", str(NCMEC), "--to", "native", "--out", str(out)]) == 2


@pytest.mark.django_db
def test_somebody_types_it_for_what_is_cut_off(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(page(image("a", prints=md5("a")), image("b"))[:-70])
    new = ["--list", "t", "--purpose", "test", "--source", "S"]

    out = str(tmp_path / "out")
    assert main(["lists", "convert", str(path), "--to", "csv", "--out", out]) == 1
    assert "The document stops before its end" in capsys.readouterr().out
    assert main(["lists", "import", str(path), *new]) == 1
    printed = capsys.readouterr().out
    assert "records: 1 new entries" in printed
    assert "nothing of it counts yet" in printed
    assert f"tocsin lists release {queries.runs()[0].id}" in printed
    assert main(["lists", "import", str(path), *new, "--release-broken"]) == 1
    assert "nothing of it counts yet" not in capsys.readouterr().out
    assert queries.runs()[0].state is RunState.RELEASED

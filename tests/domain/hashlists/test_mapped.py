from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.lists import value
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.mapped import Mapped, MappedReader, WrongMapping, read_mapping
from tocsin.domain.hashlists.records import Refused, SourceRecord
from tocsin.domain.hashlists.types import MEDIA_TYPES, Category, EntryStatus, Kind

MAPPING: dict[str, Any] = {
    "delimiter": ";",
    "columns": {
        "md5": "HASH_MD5",
        "pdq": "PDQ",
        "pdq_quality": "Q",
        "category": "Cat",
        "media_type": "Type",
        "status": "State",
    },
    "id": "Nr",
    "ignore": ["Remarks"],
    "category": {"1": "A1", "2": "B2"},
    "status": {"live": "active", "gone": "withdrawn"},
    "media_type": {"pic": "image", "film": "video"},
}
HEADER = b"Nr;HASH_MD5;PDQ;Q;Cat;Type;State;Remarks\r\n"


def reader(tmp_path: Path, header: bytes = HEADER, **changes: Any) -> MappedReader:
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps({**MAPPING, **changes}))
    return MappedReader(read_mapping(path), header)


def row(**cells: str) -> bytes:
    values = {
        "nr": "7", "md5": value("a", 16), "pdq": value("a", 32), "q": "88", "cat": "2",
        "type": "pic", "state": "live", "remarks": "", **cells,
    }  # fmt: skip
    return ";".join(values.values()).encode() + b"\r\n"


def why_not(reads: MappedReader, raw: bytes) -> str:
    with pytest.raises(Refused) as refused:
        reads.read(raw)
    return str(refused.value)


def test_a_row_is_read_by_its_mapping(tmp_path: Path) -> None:
    record: SourceRecord = reader(tmp_path).read(row())

    assert record.source_entry_id == "7"
    assert record.category == Category.B2.number
    assert record.status == EntryStatus.ACTIVE.number
    assert MEDIA_TYPES[record.media_type] == "image"
    assert record.prints == [
        (Kind.MD5, 0, bytes.fromhex(value("a", 16)), None, "", None),
        (Kind.PDQ, 0, bytes.fromhex(value("a", 32)), 88, "", None),
    ]


def test_a_first_line_of_a_million_columns_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="more than 1,000 columns"):
        reader(tmp_path, header=b"a;" * 400_000 + b"b\n")


def test_an_empty_cell_is_no_fingerprint_and_no_category(tmp_path: Path) -> None:
    record = reader(tmp_path).read(row(pdq="", q="", cat="", type="", state=""))

    assert [p[0] for p in record.prints] == [Kind.MD5]
    assert record.category == Category.UNKNOWN.number
    assert record.status == EntryStatus.ACTIVE.number
    assert MEDIA_TYPES[record.media_type] == "unknown"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (row(cat="9"), "its category is not in the mapping"),
        (row(type="book"), "its media_type is not in the mapping"),
        (row(state="maybe"), "its status is not in the mapping"),
        (row(q="101"), "pdq_quality must be a whole number from 0 to 100"),
        (row(q="-1"), "pdq_quality must be a whole number from 0 to 100"),
        (row(q="9" * 5_000), "pdq_quality must be a whole number from 0 to 100"),
        (row(md5="abc"), "md5 must be 32 hexadecimal digits"),
        (row(md5="", pdq=""), "it has no fingerprint"),
        (row(remarks="a;b"), "it has 9 columns, the first line has 8"),
        (b"only one\r\n", "it has 1 columns, the first line has 8"),
        (row(remarks='"open'), "its quotation marks do not pair up"),
        (row(remarks="caf").replace(b"caf", b"caf\xe9"), "is not UTF-8"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_with_the_reason(
    tmp_path: Path, raw: bytes, told: str
) -> None:
    assert told in why_not(reader(tmp_path), raw)


def test_a_quoted_cell_may_hold_the_delimiter_and_line_ends(tmp_path: Path) -> None:
    record = reader(tmp_path).read(row(nr='"7;x"', remarks='"two\r\nlines, ""said"" they"'))

    assert record.source_entry_id == "7;x"


def test_columns_nobody_spoke_of_are_refused_up_front_by_name(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match="does not speak of these columns: SHA1, Age"):
        reader(tmp_path, HEADER.strip() + b";SHA1;Age\n")


def test_columns_the_file_lacks_are_refused_up_front_by_name(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match="has no column PDQ"):
        reader(tmp_path, HEADER.replace(b"PDQ", b"Remarks2"), ignore=["Remarks", "Remarks2"])


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match="twice: Remarks"):
        reader(tmp_path, HEADER.strip() + b";Remarks\n")


def test_a_header_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="byte 4 of the line is not UTF-8"):
        reader(tmp_path, b"caf\xe9;x\n")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"columns": {"md6": "x"}}, "is not a mapping"),
        ({"colour": "red"}, "is not a mapping"),
        ({"columns": {"category": "Cat"}}, "`columns` must name one of md5"),
        ({"delimiter": ";;"}, "`delimiter` must be one character"),
        ({"category": {"1": "A9"}}, "`category` takes A1"),
        ({"category": {}}, "`category` needs both"),
        ({"media_type": "hologram"}, "`media_type` takes unknown, image"),
        ({"columns": {"md5": "HASH_MD5"}, "category": {}, "status": {}}, "`media_type` maps words"),
    ],
)
def test_a_mapping_that_cannot_work_says_what_is_wrong(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(WrongMapping, match=told):
        reader(tmp_path, **changes)


def test_a_mapping_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match=r"nowhere\.json cannot be read"):
        read_mapping(tmp_path / "nowhere.json")


PLAIN = MappedReader(Mapped(columns={"md5": "a", "sha1": "b", "member": "c"}, id="d"), b"a,b,c,d\n")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise_anything_but_refused(raw: bytes) -> None:
    try:
        record = PLAIN.read(raw)
    except Refused:
        return
    assert record.prints


@given(
    st.binary(min_size=16, max_size=16),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=50),
)
def test_what_a_csv_writer_writes_is_read_back(md5: bytes, own_id: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerow([md5.hex(), "", "m", own_id])

    record = PLAIN.read(text.getvalue().encode())

    assert (record.source_entry_id, record.member) == (own_id, "m")
    assert record.prints[0][2] == md5

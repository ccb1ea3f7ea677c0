"""Made-up records of every format come back as they were, or are refused; nothing else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from tests.domain.hashlists.formats.samples import media, submitted
from tests.domain.hashlists.lists import value
from tests.domain.hashlists.test_native import CHECK
from tocsin.domain.hashlists.formats.by_mapping import format_of
from tocsin.domain.hashlists.formats.carrying import EntryReader, from_entry, to_entry
from tocsin.domain.hashlists.formats.delimited import (
    HASHKEEPER,
    HASHKEEPER_COLUMNS,
    ICSE,
    ICSE_COLUMNS,
)
from tocsin.domain.hashlists.formats.ncmec import NCMEC
from tocsin.domain.hashlists.formats.stopncii import STOPNCII
from tocsin.domain.hashlists.formats.types import Context, Format
from tocsin.domain.hashlists.formats.vics import VICS, told_by
from tocsin.domain.hashlists.formats.xml_trees import Tree, read_tree, write_tree
from tocsin.domain.hashlists.mapped import Mapped, MappedReader
from tocsin.domain.hashlists.native import NativeReader
from tocsin.domain.hashlists.native_format import NativeEntry, decode, encode
from tocsin.domain.hashlists.records import Refused, SourceRecord
from tocsin.domain.hashlists.types import Purpose

RELEASES = [
    "http://github.com/ICMEC/ProjectVic/DataModels/1.1.xml#Media",
    "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media",
    "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media",
    "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/CUSTOM/$metadata#Cases",
]
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
numbers = st.integers(-(10**20), 10**20)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
md5s = st.sampled_from([value("a", 16), value("b", 16).upper(), " " + value("c", 16), "", "00"])
photodnas = st.sampled_from(["A" * 192, "00" * 144, ",".join(["7"] * 144), "x", "AA"])
booleans = st.booleans() | st.sampled_from(["true", "False", "yes", "", None])
dates = st.sampled_from(
    ["2023-06-07T02:31:49.8300Z", "/Date(1686105109830)/", "/Date(-5+0200)/", "", "soon", None]
)


TRUTHS = [True, False, "true", "false", "True", "False"]


def known(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Records with some of these fields, now and then of another kind, and with unknown ones."""
    usual = st.fixed_dictionaries({}, optional=fields)
    odd = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, anything))
    both = st.one_of(usual, usual, usual, odd)
    return st.tuples(st.dictionaries(texts, anything, max_size=2), both).map(
        lambda parts: {**parts[0], **parts[1]}
    )


alternatives = st.lists(
    st.fixed_dictionaries(
        {
            "HashName": st.sampled_from(["PhotoDNA", "MD5", "pdq", "SHA-256", "sonar"]),
            "HashValue": md5s | photodnas,
        }
    ),
    max_size=2,
)
medias = known(
    MediaID=st.integers(0, 10**18) | st.sampled_from(["7", "007", "x"]),
    Category=st.integers(0, 9) | st.sampled_from(["1", "A", None]),
    MD5=md5s,
    SHA1=st.just(value("a", 20)),
    PhotoDNA=photodnas,
    MediaSize=st.integers(0, 10**9) | st.sampled_from(["0", "12", "1,2"]),
    MimeType=st.sampled_from(["image/jpeg", "video/mp4", "x"]),
    DateUpdated=dates,
    VictimIdentified=booleans,
    OffenderIdentified=booleans,
    IsDistributed=booleans,
    IsSuspected=booleans,
    SelfGenerated=booleans,
    Series=texts,
    Tags=texts,
    Comments=texts,
    AlternativeHashes=alternatives,
    Exifs=st.just([{"PropertyName": "Make", "PropertyValue": "X"}]),
)
submissions = known(
    lastModtimestamp=st.integers(0, 10**12),
    hashValue=st.sampled_from([value("a", 32), value("b", 32).upper(), value("c", 16)]),
    hashStatus=st.sampled_from(["Received", "Active", "Withdrawn", "Deleted", "Gone"]),
    caseNumbers=st.dictionaries(texts, texts, max_size=2),
    signalType=st.sampled_from(["ImagePDQ", "VideoMD5", "VideoTMK", "Text", "URL", "Sound"]),
    CSPFeedbacks=st.lists(
        known(
            source=texts,
            feedbackValue=st.sampled_from(["Blocked", "NotBlocked", "None"]),
            tags=st.lists(texts, max_size=2),
        ),
        max_size=2,
    ),
)
letters = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5)
names = st.sampled_from(["member", "timestamp", "id", "classification", "feedback", "other"])
leaves = st.builds(
    lambda tag, text, attributes: {
        "tag": tag,
        **({"attributes": attributes} if attributes else {}),
        **({"text": text} if text else {}),
    },
    st.sampled_from(["md5", "sha1", "pdna", "tmk-pdqf", "reason", "member", "members"]),
    letters | md5s,
    st.dictionaries(st.sampled_from(["id", "type", "guid", "name", "href"]), letters, max_size=2),
)
trees: st.SearchStrategy[Tree] = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda tag, children: {"tag": tag, **({"children": children} if children else {})},
        st.sampled_from(["fingerprints", "feedback", "negativeFeedback", "reasons", "other"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)
must = st.permutations(
    [
        {"tag": "member", "attributes": {"id": "42"}, "text": "M"},
        {"tag": "timestamp", "text": "2017-10-24T15:00:00Z"},
        {"tag": "id", "text": "image1"},
    ]
)
images = st.builds(
    lambda tag, first, more: {"tag": tag, "children": [*first, *more]},
    st.sampled_from(["image", "video", "deletedImage", "deletedVideo", "sound"]),
    must,
    st.lists(trees, max_size=3),
)


def comes_back(
    form: Format, raw: bytes, context: Context, read: Callable[[bytes], object]
) -> NativeEntry | None:
    """The entry of a record that is not refused; checks that it is loss-free and valid."""
    try:
        entry = to_entry(form, raw, context)
    except Refused:
        return None
    line = encode(entry)
    assert CHECK.is_valid(json.loads(line))
    again = decode(line)
    assert read(from_entry(form, entry, context)) == read(raw)
    assert read(from_entry(form, again, context)) == read(raw)
    return entry


def as_written(raw: bytes) -> object:
    """A JSON value with numbers as they are spelled."""
    return json.loads(raw, parse_float=lambda t: ("float", t), parse_int=lambda t: ("int", t))


@settings(deadline=None)
@given(medias, st.sampled_from(RELEASES))
@example(media(MediaID=-0.0, Category="1"), RELEASES[0])
@example(media(**{"@absent": 1}), RELEASES[0])
def test_media_of_vics_come_back(fields: dict[str, Any], release: str) -> None:
    context = told_by(release)
    assert context is not None
    raw = json.dumps(fields, ensure_ascii=False).encode()

    entry = comes_back(VICS, raw, context, as_written)

    if entry is None:
        return
    seen = None if entry.observations is UNSET else entry.observations
    for theirs, ours in (
        ("VictimIdentified", "victim_identified"),
        ("IsSuspected", "is_suspected"),
    ):
        if fields.get(theirs) not in TRUTHS:
            assert getattr(seen, ours, None) is None


@settings(deadline=None)
@given(submissions)
@example(submitted("a"))
def test_submissions_come_back(fields: dict[str, Any]) -> None:
    raw = json.dumps(fields, ensure_ascii=False).encode()

    entry = comes_back(STOPNCII, raw, Context("stopncii-v1"), as_written)

    if entry is not None:
        assert entry.list_purpose == "victim_submitted"
        gone = fields["hashStatus"] in {"Withdrawn", "Deleted"}
        assert (entry.tombstone is True) == gone


@settings(deadline=None)
@given(images)
def test_entries_of_ncmec_come_back(tree: Tree) -> None:
    raw = write_tree(tree).encode()

    entry = comes_back(NCMEC, raw, Context("ncmec-v2"), read_tree)

    if entry is not None:
        assert (entry.tombstone is True) == tree["tag"].startswith("deleted")


@settings(deadline=None)
@given(trees)
def test_elements_of_xml_come_back(tree: Tree) -> None:
    assert read_tree(write_tree(tree).encode()) == tree


def row_of(cells: list[str], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def cells_in(raw: bytes, delimiter: str) -> list[list[str]]:
    text = io.StringIO(raw.decode().removesuffix("\r\n"), newline="")
    return list(csv.reader(text, delimiter=delimiter))


free = st.text(st.sampled_from("ab;,\"'=@+-\t é\n\r"), max_size=5)
cells = free | md5s | st.sampled_from(["yes", "No", "t", "3", "-3", "Image", "video", "A" * 192])


@settings(deadline=None)
@given(st.lists(cells, min_size=12, max_size=12))
def test_rows_of_icse_come_back(row: list[str]) -> None:
    raw = row_of(row, ";")
    comes_back(ICSE, raw, Context("icse-csv"), lambda raw: cells_in(raw, ";"))
    assert len(ICSE_COLUMNS) == len(row)


@settings(deadline=None)
@given(st.lists(cells, min_size=12, max_size=12))
def test_rows_of_hashkeeper_come_back(row: list[str]) -> None:
    raw = row_of(row, ",")
    comes_back(HASHKEEPER, raw, Context("hashkeeper"), lambda raw: cells_in(raw, ","))
    assert len(HASHKEEPER_COLUMNS) == len(row)


MAPPING = Mapped(
    columns={
        "md5": "M", "pdq": "P", "pdq_quality": "Q", "category": "C", "status": "S",
        "media_type": "T", "member": "B", "created": "D", "valid_until": "V",
    },
    id="I",
    ignore=["R"],
    category_words={"1": "A1", "2": "baseline", "x": ""},
    status={"live": "active", "gone": "withdrawn"},
    media_type={"pic": "image", "film": "video"},
)  # fmt: skip
MAPPED_COLUMNS = ("I", "M", "P", "Q", "C", "S", "T", "B", "D", "V", "R")
usual_cells = {
    "I": st.sampled_from(["7", " 8 "]),
    "M": md5s,
    "P": st.sampled_from([value("a", 32), value("a", 32).upper(), ""]),
    "Q": st.sampled_from(["", "88", "101"]),
    "C": st.sampled_from(["1", "2", "x", "", "9"]),
    "S": st.sampled_from(["live", "gone", "", "lost"]),
    "T": st.sampled_from(["pic", "film", "", "?"]),
    "B": st.sampled_from(["", "member"]),
    "D": st.sampled_from(["2026-01-05T09:00:00Z", ""]),
    "V": st.sampled_from(["2030-01-01", "", "soon"]),
    "R": free,
}


@settings(deadline=None)
@given(st.fixed_dictionaries(usual_cells))
def test_rows_read_by_a_mapping_come_back_and_an_import_makes_the_same_of_them(
    fields: dict[str, str],
) -> None:
    raw = row_of([fields[name] for name in MAPPED_COLUMNS], ",")
    form = format_of(MAPPING, MAPPED_COLUMNS)
    context = Context("csv", purpose="test")

    comes_back(form, raw, context, lambda raw: cells_in(raw, ","))

    quick = MappedReader(MAPPING, ",".join(MAPPED_COLUMNS).encode())
    slow = EntryReader(form, context, NativeReader(Purpose.TEST))
    records: list[SourceRecord | None] = []
    for reader in (quick, slow):
        try:
            records.append(reader.read(raw))
        except Refused:
            records.append(None)
    if records[0] is not None or (records[1] is not None and records[1].prints):
        assert matched_by(records[0]) == matched_by(records[1])


def matched_by(record: SourceRecord | None) -> tuple[object, ...]:
    """What decides about an entry of such a list."""
    assert record is not None
    return (
        record.member,
        record.source_entry_id,
        record.media_type,
        record.status,
        record.category,
        record.source_created,
        record.valid_until,
        record.prints,
    )


@pytest.mark.parametrize(
    "raw",
    [b'{"\\ud800": 1}', b'{"Series": "\\ud800"}', b'{"x": ["\\udc00"]}', b'{"MD5": "\\ud800"}'],
)
def test_half_a_character_is_refused(raw: bytes) -> None:
    context = told_by(RELEASES[2])
    assert context is not None
    with pytest.raises(Refused):
        to_entry(VICS, raw, context)


@settings(deadline=None)
@given(st.binary(max_size=200))
@pytest.mark.parametrize(
    ("form", "context"),
    [
        (VICS, told_by(RELEASES[2])),
        (STOPNCII, Context("stopncii-v1")),
        (NCMEC, Context("ncmec-v2")),
        (ICSE, Context("icse-csv")),
        (HASHKEEPER, Context("hashkeeper")),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_any_bytes_at_all_are_read_or_refused(form: Format, context: Context, raw: bytes) -> None:
    reader = EntryReader(form, context, NativeReader(Purpose.VICTIM_SUBMITTED))
    for read in (reader.read, lambda raw: to_entry(form, raw, context)):
        try:
            read(raw)
        except Refused:
            continue

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tocsin.domain.hashlists
from tests.domain.hashlists.lists import entry, value
from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.native import NativeReader
from tocsin.domain.hashlists.native_format import decode
from tocsin.domain.hashlists.records import Refused, SourceRecord
from tocsin.domain.hashlists.types import Category, EntryStatus, Kind, Purpose, Serve

SCHEMA = json.loads(
    (
        Path(tocsin.domain.hashlists.__file__).parent
        / "schemas"
        / "canonical-hash-entry.schema.json"
    ).read_text()
)
CHECK = jsonschema.Draft202012Validator(SCHEMA)

FULL: dict[str, Any] = entry(
    "full",
    tombstone=False,
    status_src="live",
    source_created_at="2026-01-05T09:00:00Z",
    source_updated_at="2026-02-05",
    valid_until="2030-01-01T00:00:00+02:00",
    fingerprints=[
        {
            "algo": "pdq",
            "value": value("full", 32),
            "quality": 77,
            "offset_s": 1.5,
            "frame": 3,
            "of": "frame",
            "tool": "tocsin-pdq/1",
            "status": "active",
            "encoding_src": "HEX",
            "blob_ref": {"href": "x", "anything": [1]},
            "feedback": [{"vote": "up", "value": "Blocked", "tags": ["a"]}],
        }
    ],
    media={"size_bytes": 5, "duration_s": 2},
    observations={"age_band": None, "real_child": None, "series": ["s"], "ucs": {"@version": "3"}},
    entry_feedback=[{"vote": "note"}],
    counts={"reviewers": 3},
    cases=[{"id": "c", "status": None}],
    consent={"ref": "r", "scope": ["all"]},
    sharing={"tlp": "amber", "serve": ["exact_check", "export"], "territory": ["NL"]},
    tags=["t"],
    comments="words",
    raw={"sha256": "x", "media_type": "text/csv"},
    extra={"any": {"thing": [1, 2]}},
    audit={"version": 1},
)


def read(record: dict[str, Any], purpose: Purpose = Purpose.TEST) -> SourceRecord:
    return NativeReader(purpose).read(json.dumps(record).encode())


def why_not(record: dict[str, Any] | bytes) -> str:
    raw = record if isinstance(record, bytes) else json.dumps(record).encode()
    with pytest.raises(Refused) as refused:
        NativeReader(Purpose.TEST).read(raw)
    return str(refused.value)


def variants() -> list[dict[str, Any]]:
    """The full record with each field in turn left out, emptied, or of another kind."""
    changes: tuple[Any, ...] = (
        "drop",
        None,
        "nonsense",
        -1,
        1.5,
        True,
        [],
        {},
        ["x"],
        {"unknown": 1},
    )
    changed = [_changed(FULL, path, change) for path in _paths(FULL) for change in changes]
    return [FULL, entry("plain"), *changed]


def test_the_quick_decoder_takes_exactly_what_the_schema_takes() -> None:
    records = variants()
    by_schema = [CHECK.is_valid(record) for record in records]
    by_decoder = [_decodes(record) for record in records]

    disagree = [
        r for r, one, other in zip(records, by_schema, by_decoder, strict=True) if one != other
    ]
    assert disagree == []
    assert 50 < sum(by_schema) < len(records)


def test_a_whole_number_must_be_written_as_one() -> None:
    """The one place where the decoder is stricter: to JSON Schema 90.0 is an integer too."""
    prints = [{"algo": "pdq", "value": value("a", 32), "quality": 90.0}]

    assert why_not(entry("a", fingerprints=prints)) == (
        "fingerprints[0].quality is not of the right kind"
    )


def test_every_field_of_the_schema_is_known_to_the_decoder() -> None:
    from tocsin.domain.hashlists.native_format import NAMES

    assert _property_names(SCHEMA) <= NAMES


def test_a_record_is_read_into_our_numbers() -> None:
    record = read(FULL)

    assert record.member == "m1"
    assert record.source_entry_id == "full"
    assert record.status == EntryStatus.ACTIVE.number
    assert record.category == Category.B2.number
    assert record.quorum == 3
    assert record.serve == Serve.EXACT | Serve.EXPORT
    assert record.source_created == 1767603600
    assert record.source_updated == 1770249600
    assert record.valid_until == 1893448800
    assert record.prints == [
        (Kind.PDQ, 0, bytes.fromhex(value("full", 32)), 77, "tocsin-pdq/1", 1.5)
    ]


def test_upper_case_and_space_around_a_hash_are_fine() -> None:
    loud = entry("a", fingerprints=[{"algo": "md5", "value": f"  {value('a', 16).upper()}\t"}])
    quiet = entry("a", fingerprints=[{"algo": "md5", "value": value("a", 16)}])

    assert read(loud).prints == read(quiet).prints
    assert read(loud).digest == read(quiet).digest


@pytest.mark.parametrize(
    ("algo", "text", "told"),
    [
        ("md5", "00" * 15, "md5 must be 32 hexadecimal digits"),
        ("md5", "00" * 17, "md5 must be 32 hexadecimal digits"),
        ("md5", "0x" + "0" * 30, "md5 must be 32 hexadecimal digits"),
        ("sha1", "00 " * 13 + "0", "sha1 must be 40 hexadecimal digits"),
        ("sha256", "", "sha256 must be 64 hexadecimal digits"),
        ("pdq", "é" * 64, "pdq must be 64 hexadecimal digits"),
        ("photodna", "AAAA", "photodna must be 192 characters of base64"),
        ("photodna", "-" * 192, "photodna must be 192 characters of base64"),
        ("tlsh", " ", "tlsh is empty"),
    ],
)
def test_a_hash_of_the_wrong_length_or_alphabet_is_refused(algo: str, text: str, told: str) -> None:
    assert why_not(entry("a", fingerprints=[{"algo": algo, "value": text}])) == told


def test_several_fingerprints_of_one_kind_are_counted() -> None:
    twice = [{"algo": "pdq", "value": value(word, 32)} for word in "xy"]

    prints = read(entry("a", fingerprints=twice)).prints

    assert [(p[0], p[1]) for p in prints] == [(Kind.PDQ, 0), (Kind.PDQ, 1)]


def test_what_is_too_long_for_the_table_is_left_to_the_archive() -> None:
    record = read(
        entry(
            "a",
            fingerprints=[
                {"algo": "md5", "value": value("a", 16)},
                {"algo": "tmk_pdqf", "value": "x" * 5_000},
                {"algo": "tmk_pdqf", "value": None, "blob_ref": {"href": "beside"}},
                {"algo": "md5", "value": value("b", 16), "status": "retracted"},
            ],
        )
    )

    assert len(record.prints) == 1
    assert record.left_out == 2


def test_a_tombstone_takes_away_whatever_status_stands_beside_it() -> None:
    gone = read(entry("a", tombstone=True, fingerprints=[]))

    assert gone.status == EntryStatus.DELETED.number
    assert read(entry("a", status="withdrawn", fingerprints=[])).status == (
        EntryStatus.WITHDRAWN.number
    )


def test_an_entry_that_counts_needs_a_fingerprint() -> None:
    assert why_not(entry("a", fingerprints=[])) == "it has no fingerprint"


def test_an_entry_of_another_purpose_does_not_get_into_the_list() -> None:
    assert why_not(entry("a", list_purpose="illegal")) == "its purpose is illegal, the list's test"


def test_an_entry_of_another_environment_does_not_get_into_the_list() -> None:
    source = {"list_id": "x", "format": "native", "environment": "test"}
    reader = NativeReader(Purpose.TEST, "production")

    with pytest.raises(Refused, match="another environment"):
        reader.read(json.dumps(entry("a", source=source)).encode())


def test_the_gravest_classification_that_can_be_expressed_counts() -> None:
    codes = [
        {"scheme": "house", "code": "7"},
        {"scheme": "interpol-baseline", "code": "baseline"},
        {"scheme": "ncmec-industry", "code": "A2"},
    ]

    assert read(entry("a", classifications=codes)).category == Category.A2.number
    assert read(entry("a", classifications=codes[:1])).category == Category.UNKNOWN.number


def test_a_record_without_an_id_is_known_by_its_fingerprints() -> None:
    first = read(entry("", fingerprints=[{"algo": "md5", "value": value("a", 16)}]))
    again = read(entry(" ", fingerprints=[{"algo": "md5", "value": value("a", 16)}]))
    other = read(entry("", fingerprints=[{"algo": "md5", "value": value("b", 16)}]))

    assert first.source_entry_id == again.source_entry_id != other.source_entry_id
    assert first.source_entry_id.startswith("h:")
    assert len(first.source_entry_id) == 66


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (b"", "it is not one JSON object"),
        (b"[1]", "the record is not of the right kind"),
        (b"{", "it is not one JSON object"),
        (b'{"schema": "caf\xe9"}', "byte 16 of the line is not UTF-8"),
        (entry("a", fingerprints="x"), "fingerprints is not of the right kind"),
        (entry("a", status="live"), "status has a value that the format does not allow"),
        (entry("a", colour="red"), "the record has a field that the format does not have"),
        (
            entry("a", fingerprints=[{"algo": "pdq", "quality": 101}]),
            "fingerprints[0].quality is not of the right kind",
        ),
        (entry("a" * 201), "source_entry_id is longer than 200 characters"),
        (entry("a\x00b"), "source_entry_id has a control character in it"),
        (entry("a", valid_until="soon"), "valid_until is not a time (RFC 3339)"),
    ],
)
def test_the_reason_names_the_field_and_never_quotes_the_line(
    record: dict[str, Any] | bytes, told: str
) -> None:
    assert why_not(record) == told


def test_a_missing_field_is_named() -> None:
    record = entry("a")
    del record["media_type"]

    assert why_not(record) == "the record: the field media_type is missing"


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_raise_anything_but_refused(raw: bytes) -> None:
    _read_or_refuse(raw)


@settings(max_examples=200)
@given(st.data())
def test_no_change_to_a_good_record_makes_it_raise_anything_but_refused(
    data: st.DataObject,
) -> None:
    json_values = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=5,
    )
    path = data.draw(st.sampled_from(_paths(FULL)))
    record = _changed(FULL, path, data.draw(json_values))

    _read_or_refuse(json.dumps(record).encode())


@given(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=60),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 100),
)
def test_what_is_written_is_read_back(own_id: str, md5: bytes, quality: int) -> None:
    record = read(
        entry(own_id, fingerprints=[{"algo": "md5", "value": md5.hex(), "quality": quality}])
    )

    assert (record.source_entry_id, record.prints) == (
        own_id.strip(),
        [(Kind.MD5, 0, md5, quality, "", None)],
    )


def _decodes(record: dict[str, Any]) -> bool:
    try:
        decode(json.dumps(record).encode())
    except msgspec.DecodeError:
        return False
    return True


def _read_or_refuse(raw: bytes) -> None:
    try:
        record = NativeReader(Purpose.TEST).read(raw)
    except Refused as refused:
        reason = str(refused)
    else:
        reason = ""
        assert record.source_entry_id.isprintable()
        assert -(2**63) <= record.digest < 2**63
    assert len(reason) <= 200


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where every field and item of a record stands."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = []
    for key, item in inner:
        found += [(*path, key), *_paths(item, (*path, key))]
    return found


def _changed(record: dict[str, Any], path: tuple[str | int, ...], change: Any) -> dict[str, Any]:
    made = deepcopy(record)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    if change == "drop":
        del place[path[-1]]
    else:
        place[path[-1]] = change
    return made


def _property_names(schema: Any) -> set[str]:
    names: set[str] = set()
    if isinstance(schema, dict):
        names |= set(schema.get("properties", {}))
        for inner in schema.values():
            names |= _property_names(inner)
    return names


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ("2026-03-31", "2026-03-31T23:59:59Z"),
        ("20260331", "2026-03-31T23:59:59Z"),
        ("2026-03-31T00:00:00Z", "2026-03-31T00:00:00Z"),
        ("2026-03-31T23:00:00+02:00", "2026-03-31T21:00:00Z"),
    ],
)
def test_a_last_day_counts_to_its_end_in_utc(told: str, until: str) -> None:
    assert rules.last_second(told) == rules.seconds(until)
    record = NativeReader(Purpose.TEST).read(json.dumps(entry("a", valid_until=told)).encode())
    assert record.valid_until == rules.seconds(until)

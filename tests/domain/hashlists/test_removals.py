"""What takes an entry away counts whatever is written beside it, as long as it says of which."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.hashlists.formats.samples import MAPPING as VICS_MEANING
from tests.domain.hashlists.formats.samples import (
    hash_set,
    image,
    md5,
    media,
    page,
    put,
    records,
    submitted,
    visible,
)
from tests.domain.hashlists.lists import bring, entry, make, value, write
from tocsin.domain.hashlists.formats.carrying import from_entry, to_entry
from tocsin.domain.hashlists.formats.ncmec import NCMEC
from tocsin.domain.hashlists.formats.types import Context
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.native import NativeReader
from tocsin.domain.hashlists.records import Refused
from tocsin.domain.hashlists.types import EntryStatus, Purpose

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        {"fingerprints": [{"algo": "md5", "value": "no hash"}]},
        {"fingerprints": "none"},
        {"fingerprints": None},
        {"valid_until": "the end of time"},
        {"media_type": "hologram"},
        {"list_purpose": "illegal"},
        {"classifications": 5},
        {"a field that nobody knows": True},
        {"observations": {"age_band": "old"}},
        {"status": "whatever"},
    ],
)
@pytest.mark.parametrize("gone", [{"tombstone": True}, {"status": "deleted"}])
def test_a_removal_counts_whatever_is_wrong_beside_it(
    tmp_path: Path, now: datetime, wrong: dict[str, Any], gone: dict[str, Any]
) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a"), entry("b")), now)

    report = bring(write(tmp_path / "two", {**entry("a"), **wrong, **gone}), now)

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == {"b"}


def test_a_removal_with_nothing_but_its_entry_counts(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a")), now)
    bare = {"source": {"member_id": "m1"}, "source_entry_id": "a", "tombstone": True}

    report = bring(write(tmp_path / "two", bare), now)

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == set()


@pytest.mark.parametrize(
    "missing",
    [{"source": None}, {"source": {"member_id": 5}}, {"source_entry_id": 7},
     {"source_entry_id": " "}, {"source": {"environment": ["x"]}}],
)  # fmt: skip
def test_a_removal_that_does_not_say_of_which_entry_is_refused(
    tmp_path: Path, now: datetime, missing: dict[str, Any]
) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a")), now)
    wrong = {"fingerprints": "none", "tombstone": True}

    report = bring(write(tmp_path / "two", {**entry("a"), **wrong, **missing}), now)

    assert report.refused == 1
    assert visible() == {"a"}


def test_a_removal_for_another_environment_is_of_another_list(
    tmp_path: Path, now: datetime
) -> None:
    make(now, environment="Industry")
    bring(write(tmp_path / "one", entry("a")), now)
    source = {"list_id": "test", "format": "native", "member_id": "m1", "environment": "NGO"}

    report = bring(write(tmp_path / "two", entry("a", tombstone=True, source=source)), now)

    assert report.refused == 1
    assert visible() == {"a"}


@pytest.mark.parametrize("own_id", ["a", ""])
def test_an_entry_whose_every_fingerprint_is_taken_back_is_gone(
    tmp_path: Path, now: datetime, own_id: str
) -> None:
    make(now)
    prints = [{"algo": "md5", "value": value("a", 16)}, {"algo": "sha1", "value": value("a", 20)}]
    record = entry("a", fingerprints=prints) | {"source_entry_id": own_id}
    bring(write(tmp_path / "one", record), now)
    back = [one | {"status": "retracted"} for one in prints]

    report = bring(write(tmp_path / "two", record | {"fingerprints": back}), now)

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == set()
    assert Entry.objects.latest("version").status == EntryStatus.DELETED.number


def test_one_fingerprint_taken_back_leaves_the_others(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a")), now)
    prints = entry("a")["fingerprints"]
    prints[0]["status"] = "retracted"

    bring(write(tmp_path / "two", entry("a", fingerprints=prints)), now)

    assert visible() == {"a"}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["fingerprints", "media_type", "valid_until", "counts", "schema", "x"]),
        st.recursive(st.none() | st.booleans() | st.text(max_size=9), st.lists, max_leaves=3),
    )
)
def test_no_field_at_all_can_keep_a_removal_out(fields: dict[str, Any]) -> None:
    line = {**entry("a"), **fields, "tombstone": True}

    record = NativeReader(Purpose.TEST).read(json.dumps(line).encode())

    assert record.takes_away
    assert (record.member, record.source_entry_id) == ("m1", "a")


@pytest.mark.parametrize(
    "beside",
    [
        md5("a"),
        "<fingerprints><md5>no hash</md5></fingerprints><fingerprints/>",
        "<timestamp>now</timestamp>",
        "<classification>A1</classification><feedback><negativeFeedback/></feedback>",
    ],
)
def test_what_a_member_deleted_is_gone_whatever_stands_beside_it(
    tmp_path: Path, now: datetime, beside: str
) -> None:
    make(now)
    bring(put(tmp_path / "1.xml", page(image("a", prints=md5("a")))), now)
    gone = image("a", tag="deletedImage", prints=beside)

    report = bring(put(tmp_path / "2.xml", page(gone)), now)

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == set()
    context = Context("ncmec-v2")
    kept = to_entry(NCMEC, gone.encode(), context)
    assert to_entry(NCMEC, from_entry(NCMEC, kept, context), context) == kept


def test_a_deleted_entry_without_its_time_is_gone(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(put(tmp_path / "1.xml", page(image("a", prints=md5("a")))), now)
    gone = '<deletedImage><member id="42"/><id>a</id></deletedImage>'

    bring(put(tmp_path / "2.xml", page(gone)), now)

    assert visible() == set()


def test_what_was_taken_back_at_stopncii_is_gone_whatever_its_hash(
    tmp_path: Path, now: datetime
) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    short = submitted("a", hashValue="abc", hashStatus="Withdrawn")

    report = bring(put(tmp_path / "1.json", records(short)), now)

    assert (report.added, report.refused) == (1, 0)


@pytest.mark.parametrize(
    "wrong", [{"MD5": 5}, {"MD5": "no hash"}, {"AlternativeHashes": "none"}, {"MediaSize": []}]
)
def test_media_that_are_not_listed_any_more_go_whatever_is_wrong_with_them(
    tmp_path: Path, now: datetime, wrong: dict[str, Any]
) -> None:
    make(now)
    meaning = put(tmp_path / "meaning.toml", VICS_MEANING.encode())
    bring(put(tmp_path / "1.json", hash_set(media())), now, mapping_path=meaning)

    gone = hash_set(media(Category=5, **wrong))
    report = bring(put(tmp_path / "2.json", gone), now, mapping_path=meaning)

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == set()


MAPPING = {
    "columns": {"md5": "H", "status": "S", "category": "C", "valid_until": "V", "created": "N"},
    "id": "I",
    "category": {"1": "A1"},
    "status": {"x": "deleted"},
}


def rows(tmp_path: Path, name: str, *given: str) -> dict[str, Path]:
    mapping, path = tmp_path / "mapping.json", tmp_path / name
    mapping.write_text(json.dumps(MAPPING))
    path.write_text("".join(f"{row}\n" for row in ("I,H,S,C,V,N", *given)))
    return {"path": path, "mapping_path": mapping}


@pytest.mark.parametrize(
    "row", ["a,,x,,,", "a,no hash,x,,,", f"a,{value('a', 16)},x,9,soon,once", "a,,x,9,never,"]
)
def test_a_row_that_takes_an_entry_away_needs_nothing_but_its_id(
    tmp_path: Path, now: datetime, row: str
) -> None:
    make(now)
    first = rows(tmp_path, "one", f"a,{value('a', 16)},,1,,", f"b,{value('b', 16)},,1,,")
    bring(first["path"], now, mapping_path=first["mapping_path"])

    second = rows(tmp_path, "two", row)
    report = bring(second["path"], now, mapping_path=second["mapping_path"])

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == {"b"}


def test_a_row_without_id_or_hash_takes_nothing_away(tmp_path: Path, now: datetime) -> None:
    make(now)
    given = rows(tmp_path, "one", ",,x,,,")

    report = bring(given["path"], now, mapping_path=given["mapping_path"])

    assert [refusal.reason for refusal in report.first_refusals] == ["it has no fingerprint"]


def test_a_wrong_field_still_refuses_what_counts() -> None:
    line = {**entry("a"), "valid_until": "the end of time"}

    with pytest.raises(Refused, match="valid_until"):
        NativeReader(Purpose.TEST).read(json.dumps(line).encode())

"""Files of other formats, from the file to what counts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.hashlists.formats.samples import (
    DOCUMENTS,
    HASHKEEPER,
    ICSE,
    MAPPING,
    NCMEC,
    STOPNCII,
    VICS_2_0,
    hash_set,
    image,
    md5,
    media,
    page,
    put,
    records,
    refused,
    submitted,
    visible,
)
from tests.domain.hashlists.lists import bring, counts, entry, make, value, write
from tocsin.domain.hashlists import actions
from tocsin.domain.hashlists.formats.stopncii import id_of_hash
from tocsin.domain.hashlists.models import Entry, Fingerprint, ImportRun
from tocsin.domain.hashlists.types import (
    Category,
    EntryStatus,
    Kind,
    Purpose,
    RunState,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "categories.toml"
    path.write_text(MAPPING)
    return path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_example_comes_in_and_again_changes_nothing(
    path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    more = {"mapping_path": mapping} if path.name.startswith("vics") else {}

    first, second = bring(path, now, **more), bring(path, now, **more)

    # NCMEC's own sample shortens a PhotoDNA with dots.
    assert first.refused == (1 if path is NCMEC else 0)
    assert first.added + first.refused == first.lines - (path in {ICSE, HASHKEEPER})
    assert (second.added, second.changed, second.unchanged) == (0, 0, first.added)
    assert first.state is RunState.RELEASED


def test_a_hash_set_is_read_by_the_meaning_of_its_categories(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    raw = hash_set(
        media(SHA1=value("a", 20), MediaSize="12", MimeType="image/jpeg"),
        media(MediaID=2, Category="2", MD5=value("b", 16)),
        media(MediaID=3, Category=5, MD5=value("c", 16)),
        media(MediaID=4, Category=4, MD5=value("d", 16)),
        {"MediaID": 5, "MD5": value("e", 16)},
    )

    report = bring(put(tmp_path / "set.json", b"\xef\xbb\xbf" + raw), now, mapping_path=mapping)

    assert counts(report) == (3, 0, 0, 0, 2)
    assert report.unit == "record"
    assert refused(report) == [
        (4, "its category is not in the mapping"),
        (5, "it has no category, and the mapping does not say what that means"),
    ]
    assert visible() == {"1", "2"}
    first = Entry.objects.get(source_entry_id="1")
    assert first.category == Category.A1.number
    assert set(Fingerprint.objects.filter(entry=first).values_list("kind", flat=True)) == {
        Kind.MD5,
        Kind.SHA1,
    }


def test_what_its_source_takes_out_of_a_listed_category_stops_matching(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    bring(put(tmp_path / "set.json", hash_set(media())), now, mapping_path=mapping)
    assert visible() == {"1"}

    bring(put(tmp_path / "set.json", hash_set(media(Category=5))), now, mapping_path=mapping)

    assert visible() == set()


def test_media_of_cases_are_known_by_their_fingerprints(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    head = (
        '{"@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/'
        'Default/$metadata#Cases", "value": ['
    )
    cases = [
        {"CaseID": c, "CaseMetadata": [{"PropertyName": "Media", "PropertyValue": "[{"}],
         "Media": [media(MD5=value(word, 16)) for word in words]}
        for c, words in (("one", "ab"), ("two", "bc"))
    ]  # fmt: skip
    raw = (head + ",".join(json.dumps(case) for case in cases) + "]}").encode()

    report = bring(put(tmp_path / "case.json", raw), now, mapping_path=mapping)

    assert counts(report) == (3, 0, 0, 1, 0)
    assert all(known.startswith("h:") for known in visible())


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ('{"odata.metadata": "http://x/DataModels/1.0.xml#Media", ', "version of VICS that is not"),
        ('{"odata.metadata": "http://x/DataModels/3.0.xml#Media", ', "version of VICS that is not"),
        ('{"odata.metadata": "x/DataModels/1.3.xml#Media", "@odata.context": "y", ', "one version"),
        ('{"odata.metadata": 5, ', "does not state one version"),
    ],
)
def test_an_unknown_or_doubtful_version_is_refused(
    tmp_path: Path, mapping: Path, now: datetime, head: str, told: str
) -> None:
    make(now)
    with pytest.raises(actions.UnusableFile, match=told):
        bring(put(tmp_path / "s", hash_set(media(), head=head)), now, mapping_path=mapping)
    assert not ImportRun.objects.exists()


def test_category_numbers_of_another_version_or_of_none_are_refused(
    tmp_path: Path, mapping: Path, now: datetime
) -> None:
    make(now)
    with pytest.raises(actions.WrongMapping, match="mean nothing by themselves"):
        bring(VICS_2_0, now)
    other = VICS_2_0.read_text().replace("/Default/", "/US/").encode()
    with pytest.raises(actions.WrongMapping, match=r"version 2\.0/US, and the mapping"):
        bring(put(tmp_path / "us.json", other), now, mapping_path=mapping)
    with pytest.raises(actions.WrongMapping, match="takes no mapping"):
        bring(NCMEC, now, mapping_path=mapping, format="ncmec-v2")
    assert not ImportRun.objects.exists()


def test_ncmec_pages_bring_entries_and_take_them_away(tmp_path: Path, now: datetime) -> None:
    make(now)
    both = page(image("a", prints=md5("a")), image("b", prints=md5("b")), image("a", member="7",
                prints=md5("a")))  # fmt: skip
    bring(put(tmp_path / "1.xml", both), now)
    assert Entry.objects.count() == 3

    report = bring(put(tmp_path / "2.xml", page(image("a", tag="deletedImage"))), now)

    assert counts(report) == (0, 1, 0, 0, 0)
    gone = Entry.objects.get(member="42", source_entry_id="a", version=2)
    assert gone.status == EntryStatus.DELETED.number
    assert visible() == {"a", "b"}


def test_what_a_member_said_no_to_is_disputed(tmp_path: Path, now: datetime) -> None:
    make(now)
    no = (
        '<feedback><negativeFeedback type="Md5"><reasons><reason guid="g" name="n"/>'
        '<members><member id="7">X</member></members></reasons></negativeFeedback></feedback>'
    )
    bring(put(tmp_path / "1.xml", page(image("a", prints=md5("a") + no))), now)

    assert Entry.objects.get().status == EntryStatus.DISPUTED.number


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (image("a", prints="<fingerprints><md5>xyz</md5></fingerprints>"), "md5 must be 32"),
        (image("a"), "it has no fingerprint"),
        (image(""), "it has no id"),
        (image("a", member=""), "its member has no id"),
        (image("a", prints="<id>b</id>"), "it must have one id"),
        (image("a", prints="words"), "it has text where elements belong"),
        (image("a", tag="sound"), "it is no image, video, deletedImage or deletedVideo"),
        ("<image>" + "<x>" * 40 + "</x>" * 40 + "</image>", "it is nested more than 16 deep"),
        ("<image " + " ".join(f'a{n}="x"' for n in range(40)) + "/>", "more than 16 attributes"),
        ("<image>" + "x" * 1_100_000 + "</image>", "it is longer than 1,000,000 bytes"),
    ],
)
def test_bad_entries_of_ncmec_are_refused_and_the_rest_comes_in(
    tmp_path: Path, now: datetime, given: str, told: str
) -> None:
    make(now)
    raw = page(image("x", prints=md5("x")), given, image("y", prints=md5("y")))

    report = bring(put(tmp_path / "1.xml", raw), now)

    assert visible() == {"x", "y"}
    [(line, reason)] = refused(report)
    assert line == 2
    assert told in reason


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE q [<!ENTITY a "ha">]>' + page(image("a", prints=md5("a"))).split(b"?>")[1],
        page(image("a")).replace(b"/v2", b"/v1"),
        page(image("a")).replace(b"queryResult", b"status"),
        b"<html><body>Sign in</body></html>",
        b"<",
    ],
)
def test_what_is_no_page_of_ncmec_is_refused_as_a_whole(
    tmp_path: Path, now: datetime, raw: bytes
) -> None:
    make(now)
    with pytest.raises(actions.UnusableFile):
        bring(put(tmp_path / "1.xml", raw), now)
    assert not ImportRun.objects.exists()


def test_stopncii_stops_matching_what_is_withdrawn_or_deleted(
    tmp_path: Path, now: datetime
) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    given = [submitted("a"), submitted("b"), submitted("c", hashStatus="Received")]
    bring(put(tmp_path / "1.json", records(*given)), now)
    assert len(visible()) == 3
    later = [submitted("a", hashStatus="Withdrawn"), submitted("b", hashStatus="Deleted")]

    report = bring(put(tmp_path / "2.json", records(*later)), now)

    assert counts(report) == (0, 2, 0, 0, 0)
    known_as = id_of_hash("ImagePDQ", value("c", 32))
    assert value("c", 32) not in known_as
    assert visible() == {known_as}
    waiting = Entry.objects.get(source_entry_id=known_as)
    assert waiting.status == EntryStatus.QUARANTINED.number


def test_addresses_and_words_do_not_stand_in_tables(tmp_path: Path, now: datetime) -> None:
    make(now)
    address = "https://example.org/" + "a" * 300
    given = [submitted("a", signalType=kind, hashValue=address) for kind in ("URL", "Text")]

    report = bring(put(tmp_path / "1.json", records(*given)), now)

    assert (report.added, report.left_out, report.refused) == (2, 2, 0)
    assert not Fingerprint.objects.exists()
    assert not any("example" in known for known in visible())


def test_several_pages_of_stopncii_in_one_file_come_in_together(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    raw = records(submitted("a")) + b"\n" + records(submitted("b"))

    assert counts(bring(put(tmp_path / "1.json", raw), now)) == (2, 0, 0, 0, 0)


@pytest.mark.parametrize("purpose", [Purpose.ILLEGAL, Purpose.EXPLOITATIVE, Purpose.OTHER])
def test_what_victims_hand_in_never_goes_on_a_list_of_the_proven(
    now: datetime, purpose: Purpose
) -> None:
    make(now, purpose=purpose)
    with pytest.raises(actions.UnusableFile, match="only goes into a list of purpose test or vic"):
        bring(STOPNCII, now)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (submitted("a", hashStatus="Gone"), "its hashStatus is none"),
        (submitted("a", signalType="Sound"), "its signalType is none"),
        (submitted("a", hashValue="00"), "pdq must be 64"),
        (submitted("a", hashValue=5), "it has no hashValue"),
        ('{"hashValue": "a", "hashValue": "b"}', "it names a field twice"),
        ('{"lastModtimestamp": NaN}', "it has a number that is none"),
        ('{"x": ' + "[" * 90_000 + "]" * 90_000 + "}", "it is nested too deep"),
        ('{"x": "' + "y" * 1_000_001 + '"}', "it is longer than 1,000,000 bytes"),
        ('{"x": "\\ud800", "hashValue": "\\ud800"}', "it has no"),
        ("[1]", "it is not one JSON object"),
        ("", "it is not one JSON object"),
    ],
)
def test_bad_records_of_json_are_refused_and_the_rest_comes_in(
    tmp_path: Path, now: datetime, given: object, told: str
) -> None:
    make(now)
    good = [json.dumps(submitted(word)) for word in "bc"]
    middle = given if isinstance(given, str) else json.dumps(given)
    raw = '{"hashRecords": [' + ",".join([good[0], middle, good[1]]) + "]}"

    report = bring(put(tmp_path / "1.json", raw.encode()), now)

    assert len(visible()) == 2
    [(line, reason)] = refused(report)
    assert line == 2
    assert told in reason


def test_bytes_that_are_no_text_cost_their_record(tmp_path: Path, now: datetime) -> None:
    make(now)
    raw = records(submitted("a"), submitted("b", x="@")).replace(b"@", b"\xff")

    report = bring(put(tmp_path / "1.json", raw), now)

    assert report.added == 1
    assert "is not UTF-8" in refused(report)[0][1]


def test_interpols_columns_come_in_without_a_mapping(tmp_path: Path, now: datetime) -> None:
    make(now)
    head = ICSE.read_text().splitlines()[0]
    rows = [
        f"{value('a', 16)};;;1;y;NO;;=cmd|' /C calc'!A0;3;f;Image;T",
        f'{value("b", 16)};;;2;;;;"over\ntwo lines";;;video;no',
        f"{value('c', 16)};short;;3;;;;;;;;",
        f"{value('d', 16)};;;4",
        ";" * 100_000,
    ]
    path = tmp_path / "icse.csv"
    path.write_text("\n".join([head, *rows, ""]))

    report = bring(path, now)

    assert counts(report) == (2, 0, 0, 0, 3)
    assert [(e.source_entry_id, e.category) for e in Entry.objects.order_by("pk")] == [
        ("1", Category.BASELINE.number),
        ("2", Category.UNKNOWN.number),
    ]
    assert "sha1 must be 40" in refused(report)[0][1]


def test_a_file_named_as_what_it_is_not_is_refused(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    for name in ("vics", "ncmec-v2", "stopncii-v1", "icse-csv", "hashkeeper", "nonsense"):
        with pytest.raises(actions.UnusableFile):
            bring(path, now, format=name)
    with pytest.raises(actions.WrongMapping, match="need --mapping"):
        bring(path, now, format="csv")
    assert bring(path, now, format="native").added == 1

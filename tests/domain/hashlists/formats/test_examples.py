"""Every example document, read into entries and written again, says the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.domain.hashlists.formats.samples import (
    DOCUMENTS,
    ICSE,
    NCMEC,
    STOPNCII,
    VICS_1_3,
    VICS_2_0,
    VICS_CASE,
    meant,
    same,
)
from tests.domain.hashlists.test_native import CHECK
from tocsin.domain.hashlists.formats.carrying import from_entry
from tocsin.domain.hashlists.formats.converting import (
    ConvertRequest,
    Numbered,
    Source,
    Tally,
    convert,
)
from tocsin.domain.hashlists.formats.opening import Document, Table
from tocsin.domain.hashlists.lines import identify
from tocsin.domain.hashlists.native_format import NativeEntry, decode, encode


def opened(path: Path) -> tuple[Document | Table, list[NativeEntry]]:
    request = ConvertRequest(path, path, "native")
    source = Source(request, identify(path))
    tally = Tally()
    found = [p.entry for p in source.read(tally) if isinstance(p, Numbered)]
    assert (tally.refused, tally.broken) == (0, "")
    assert source.found is not None
    return source.found, found


def entries(path: Path) -> list[NativeEntry]:
    return opened(path)[1]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_an_example_is_written_again_as_it_was(path: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{path.suffix}"

    report = same(path, out)

    assert report.written > 0
    assert (report.refused, report.broken) == (0, "")
    assert meant(out) == meant(path)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_entries_of_an_example_keep_all_as_lines_of_our_own_format(path: Path) -> None:
    found, read = opened(path)

    for entry in read:
        line = encode(entry)
        assert CHECK.is_valid(msgspec.json.decode(line))
        again = decode(line)
        assert from_entry(found.form, again, found.context) == (
            from_entry(found.form, entry, found.context)
        )


def test_flags_nobody_stated_are_not_false() -> None:
    [entry] = entries(VICS_2_0)
    assert entry.observations is not msgspec.UNSET
    assert entry.observations.victim_identified is False
    assert entry.observations.is_distributed is True
    assert entry.observations.is_suspected is None
    assert entry.observations.self_generated is None

    [case] = entries(VICS_CASE)
    assert case.observations is msgspec.UNSET


def test_numbers_of_categories_carry_version_and_region() -> None:
    [old], [new] = entries(VICS_1_3), entries(VICS_2_0)

    for entry, version in ((old, "1.3"), (new, "2.0/Default")):
        assert entry.classifications is not msgspec.UNSET
        [given] = entry.classifications
        assert (given.scheme, given.scheme_version, given.code, given.code_src) == (
            "vics",
            version,
            "1",
            1,
        )


def test_spelling_of_hashes_is_kept_beside_ours() -> None:
    [entry] = entries(VICS_1_3)

    by_algo = {p.algo: p for p in entry.fingerprints}
    assert by_algo["md5"].value == "d41d8cd98f00b204e9800998ecf8427e"
    assert by_algo["md5"].value_src == "D41D8CD98F00B204E9800998ECF8427E"
    assert by_algo["md5"].encoding_src == "HEX"
    assert by_algo["photodna"].algo_name_src == "PhotoDNA"
    assert by_algo["photodna"].encoding_src == "base64"


def test_ncmec_entries_are_known_by_member_and_id_and_deleted_ones_are_tombstones() -> None:
    read = entries(NCMEC)

    assert [(e.source.member_id, e.source_entry_id, e.status, e.tombstone) for e in read] == [
        ("42", "image1", "disputed", msgspec.UNSET),
        ("43", "image4", "deleted", True),
        ("42", "video1", "active", msgspec.UNSET),
        ("42", "video4", "deleted", True),
    ]
    feedback = {p.algo: p.feedback for p in read[0].fingerprints}
    assert feedback["photodna"] is msgspec.UNSET
    assert feedback["md5"] is not msgspec.UNSET
    assert [f.vote for f in feedback["md5"]] == ["up"]
    assert feedback["sha1"] is not msgspec.UNSET
    assert [(f.vote, f.reason_name) for f in feedback["sha1"]] == [("down", "Example Reason 1")]


def test_what_victims_hand_in_says_so() -> None:
    [entry] = entries(STOPNCII)

    assert entry.list_purpose == "victim_submitted"
    assert entry.source_updated_at == "2021-07-01T21:31:11Z"
    assert entry.cases is not msgspec.UNSET
    assert [(c.id, c.status) for c in entry.cases] == [
        ("cc592711-7068-442f-b5d2-24d50d389751", "Active")
    ]
    assert entry.entry_feedback is not msgspec.UNSET
    assert [(f.vote, f.member_name, f.tags) for f in entry.entry_feedback] == [
        ("up", "Facebook", ["Nude"])
    ]


def test_the_baseline_of_interpol_is_a_classification() -> None:
    [entry] = entries(ICSE)

    assert entry.classifications is not msgspec.UNSET
    assert [(c.scheme, c.code) for c in entry.classifications] == [
        ("interpol-baseline", "baseline")
    ]
    assert entry.counts is not msgspec.UNSET
    assert entry.counts.submissions == 3
    assert entry.observations is not msgspec.UNSET
    assert entry.observations.file_available is False


@pytest.mark.parametrize(
    "to", ["native", "vics-1.3", "vics-2.0", "ncmec-v2", "icse-csv", "csv", "hashkeeper"]
)
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_any_example_can_be_written_in_any_format_and_read_again(
    path: Path, to: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    report = convert(ConvertRequest(path, out, to))

    assert report.written + report.refused > 0
    if to != "csv" and report.written:
        again = entries_of_any(out, to)
        assert len(again) == report.written


def entries_of_any(path: Path, to: str) -> list[NativeEntry]:
    if to == "native":
        return [decode(line) for line in path.read_bytes().splitlines()]
    return entries(path)

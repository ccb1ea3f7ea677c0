"""The rehearsal's pictures and its list say the same, and what each file should bring is true."""

import csv
import importlib.resources
import json
import uuid
from functools import cache
from typing import Any

import jsonschema
import pytest

from tocsin.engine import Fingerprints, fingerprint

HERE = importlib.resources.files("tocsin.site").joinpath("rehearsal")
SCHEMA = importlib.resources.files("tocsin.domain").joinpath(
    "hashlists/schemas/canonical-hash-entry.schema.json"
)
UPLOADS: list[dict[str, Any]] = json.loads(HERE.joinpath("uploads.json").read_text())
LINES: list[dict[str, Any]] = [
    json.loads(line) for line in HERE.joinpath("rehearsal-list.jsonl").read_text().splitlines()
]


def of(folder: str) -> list[str]:
    return [u["file"] for u in UPLOADS if u["file"].startswith(folder + "/")]


@cache
def data(file: str) -> bytes:
    return HERE.joinpath("uploads", file).read_bytes()


@cache
def prints(file: str) -> Fingerprints:
    return fingerprint(data(file))


def values(kind: str, *, active_only: bool = True) -> dict[str, str]:
    """Give the value of ``kind`` by source entry id."""
    return {
        line["source_entry_id"]: print_["value"]
        for line in LINES
        if line["status"] == "active" or not active_only
        for print_ in line["fingerprints"]
        if print_["algo"] == kind
    }


def distance_bits(file: str, pdq_hex: str) -> int:
    pdq = prints(file).pdq
    assert pdq is not None
    return (int.from_bytes(pdq) ^ int(pdq_hex, 16)).bit_count()


def nearest_bits(file: str, *, active_only: bool = True) -> int:
    return min(distance_bits(file, v) for v in values("pdq", active_only=active_only).values())


def test_every_file_named_is_there_and_no_other() -> None:
    uploads = HERE.joinpath("uploads")
    there = {
        f"{folder.name}/{file.name}" for folder in uploads.iterdir() for file in folder.iterdir()
    }
    assert there == {upload["file"] for upload in UPLOADS}
    counts = {folder: len(of(folder)) for folder in ("exact", "edited", "unrelated", "odd")}
    assert counts == {"exact": 6, "edited": 8, "unrelated": 8, "odd": 5}


def test_all_of_it_is_small_enough_to_ship() -> None:
    assert sum(len(data(upload["file"])) for upload in UPLOADS) < 3_000_000


@pytest.mark.parametrize("file", of("exact"))
def test_a_listed_file_has_just_the_fingerprints_the_list_gives(file: str) -> None:
    found = prints(file)
    assert found.pdq is not None
    entries = next(u["entries"] for u in UPLOADS if u["file"] == file)
    for kind, value in (
        ("md5", found.md5),
        ("sha1", found.sha1),
        ("sha256", found.sha256),
        ("pdq", found.pdq),
    ):
        named = {entry for entry, listed in values(kind).items() if listed == value.hex()}
        assert named, kind
        assert named <= set(entries)
    assert set(entries) == {e for e, v in values("md5").items() if v == found.md5.hex()}


@pytest.mark.parametrize("file", of("edited"))
def test_an_edited_file_is_near_its_entry_and_has_other_bytes(file: str) -> None:
    (entry,) = next(u["entries"] for u in UPLOADS if u["file"] == file)
    assert distance_bits(file, values("pdq")[entry]) <= 31
    found = prints(file)
    for kind, value in (("md5", found.md5), ("sha1", found.sha1), ("sha256", found.sha256)):
        assert value.hex() not in values(kind).values()


@pytest.mark.parametrize("file", of("unrelated"))
def test_an_unrelated_file_is_far_from_every_entry(file: str) -> None:
    assert nearest_bits(file, active_only=False) > 60


@pytest.mark.parametrize("file", [*of("exact"), *of("edited"), *of("unrelated"), *of("withdrawn")])
def test_a_landscape_is_rich_enough_to_match_alone(file: str) -> None:
    assert prints(file).status == "ok"
    assert (prints(file).pdq_quality or 0) >= 80


def test_the_withdrawn_picture_is_known_only_to_its_tombstone() -> None:
    (file,) = of("withdrawn")
    (tombstone,) = [line for line in LINES if line["tombstone"]]
    assert tombstone["status"] == "withdrawn"
    assert values("sha256", active_only=False)["r-0011"] == prints(file).sha256.hex()
    assert nearest_bits(file) > 60


@pytest.mark.parametrize("upload", [u for u in UPLOADS if u["file"].startswith("odd/")])
def test_an_odd_file_has_the_status_it_was_made_for(upload: dict[str, Any]) -> None:
    assert prints(upload["file"]).status == upload["expect"]


@pytest.mark.parametrize("upload", UPLOADS)
def test_every_file_carries_a_needle_of_its_own(upload: dict[str, Any]) -> None:
    if upload["needle"] is None:
        assert data(upload["file"]) == b""
        return
    assert len(upload["needle"]) == 64
    carriers = [u["file"] for u in UPLOADS if upload["needle"].encode() in data(u["file"])]
    assert carriers == [upload["file"]]


def test_every_line_of_the_list_is_valid() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for line in LINES:
        validator.validate(line)


def test_the_list_is_a_test_list_with_the_odd_cases_in_it() -> None:
    assert len(LINES) == 12
    assert {line["list_purpose"] for line in LINES} == {"test"}
    assert {line["source"]["list_id"] for line in LINES} == {"rehearsal"}
    identities = {(n["source"]["member_id"], n["source_entry_id"]) for n in LINES}
    assert len(identities) == 12
    assert [uuid.UUID(line["entry_id"]).version for line in LINES] == [7] * 12
    schemes = {c["scheme"] for line in LINES for c in line["classifications"]}
    assert schemes == {"ncmec-industry", "interpol-baseline"}


def test_two_entries_belong_to_no_file() -> None:
    for entry in ("r-0009", "r-0010"):
        pdq = values("pdq")[entry]
        files = [u["file"] for u in UPLOADS if prints(u["file"]).status == "ok"]
        assert min(distance_bits(file, pdq) for file in files) > 60


def test_the_csv_says_what_the_list_says() -> None:
    mapping = json.loads(HERE.joinpath("rehearsal-mapping.json").read_text())
    text = HERE.joinpath("rehearsal-list.csv").read_text().splitlines()
    rows = list(csv.DictReader(text, delimiter=mapping["delimiter"]))
    assert len(rows) == 9
    by_id = {line["source_entry_id"]: line for line in LINES}
    for row in rows:
        line = by_id[row[mapping["id"]]]
        given = {p["algo"]: p["value"] for p in line["fingerprints"]}
        assert [row[mapping["columns"][kind]] for kind in ("md5", "sha1", "pdq")] == [
            given[kind] for kind in ("md5", "sha1", "pdq")
        ]
        assert mapping["category"][row["category"]] == line["classifications"][0]["code"]

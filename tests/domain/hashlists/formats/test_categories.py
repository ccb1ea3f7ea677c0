from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.hashlists.formats.samples import MAPPING
from tests.house.source import ROOT
from tocsin.domain.hashlists.formats.categories import read_categories
from tocsin.domain.hashlists.mapped import WrongMapping, read_mapping


def test_codes_mean_what_is_said_for_their_version(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(MAPPING)

    words = read_categories(path)

    assert words.of("1.3") == {"1": "A1", "2": "B2", "5": "not_listed"}
    with pytest.raises(WrongMapping, match=r"version 2\.0/UK"):
        words.of("2.0/UK")
    assert words.canonical() == read_categories(path).canonical()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "does not map categories"),
        ("categories = 5", "does not map categories"),
        ("[categories]\n1 = 'A1'", "does not map categories"),
        ("[categories.'1.3']\n1 = 'A3'", "Category 1 must be one of"),
        ("[categories.'1.3']\n1 = 1", "Category 1 must be one of"),
        ("[categories.'1.3']\n1 = 'A1'\n[more]", "does not map categories"),
        ("[categories", "is not TOML"),
        ("\x00", "is not TOML"),
    ],
)
def test_a_mapping_that_says_something_else_is_refused(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(WrongMapping, match=told):
        read_categories(path)


def test_a_mapping_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongMapping, match="cannot be read"):
        read_categories(tmp_path / "nowhere")
    (tmp_path / "m.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongMapping, match="is not TOML"):
        read_categories(tmp_path / "m.toml")


def test_the_mappings_in_the_documents_are_read() -> None:
    folder = ROOT / "docs" / "lists" / "mappings"

    assert read_mapping(folder / "columns.json").columns["md5"] == "MD5"
    assert read_categories(folder / "vics.toml").of("2.0/Default")["1"] == "A1"

"""The canary comes out of the box as every key is told of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tocsin.domain.matching import canaries
from tocsin.site.cli import main


def test_both_pictures_are_written_and_are_the_canary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    assert main(["canaries", "write", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"exact.jpg", "near.jpg"}
    known = json.loads((Path(canaries.__file__).parent / "canaries.json").read_text("utf-8"))
    digest = hashlib.sha256((folder / "exact.jpg").read_bytes()).hexdigest()
    assert digest == known["sha256"]
    assert str(folder / "near.jpg") in capsys.readouterr().out
    assert main(["canaries", "write", str(folder)]) == 0


def test_another_file_of_that_name_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exact.jpg").write_bytes(b"mine")
    assert main(["canaries", "write", str(tmp_path)]) == 2
    assert (tmp_path / "exact.jpg").read_bytes() == b"mine"
    assert "left alone" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["canaries", "write", str(tmp_path / "file" / "below")]) == 2
    assert "Not a directory" in capsys.readouterr().err

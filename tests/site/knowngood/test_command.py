"""`tocsin knowngood` as it is said on the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.engine.knowngood.made import debian, made_set, tarball
from tests.engine.media.drawn import picture, saved
from tocsin.engine.knowngood import KnownGoodSet
from tocsin.site.cli import main

Said = pytest.CaptureFixture[str]
PHOTO = saved(picture(320, 240, seed=4), "JPEG", quality=90)
CONTROL = "Package: gallery\nVersion: 2.0-1\n"
COPYRIGHT = b"License: GPL-2+\n"


@pytest.fixture
def home(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(data_folder))
    return data_folder / "known-good"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    files = {"a.jpg": PHOTO, "usr/share/doc/gallery/copyright": COPYRIGHT}
    (folder / "gallery.deb").write_bytes(debian(CONTROL, files))
    (folder / "broken.tgz").write_bytes(tarball({"a.png": PHOTO})[:50])
    return folder


def test_a_set_is_built_listed_and_tried(
    packages: Path, home: Path, tmp_path: Path, capsys: Said
) -> None:
    report = tmp_path / "report.tsv"
    built = ["knowngood", "build", str(packages), "--out", "mine", "--report", str(report)]
    assert main([*built, "--origin", "our own packages"]) == 0
    said = capsys.readouterr()
    assert "1 pictures (1 decoded) of 1 sources" in said.out
    assert "broken.tgz: it is cut short" in said.err
    assert "cut short" in report.read_text()
    assert len(KnownGoodSet.open(home / "mine")) == 1
    assert main(["knowngood", "list"]) == 0
    assert "our own packages" in capsys.readouterr().out
    same, other = tmp_path / "same.jpg", tmp_path / "other.jpg"
    same.write_bytes(PHOTO)
    other.write_bytes(saved(picture(400, 300, seed=9), "JPEG"))
    assert main(["knowngood", "try", "mine", str(same)]) == 0
    assert "same.jpg: known_sha256, gallery 2.0-1" in capsys.readouterr().out
    assert main(["knowngood", "try", "mine", str(same), str(other)]) == 1
    told = capsys.readouterr().out
    assert "other.jpg: nothing" in told
    assert main(["knowngood", "try", "mine", str(same), "--summary"]) == 0
    assert capsys.readouterr().out.split() == ["1", "known_sha256"]


def test_a_list_of_digests_is_imported(
    home: Path, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Batch:
        md5 = np.arange(1, 161, dtype=np.uint8).reshape(10, 16)
        sha1 = sha256 = None
        refused = 3

    class UnreadableDigests(Exception):
        """As the readers raise it."""

    def read_digests(path: Path, form: str) -> Iterator[Batch]:
        if form != "md5sum":
            raise UnreadableDigests(f"{path.name} is no such list.")
        yield Batch()

    readers = ModuleType("tocsin.engine.knowngood.digests")
    monkeypatch.setattr(readers, "read_digests", read_digests, raising=False)
    monkeypatch.setattr(readers, "UnreadableDigests", UnreadableDigests, raising=False)
    monkeypatch.setitem(sys.modules, readers.__name__, readers)
    (tmp_path / "list.txt").write_text("")
    words = ["knowngood", "import", str(tmp_path / "list.txt"), "--out", "nist", "--format"]
    assert main([*words, "caid"]) == 2
    assert "is no such list. The set was not made." in capsys.readouterr().err
    assert not (home / "nist").exists()
    assert main([*words, "md5sum"]) == 0
    said = capsys.readouterr().out
    assert "10 files" in said
    assert "3 lines were refused" in said
    assert KnownGoodSet.open(home / "nist").ask(md5=Batch.md5).kinds.all()


def test_a_set_may_lie_anywhere(packages: Path, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "set"
    assert main(["knowngood", "build", str(packages), "--out", f"{out}"]) == 0
    assert len(KnownGoodSet.open(out)) == 1
    assert not home.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["build", "/nowhere/at/all", "--out", "x"], "/nowhere/at/all: No such file"),
        (["build", ".", "--out", "Not A Name"], "named with a-z"),
        (["build", ".", "--out", "shipped"], "named with a-z"),
        (["build", ".", "--out", "x", "--workers", "0"], "--workers"),
        (["try", "missing", "."], "no known-good set"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    words: list[str], told: str, home: Path, capsys: Said
) -> None:
    assert main(["knowngood", *words]) == 2
    assert told in capsys.readouterr().err
    assert not home.exists()


def test_a_damaged_set_is_told_and_hides_no_other(home: Path, capsys: Said) -> None:
    home.mkdir(parents=True)
    made_set(home / "good")
    made_set(home / "wrong")
    (home / "wrong" / "manifest.json").write_text("{")
    assert main(["knowngood", "list"]) == 0
    told = capsys.readouterr().out
    assert "wrong cannot be used" in told
    assert "150 files of 3 sources" in told
    assert main(["knowngood", "try", "wrong", "."]) == 2
    assert "Build or import it again" in capsys.readouterr().err

"""`tocsin fingerprint` as it is said on the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from PIL import ImageOps

from tests.engine.media.drawn import picture, saved
from tocsin.domain.hashlists import native_format
from tocsin.engine import fingerprint
from tocsin.engine.fingerprints import Decoding, Gate, Origin, Status
from tocsin.engine.search.rules import SHOWN
from tocsin.site.cli import main
from tocsin.site.fingerprinting import told

SCHEMA = (
    Path(native_format.__file__).parent / "schemas" / "canonical-hash-entry.schema.json"
).read_text("utf-8")

Said = pytest.CaptureFixture[str]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(picture(), "JPEG", quality=90))
    return path


def json_of(capsys: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_hashes_are_those_of_the_engine(photo: Path, capsys: Said) -> None:
    assert main(["fingerprint", "--json", str(photo)]) == 0
    [line] = json_of(capsys)
    found = fingerprint(photo.read_bytes())
    assert found.pdq is not None
    assert line["pictures"][0]["pdq"]["value"] == found.pdq.hex()
    assert line["pictures"][0]["pdq"]["quality"] == found.pdq_quality
    assert (line["md5"], line["sha1"]) == (found.md5.hex(), found.sha1.hex())
    assert line["sha256"] == found.sha256.hex()
    assert (line["status"], line["format"], line["width"]) == ("ok", "jpeg", 320)


def test_a_person_reads_status_size_and_hashes(photo: Path, capsys: Said) -> None:
    assert main(["fingerprint", str(photo)]) == 0
    shown = capsys.readouterr().out
    found = fingerprint(photo.read_bytes())
    assert found.pdq is not None
    for word in (str(photo), "ok", "jpeg, 320 x 240", found.pdq.hex(), found.sha256.hex()):
        assert word in shown
    assert told.THRESHOLD_WORDS not in shown


def test_explain_says_what_each_hash_is_and_what_31_bits_are(photo: Path, capsys: Said) -> None:
    assert main(["fingerprint", "--explain", str(photo)]) == 0
    shown = capsys.readouterr().out
    assert told.STATUS_WORDS[Status.OK] in shown
    assert told.DECODING_WORDS[Decoding.WHOLE] in shown
    assert told.THRESHOLD_WORDS in shown


def test_explain_says_why_a_picture_may_not_match_alone(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "icon.png").write_bytes(saved(picture(40, 40), "PNG"))
    assert main(["fingerprint", "--explain", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert told.GATE_WORDS[Gate.PIXELS] in shown
    assert told.THRESHOLD_WORDS not in shown


def test_everything_has_words() -> None:
    assert set(told.STATUS_WORDS) == set(Status)
    assert set(told.GATE_WORDS) == set(Gate)
    assert set(told.DECODING_WORDS) == set(Decoding)
    assert set(told.ORIGIN_WORDS) == set(Origin)
    assert set(told.ORIGIN_WORDS) - SHOWN == set(told.LOOK_WORDS)


def test_entries_are_what_an_import_takes(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "a.jpg").write_bytes(saved(picture(), "JPEG"))
    (tmp_path / "b.txt").write_bytes(b"no picture")
    (tmp_path / "c.png").write_bytes(saved(picture(40, 40), "PNG"))
    assert main(["fingerprint", "--entries", "own-files", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for line in lines:
        jsonschema.validate(json.loads(line), json.loads(SCHEMA))
        entry = msgspec.json.decode(line, type=native_format.NativeEntry)
        assert entry.source.list_id == "own-files"
    kinds = [[f["algo"] for f in json.loads(line)["fingerprints"]] for line in lines]
    # The PDQ of what must not match alone would match alone elsewhere.
    digests = ["md5", "sha1", "sha256"]
    assert kinds == [[*digests, "pdq"], digests, digests]
    assert str(tmp_path) not in "".join(lines)


def test_an_empty_or_damaged_file_makes_no_entry(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "torn.png").write_bytes(saved(picture(), "PNG")[:40])
    assert main(["fingerprint", "--entries", "own-files", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("left out, it is empty or damaged") == 2


def test_what_is_no_file_is_told(photo: Path, capsys: Said) -> None:
    os.mkfifo(photo.with_name("pipe"))
    assert main(["fingerprint", "--json", str(photo.parent)]) == 2
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert "Passed over: 1 that are no files." in shown.err


def test_json_holds_nothing_that_speaks_to_a_terminal(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "a\x9b31m\u202e.txt").write_bytes(b"no picture")
    assert main(["fingerprint", "--json", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip().isascii()


def test_against_an_original_it_says_what_finds_the_copy_and_what_that_allows(
    tmp_path: Path, capsys: Said
) -> None:
    original = tmp_path / "original.png"
    original.write_bytes(saved(picture(480, 360), "PNG"))
    copies = {
        "same.png": original.read_bytes(),
        "smaller.jpg": saved(picture(480, 360).resize((400, 300)), "JPEG", quality=70),
        "turned.jpg": saved(ImageOps.mirror(picture(480, 360)), "JPEG", quality=90),
        "unlike.jpg": saved(picture(480, 360, seed=9), "JPEG"),
    }
    (tmp_path / "copies").mkdir()
    for name, data in copies.items():
        (tmp_path / "copies" / name).write_bytes(data)
    assert main(["fingerprint", "--against", str(original), str(tmp_path / "copies")]) == 0
    told_of = [x for x in capsys.readouterr().out.splitlines() if x.startswith("  against")]
    same, smaller, turned, unlike = (line.split(maxsplit=1)[1] for line in told_of)
    assert same == "the same bytes: may block"
    assert re.fullmatch(r"\d+ bits, found by pdq( nearest512)?: may block", smaller)
    assert "found by mirrored: for a person to look at, never for blocking" in turned
    assert unlike.startswith("no match: its PDQ is ")


def test_against_needs_one_file_that_is_there(photo: Path, capsys: Said) -> None:
    assert main(["fingerprint", "--against", str(photo.parent / "gone"), str(photo)]) == 2
    assert "no such file" in capsys.readouterr().err
    (photo.parent / "second.txt").write_text("two files are too many")
    assert main(["fingerprint", "--against", str(photo.parent), str(photo)]) == 2
    assert "one file is needed" in capsys.readouterr().err


def test_against_a_pipe_says_that_it_is_one(photo: Path, capsys: Said) -> None:
    pipe = photo.with_name("pipe")
    os.mkfifo(pipe)
    assert main(["fingerprint", "--against", str(pipe), str(photo)]) == 2
    assert f"--against {pipe}: one file is needed, not a pipe or device." in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="writes to /dev/full, which Linux has")
@pytest.mark.parametrize("how", [[], ["--json"], ["--entries", "own-files"]])
def test_an_output_that_takes_nothing_is_told_in_a_sentence(photo: Path, how: list[str]) -> None:
    command = [sys.executable, "-m", "tocsin.site.cli", "fingerprint", *how, str(photo)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "tocsin fingerprint: what was found could not be written (no space left on device): "
        "make room and run again.\n"
    )


def test_a_film_without_the_means_to_read_one_is_told(
    photo: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.site.commands.fingerprint.find_spec", lambda name: None)
    assert main(["fingerprint", "--video", "dense", str(photo)]) == 2
    assert "--video needs PyAV" in capsys.readouterr().err


def test_what_is_not_there_is_told_and_the_rest_is_done(photo: Path, capsys: Said) -> None:
    gone = str(photo.with_name("gone.jpg"))
    assert main(["fingerprint", "--json", gone, str(photo)]) == 2
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert f"{gone}: no such file or directory" in shown.err


def test_files_come_out_in_the_order_of_the_walk(tmp_path: Path, capsys: Said) -> None:
    names = [f"{number:02}.png" for number in range(12)]
    for seed, name in enumerate(names):
        # The first ones take longest, so that order is kept and not met by chance.
        side = 400 if seed < 3 else 80
        (tmp_path / name).write_bytes(saved(picture(side, side, seed), "PNG"))
    assert main(["fingerprint", "--json", "--workers", "2", str(tmp_path)]) == 0
    assert [Path(line["path"]).name for line in json_of(capsys)] == names


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--workers", "0"], "take a number from 1"),
        (["--frames", "0"], "take a number from 1"),
        (["--entries", "x", "--query"], "needs hashes of every pixel"),
        (["--against", "x", "--json"], "tells people"),
    ],
)
def test_wrong_use_is_told(photo: Path, capsys: Said, wrong: list[str], said: str) -> None:
    assert main(["fingerprint", *wrong, str(photo)]) == 2
    assert said in capsys.readouterr().err

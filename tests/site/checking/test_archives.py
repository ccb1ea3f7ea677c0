"""Archives: what lies in them is checked, and what cannot be read is never clean."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.site.checking.lists import UPLOADS, publish_rehearsal
from tocsin.engine import fingerprint
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.knowngood.packages import Bounds
from tocsin.engine.media import MediaOptions
from tocsin.site.checking.archives import inside, is_archive
from tocsin.site.checking.looks import Looks
from tocsin.site.checking.types import File, Looked, Trouble
from tocsin.site.cli import main

SNOW = (UPLOADS / "exact" / "snow.jpg").read_bytes()


def zipped(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def tarred(mode: str, **files: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def found_in(path: Path, **bounds: Any) -> list[Looked | Trouble]:
    def taken(data: bytes, options: MediaOptions) -> Fingerprints:
        return fingerprint(data)

    told = path.stat()
    file = File(str(path), 0, told.st_size, told.st_mtime_ns)
    assert is_archive(file)
    return list(inside(file, taken, bounds=Bounds(**bounds)))


def names(found: list[Looked | Trouble]) -> list[str]:
    return [one.file.path if isinstance(one, Looked) else f"! {one.path}" for one in found]


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tar.xz", "tar.bz2"])
def test_a_picture_in_an_archive_has_its_own_fingerprints(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    mode = "w" if ending == "tar" else f"w:{ending[4:]}"
    files = {"snow": SNOW}
    path.write_bytes(zipped(**files) if ending == "zip" else tarred(mode, **files))
    [one] = found_in(path)
    assert isinstance(one, Looked)
    assert one.file.path == f"{path}!/snow"
    assert one.fingerprints.sha256 == fingerprint(SNOW).sha256


def test_an_archive_in_an_archive_is_read_to_a_depth(tmp_path: Path) -> None:
    inner = zipped(snow=SNOW)
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{"b.zip": zipped(**{"c.zip": inner})}))
    assert names(found_in(path)) == [f"{path}!/b.zip/c.zip/snow"]
    # Beyond it, the archive itself is looked at, as a file of no kind that is read.
    [one] = found_in(path, most_depth=1)
    assert isinstance(one, Looked)
    assert one.fingerprints.status == "unsupported"


def test_what_is_encrypted_or_damaged_is_unreadable_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(zipped(locked=b"x" * 100, snow=SNOW))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert names(found_in(path)) == [f"! {path}!/locked", f"{path}!/snow"]


def test_what_is_no_archive_or_breaks_off_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"no archive")
    assert names(found_in(path)) == [f"! {path}!/"]
    cut = tmp_path / "a.tar.gz"
    cut.write_bytes(tarred("w:gz", snow=SNOW, more=SNOW[::-1])[:-2_000])
    assert names(found_in(cut))[-1].startswith("! ")


@pytest.mark.parametrize(
    "bounds",
    [{"most_entries": 2}, {"most_bytes": 1 << 20}, {"most_ratio": 2, "free_bytes": 1 << 10}],
)
def test_a_bomb_is_unreadable(bounds: dict[str, int], tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{f"zeros {n}": bytes(1 << 20) for n in range(3)}))
    found = found_in(path, **bounds)
    assert any(isinstance(one, Trouble) for one in found)


def test_a_file_that_is_too_large_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(large=bytes(100)))
    told = path.stat()
    looks = Looks(media=MediaOptions(max_bytes=99))
    [one] = inside(
        File(str(path), 0, told.st_size, 0), lambda data, options: fingerprint(data), looks
    )
    assert isinstance(one, Trouble)


def test_a_listed_picture_in_an_archive_is_found_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    publish_rehearsal(tmp_path / "lists" / "index")
    path = tmp_path / "upload.zip"
    path.write_bytes(zipped(**{"inner/snow.jpg": SNOW}))
    assert main(["check", "--json", "--data", str(tmp_path / "lists"), str(path)]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["path"]: line["status"] for line in told} == {
        str(path): "unsupported",
        f"{path}!/inner/snow.jpg": "listed",
    }

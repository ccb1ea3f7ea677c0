"""A backup file that is damaged, hostile, or none at all is refused before anything is written."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.site.backup.tarball import Packer, opened
from tocsin.site.backup.types import MANIFEST, SIGNATURE, Manifest, RestoreRefused

DATABASE = b"not really a database" * 100
LETTER = b"From: us\n\nwords\n"


def manifest_of(packer: Packer, now: datetime) -> bytes:
    return Manifest(now, "0.1.0", "sqlite", (), {}, tuple(packer.members)).as_bytes()


@pytest.fixture
def backup(tmp_path: Path, now: datetime) -> Path:
    """A small sound one: a database and a letter."""
    path = tmp_path / "b.tar"
    with path.open("wb") as file:
        packer = Packer(file)
        packer.add_bytes("database.sqlite3", DATABASE)
        packer.add_bytes("letters/N-1.eml", LETTER)
        packer.add_bytes(MANIFEST, manifest_of(packer, now))
        packer.add_bytes(SIGNATURE, b"k1.signature")
        packer.close()
    return path


def unpack(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with opened(path) as found:
        found.unpack(folder)


def rewritten(path: Path, change: Callable[[tarfile.TarInfo], tarfile.TarInfo]) -> Path:
    """The same tar with every header gone through `change`."""
    hostile = path.with_name("hostile.tar")
    with tarfile.open(path) as old, tarfile.open(hostile, "w") as new:
        for info in old:
            new.addfile(change(info), old.extractfile(info))
    return hostile


def with_more(path: Path, info: tarfile.TarInfo, data: bytes = b"") -> Path:
    hostile = path.with_name("hostile.tar")
    hostile.write_bytes(path.read_bytes())
    info.size = len(data)
    with tarfile.open(hostile, "a") as tar:
        tar.addfile(info, io.BytesIO(data))
    return hostile


def special(kind: bytes, name: str = "letters/N-2.eml") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def test_a_sound_one_is_unpacked_whole(backup: Path, tmp_path: Path) -> None:
    unpack(backup, tmp_path / "out")
    assert (tmp_path / "out/database.sqlite3").read_bytes() == DATABASE
    assert (tmp_path / "out/letters/N-1.eml").read_bytes() == LETTER
    assert (tmp_path / "out/letters/N-1.eml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_links_devices_and_folders_are_refused(backup: Path, tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(RestoreRefused, match="no backup of ours"):
        unpack(with_more(backup, special(kind)), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../escaped",
        "/tmp/escaped",
        "letters/../../escaped",
        "letters/a/b.eml",
        "letters/.hidden",
        "letters/",
        "keys/seal.json",
        "index/MANIFEST.json",
        "tocsin.sqlite3",
        "letters/a\nb.eml",
    ],
)
def test_names_that_no_backup_has_are_refused(backup: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(RestoreRefused, match="no backup of ours"):
        unpack(with_more(backup, special(tarfile.REGTYPE, name), b"x"), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_more_than_the_manifest_names_is_refused(backup: Path, tmp_path: Path) -> None:
    more = with_more(backup, special(tarfile.REGTYPE, "letters/N-2.eml"), b"more")
    with pytest.raises(RestoreRefused, match="not those its manifest names"):
        unpack(more, tmp_path / "out")


def test_a_file_that_stands_there_twice_is_refused(backup: Path, tmp_path: Path) -> None:
    twice = with_more(backup, special(tarfile.REGTYPE, "letters/N-1.eml"), LETTER)
    with pytest.raises(RestoreRefused, match="twice"):
        unpack(twice, tmp_path / "out")


def test_a_sparse_file_that_claims_to_be_huge_is_refused(backup: Path, tmp_path: Path) -> None:
    def claim(info: tarfile.TarInfo) -> tarfile.TarInfo:
        if info.name.startswith("letters"):
            info.pax_headers = {"GNU.sparse.size": str(1 << 50), "GNU.sparse.map": "0,1"}
        return info

    with pytest.raises(RestoreRefused):
        unpack(rewritten(backup, claim), tmp_path / "out")


def test_a_letter_that_was_changed_shows_in_its_checksum(backup: Path, tmp_path: Path) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data.replace(LETTER, LETTER.replace(b"words", b"swore")))
    with pytest.raises(RestoreRefused, match=r"checksum of letters/N-1\.eml is wrong"):
        unpack(backup, tmp_path / "out")


def test_one_of_a_newer_format_names_the_version_to_install(backup: Path, tmp_path: Path) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data.replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(RestoreRefused, match=r"newer Tocsin \(0\.1\.0\)"):
        unpack(backup, tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"\0" * 10_240, b"PK\x03\x04" + b"x" * 2_000])
def test_what_is_no_backup_is_refused_in_words(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.tar"
    path.write_bytes(data)
    with pytest.raises(RestoreRefused, match=r"damaged|no backup"):
        unpack(path, tmp_path / "out")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused, match="cannot be read: No such file"):
        unpack(tmp_path / "none.tar", tmp_path / "out")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_cut_off_or_damaged_anywhere_it_is_refused_or_whole(
    backup: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = backup.read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for place in data.draw(st.lists(st.integers(0, max(len(damaged) - 1, 0)), max_size=3)):
        if damaged:
            damaged[place] ^= data.draw(st.integers(1, 255))
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "b.tar"
    path.write_bytes(damaged)
    try:
        unpack(path, folder / "out")
    except RestoreRefused:
        return
    told = json.loads(read(whole, MANIFEST))["members"]
    for member in told:
        found = (folder / "out" / member["name"]).read_bytes()
        assert hashlib.sha256(found).hexdigest() == member["sha256"]


def read(whole: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()

"""Packages: every file in them, in memory, and an end to those that cost too much."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.knowngood.made import ar, bomb, debian, tarball, zipped
from tocsin.engine.knowngood import Maker, Source
from tocsin.engine.knowngood.packages import (
    Bounds,
    Labels,
    Member,
    TooMuch,
    WrongPackage,
    is_package,
    members,
)

FILES = {"a/logo.png": b"logo" * 300, "b.txt": b"", "c/" + "long/" * 60 + "name.gif": b"gif"}
CONTROL = "Package: wordpress\nVersion: 6.1.9-1\nDescription: blogs\n"


def read_all(member: Member) -> bytes:
    return b"".join(iter(lambda: member.contents.read(100), b""))


def contents(path: Path, bounds: Bounds | None = None) -> dict[str, bytes]:
    found = members(path, bounds) if bounds else members(path)
    return {one.name: read_all(one) for one in found if one.refused is None}


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "packed"),
    [("p.tar", ""), ("p.tgz", "gz"), ("p.tar.gz", "gz"), ("p.tar.bz2", "bz2"), ("p.tar.xz", "xz")],
)
def test_tarballs_are_read_whole(tmp_path: Path, name: str, packed: str) -> None:
    assert contents(written(tmp_path, name, tarball(FILES, packed=packed))) == FILES


@pytest.mark.parametrize("name", ["p.zip", "p.whl", "p.jar", "P.APK"])
def test_zips_are_read_whole(tmp_path: Path, name: str) -> None:
    assert contents(written(tmp_path, name, zipped(FILES))) == FILES


@pytest.mark.parametrize("packed", ["gz", "xz", "bz2"])
def test_debian_packages_are_read_whole(tmp_path: Path, packed: str) -> None:
    found = contents(written(tmp_path, "p.deb", debian(CONTROL, FILES, packed=packed)))
    assert found == {"DEBIAN/control": CONTROL.encode(), **FILES}


@pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")
def test_zstd_is_read_where_the_program_is_there(tmp_path: Path) -> None:
    packed = subprocess.run(
        ["zstd", "-q", "-c"], input=tarball(FILES, packed=""), capture_output=True, check=True
    ).stdout
    assert contents(written(tmp_path, "p.tar.zst", packed)) == FILES
    with pytest.raises(WrongPackage):
        contents(written(tmp_path, "q.tar.zst", packed[:-30]))
    first = next(iter(members(tmp_path / "p.tar.zst")))
    assert first.name in FILES  # and the program ends when nobody reads on


def test_zstd_is_refused_in_words_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = written(tmp_path, "p.tar.zst", b"(\xb5/\xfd" + bytes(100))
    with pytest.raises(WrongPackage, match="zstd is not installed"):
        contents(path)


def test_packages_inside_packages_are_read_down_to_a_depth(tmp_path: Path) -> None:
    deep = zipped({"x.png": b"deep"})
    for name in ("three.zip", "two.zip", "one.zip"):
        deep = zipped({name: deep})
    path = written(tmp_path, "p.zip", deep)
    assert list(contents(path, Bounds(most_depth=3))) == ["one.zip/two.zip/three.zip/x.png"]
    assert list(contents(path, Bounds(most_depth=1))) == ["one.zip/two.zip"]


def test_a_damaged_package_inside_costs_itself_only(tmp_path: Path) -> None:
    inner = zipped({"x.png": b"x"})
    path = written(tmp_path, "p.tgz", tarball({"a.zip": inner[:-9], "b.png": b"b", "c.zip": inner}))
    found = {one.name: one.refused for one in members(path)}
    assert found["a.zip"] is not None
    assert "damaged" in found["a.zip"]
    assert {"b.png", "c.zip/x.png"} <= set(found)


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("link")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("file")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"file"))
    assert contents(written(tmp_path, "p.tar", out.getvalue())) == {"file": b"file"}


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_whole_in_both_forms(tmp_path: Path, form: int) -> None:
    out = io.BytesIO()
    name = "é" + "x" * 250 + "/y.png"
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
    assert contents(written(tmp_path, "p.tar", out.getvalue())) == {name: b"1"}


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(most_ratio=100, free_bytes=1 << 16), "100 times its size"),
        (Bounds(most_bytes=1 << 20, most_ratio=10**6), "1,048,576 bytes"),
    ],
)
def test_a_bomb_is_stopped(tmp_path: Path, bounds: Bounds, words: str) -> None:
    for name, data in (
        ("p.tgz", bomb(8 << 20)),
        ("p.zip", zipped({"zeros": bytes(8 << 20)})),
        ("q.zip", zipped({"inner.tgz": bomb(8 << 20)})),
    ):
        with pytest.raises(TooMuch, match=words):
            contents(written(tmp_path, name, data), bounds)


def test_too_many_entries_are_stopped(tmp_path: Path) -> None:
    many = {f"{n}.txt": b"" for n in range(50)}
    for name, data in (("p.tgz", tarball(many)), ("p.zip", zipped(many))):
        with pytest.raises(TooMuch, match="49 entries"):
            contents(written(tmp_path, name, data), Bounds(most_entries=49))


def test_a_header_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    path = written(tmp_path, "p.tar", info.tobuf(tarfile.USTAR_FORMAT) + bytes(1024))
    with pytest.raises(TooMuch, match="header"):
        contents(path)


@pytest.mark.parametrize(
    "body", [b"0 path=x\n", b"999999 path=x\n", b"x\n", b"9 size=-1\n", b"\xff"]
)
def test_headers_that_lie_are_refused(tmp_path: Path, body: bytes) -> None:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, len(body)
    file = tarfile.TarInfo("file")
    blocks = head.tobuf() + body.ljust(512, b"\0") + file.tobuf() + bytes(1024)
    path = written(tmp_path, "p.tar", blocks)
    with suppress(WrongPackage):
        assert set(contents(path)) <= {"file", "x"}


def test_an_encrypted_or_oddly_packed_member_is_told(tmp_path: Path) -> None:
    odd = zipped({"x.png": b"x" * 99}, zipfile.ZIP_BZIP2)
    secret = bytearray(zipped({"x.png": b"x" * 99}))
    at = secret.index(b"PK\x01\x02")
    secret[at + 8] |= 1
    for data, word in ((odd, "way that is not read"), (bytes(secret), "encrypted")):
        [member] = members(written(tmp_path, "p.zip", data))
        assert member.refused is not None
        assert word in member.refused


WHOLES = {
    "p.tar": tarball({"a.png": b"a" * 900, "b.png": b"b"}, packed=""),
    "p.tgz": tarball({"a.png": b"a" * 900, "b.png": b"b"}),
    "p.tar.xz": tarball({"a.png": b"a" * 900, "b.png": b"b"}, packed="xz"),
    "p.zip": zipped({"a.png": b"a" * 900, "b.png": b"b"}),
    "p.deb": debian(CONTROL, {"a.png": b"a" * 900, "b.png": b"b"}),
}


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(WHOLES)), st.data())
def test_damage_anywhere_is_an_error_in_words_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    whole = bytearray(WHOLES[name])
    end = data.draw(st.integers(0, len(whole)))
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[at] = data.draw(st.integers(0, 255))
    path = written(tmp_path_factory.mktemp("damage"), name, bytes(whole[:end]))
    with suppress(WrongPackage):
        for member in members(path, Bounds(free_bytes=1 << 20)):
            read_all(member)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([".tar", ".tgz", ".zip", ".deb", ".tar.xz"]), st.binary(max_size=2000))
def test_noise_is_an_error_in_words_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, noise: bytes
) -> None:
    path = written(tmp_path_factory.mktemp("noise"), f"p{suffix}", noise)
    with suppress(WrongPackage):
        contents(path)


def test_an_archive_of_too_many_parts_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "p.deb", ar({f"part{n}": b"" for n in range(20)}))
    with pytest.raises(WrongPackage, match="16 parts"):
        contents(path)


@pytest.mark.parametrize("name", ["a.deb", "A.WHL", "x.tar.zst", "x.tgz", "y.jar"])
def test_packages_are_told_by_their_names(name: str) -> None:
    assert is_package(name)
    assert not is_package(name + ".png")


def source_of(files: dict[str, bytes]) -> Source:
    labels = Labels("file.tgz")
    for name, data in files.items():
        if labels.wanted(name):
            labels.read(name, data)
    return labels.source


def test_a_debian_package_says_what_it_is() -> None:
    licences = b"Format: x\nLicense: GPL-2+\n text\n\nFiles: *\nLicense: MIT\nLicense: MIT\n"
    told = {"DEBIAN/control": CONTROL.encode(), "usr/share/doc/wordpress/copyright": licences}
    assert source_of(told) == Source("wordpress", "6.1.9-1", "GPL-2+, MIT", Maker.DEBIAN)


def test_an_npm_package_says_what_it_is() -> None:
    told = {"name": "leaflet", "version": "1.9.4", "license": "BSD-2-Clause"}
    found = source_of({"package/package.json": json.dumps(told).encode()})
    assert found == Source("leaflet", "1.9.4", "BSD-2-Clause", Maker.NPM)
    old = {"name": "yui", "licenses": [{"type": "BSD"}, "MIT", None]}
    assert source_of({"package/package.json": json.dumps(old).encode()}).licence == "BSD, MIT"


def test_a_wheel_says_what_it_is() -> None:
    text = (
        "Metadata-Version: 2.1\nName: Django\nVersion: 5.2\n"
        "Classifier: License :: OSI Approved :: BSD License\n\nName: other\n"
    )
    found = source_of({"Django-5.2.dist-info/METADATA": text.encode()})
    assert found == Source("Django", "5.2", "BSD License", Maker.PYPI)


@given(st.binary(max_size=300))
def test_what_a_package_says_of_itself_never_raises(noise: bytes) -> None:
    for name in ("DEBIAN/control", "package/package.json", "x.dist-info/METADATA"):
        assert source_of({name: noise}).name
    deep = gzip.decompress(gzip.compress(b'{"license":' + b"[" * 5000))
    assert source_of({"package/package.json": deep}).name == "file.tgz"

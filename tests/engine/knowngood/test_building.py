"""A set from folders and packages: every picture in them, whatever else lies there."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine.knowngood.made import AT, debian, tarball, zipped
from tests.engine.media.drawn import picture, saved
from tocsin.engine import DecoderPool, Fingerprints, MediaOptions, fingerprint
from tocsin.engine.fingerprints import Gate
from tocsin.engine.knowngood import (
    Built,
    Import,
    KnownGoodSet,
    Maker,
    Plan,
    Progress,
    Tried,
    Trouble,
    WrongSet,
    build,
    import_digests,
    list_source,
    options_for,
    try_files,
)
from tocsin.engine.knowngood.packages import Bounds
from tocsin.engine.knowngood.types import Bytes

PLAN = Plan("made", "a test", "tocsin test", AT)
ICON = saved(picture(24, 24), "PNG")
PHOTO = saved(picture(320, 240, seed=2), "JPEG", quality=90)
OTHER = saved(picture(320, 240, seed=3), "PNG")
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
CONTROL = "Package: gallery\nVersion: 2.0-1\n"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    (folder / "inside").mkdir(parents=True)
    (folder / "gallery.deb").write_bytes(
        debian(CONTROL, {"usr/a.jpg": PHOTO, "usr/readme.txt": b"text", "usr/i.svg": DRAWING})
    )
    npm = {"package/package.json": b'{"name":"icons","version":"1","license":"MIT"}'}
    (folder / "inside" / "icons.tgz").write_bytes(tarball({**npm, "package/x.png": ICON}))
    (folder / "plugin.zip").write_bytes(zipped({"o.png": OTHER, "cut.png": OTHER[:200]}))
    (folder / "loose.png").write_bytes(ICON)
    return folder


def built_from(folder: Path, out: Path, plan: Plan = PLAN) -> Built:
    return build([folder], out, fingerprint_here, plan)


def fingerprint_here(data: bytes) -> Fingerprints:
    return fingerprint(data)


def sha256(*files: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    joined = b"".join(hashlib.sha256(data).digest() for data in files)
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def test_every_picture_is_found_with_the_package_it_is_from(packages: Path, tmp_path: Path) -> None:
    built = built_from(packages, tmp_path / "set")
    known = KnownGoodSet.open(tmp_path / "set")
    hits = known.ask(sha256=sha256(PHOTO, OTHER, DRAWING, ICON, b"text"))
    assert hits.kinds.astype(bool).tolist() == [True, True, True, True, False]
    told = [known.source(int(n)).name for n in hits.sources[:4]]
    assert told[:3] == ["gallery", "plugin.zip", "gallery"]
    assert told[3] in {"icons", "packages"}
    assert (built.pictures, built.decoded, built.passed_over) == (6, 4, 1)
    makers = {source.name: source.maker for source in known.manifest.sources}
    assert makers["gallery"] is Maker.DEBIAN
    assert makers["icons"] is Maker.NPM
    assert makers["packages"] is Maker.FOLDER
    assert {source.licence for source in known.manifest.sources if source.name == "icons"} == {
        "MIT"
    }


def test_drawings_may_be_left_out(packages: Path, tmp_path: Path) -> None:
    built_from(packages, tmp_path / "set", replace(PLAN, drawings=False))
    hits = KnownGoodSet.open(tmp_path / "set").ask(sha256=sha256(DRAWING, PHOTO))
    assert hits.kinds.astype(bool).tolist() == [False, True]


def test_what_cannot_be_read_is_told_and_stops_nothing(packages: Path, tmp_path: Path) -> None:
    (packages / "broken.tgz").write_bytes(tarball({"a.png": ICON})[:40])
    (packages / "noise.zip").write_bytes(b"noise")
    (packages / "large.tgz").write_bytes(
        tarball({"a.bmp": b"BM" + bytes(12) + b"\x28\0\0\0" * 900})
    )
    plan = replace(PLAN, bounds=Bounds(most_file_bytes=3_000))
    built = build([packages], tmp_path / "set", fingerprint_here, plan)
    told = {Path(one.where.partition(":")[0]).name: one.reason for one in built.troubles}
    assert {"broken.tgz", "noise.zip", "large.tgz"} <= set(told)
    assert "3,000 bytes" in told["large.tgz"]
    assert built.trouble_count == len(built.troubles)


def test_a_build_that_was_killed_goes_on_behind_the_last_package(
    packages: Path, tmp_path: Path
) -> None:
    seen: list[int] = []

    def counted(data: bytes) -> Fingerprints:
        seen.append(len(data))
        return fingerprint(data)

    def killed(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([packages], tmp_path / "set", counted, replace(PLAN, told=killed))
    assert not (tmp_path / "set").exists()
    before = len(seen)
    told: list[Progress] = []
    build([packages], tmp_path / "set", counted, replace(PLAN, told=told.append))
    assert len(seen) - before < 5
    assert [one.done for one in told] == [1, 2, 3, 4]
    assert len(KnownGoodSet.open(tmp_path / "set")) == 6
    assert not (tmp_path / ".set.parts").exists()


def test_a_part_that_was_damaged_is_made_again(packages: Path, tmp_path: Path) -> None:
    def killed(progress: Progress) -> None:
        if progress.done == progress.of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([packages], tmp_path / "set", fingerprint_here, replace(PLAN, told=killed))
    for number, part in enumerate(sorted((tmp_path / ".set.parts").iterdir())):
        part.write_bytes((part.read_bytes()[:-5], b"", bytes(100))[number % 3])
    assert built_from(packages, tmp_path / "set").pictures == 6


def test_no_byte_of_a_picture_is_on_disk(packages: Path, tmp_path: Path) -> None:
    def killed(progress: Progress) -> None:
        if progress.done == progress.of:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        build([packages], out / "set", fingerprint_here, replace(PLAN, told=killed))
    built_from(packages, out / "other")
    for path in out.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for file in (PHOTO, OTHER, ICON):
            assert file[100:132] not in data


def test_folders_without_pictures_make_no_set(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(WrongSet, match="No picture"):
        built_from(tmp_path / "empty", tmp_path / "set")
    assert not (tmp_path / "set").exists()
    with pytest.raises(FileNotFoundError):
        built_from(tmp_path / "missing", tmp_path / "set")


def test_a_link_is_not_followed(packages: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(saved(picture(99, 99), "PNG"))
    (packages / "link.png").symlink_to(secret)
    built_from(packages, tmp_path / "set")
    hits = KnownGoodSet.open(tmp_path / "set").ask(sha256=sha256(secret.read_bytes()))
    assert not hits.kinds.any()


def tried(known: KnownGoodSet, *paths: Path) -> dict[str, Tried]:
    ones = list(try_files(known, paths, fingerprint_here))
    assert not [one for one in ones if isinstance(one, Trouble)]
    return {Path(one.where).name: one for one in ones if isinstance(one, Tried)}


def test_trying_says_what_holds_each_file_back(packages: Path, tmp_path: Path) -> None:
    built_from(packages, tmp_path / "set")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "same.jpg").write_bytes(PHOTO)
    small = Image.open(io.BytesIO(PHOTO)).resize((200, 150))
    (fresh / "smaller.jpg").write_bytes(saved(small, "JPEG", quality=75))
    (fresh / "flat.png").write_bytes(saved(Image.new("RGB", (200, 200), (9, 9, 9)), "PNG"))
    (fresh / "flat.bmp").write_bytes(saved(Image.new("RGB", (200, 200), (9, 9, 9)), "BMP"))
    (fresh / "tiny.png").write_bytes(saved(picture(30, 30, seed=7), "PNG"))
    (fresh / "new.jpg").write_bytes(saved(picture(400, 300, seed=11), "JPEG"))
    (fresh / "text.txt").write_bytes(b"text")
    (fresh / "more.zip").write_bytes(zipped({"inside.jpg": PHOTO}))
    found = tried(KnownGoodSet.open(tmp_path / "set"), fresh)
    held = {name: one.held_by for name, one in found.items()}
    assert held == {
        "same.jpg": "known_sha256",
        "inside.jpg": "known_sha256",
        "smaller.jpg": "known_near",
        # A flat PDQ is no reason, since the digests beside it match; a small file is one.
        "flat.png": "few_bytes",
        "flat.bmp": None,
        "tiny.png": "few_pixels",
        "new.jpg": None,
    }
    assert found["flat.bmp"].gate is Gate.QUALITY
    assert found["smaller.jpg"].held is not None
    assert found["smaller.jpg"].held.source.startswith("gallery")
    assert found["new.jpg"].findings == ()


def test_decoding_in_a_pool_gives_the_same_set(packages: Path, tmp_path: Path) -> None:
    here = built_from(packages, tmp_path / "here")
    with DecoderPool(2) as pool:
        there = build(
            [packages],
            tmp_path / "there",
            lambda data: pool.fingerprint(data, MediaOptions()),
            replace(PLAN, workers=2),
        )
    assert [one.sha256 for one in here.manifest.files.values()] == [
        one.sha256 for one in there.manifest.files.values()
    ]


def test_a_picture_that_can_be_seen_through_is_found_by_each_of_its_looks(tmp_path: Path) -> None:
    image = picture(320, 240, seed=6).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((320, 240)))
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "logo.png").write_bytes(saved(image, "PNG"))
    built = build([tmp_path / "logos"], tmp_path / "set", asked, PLAN)
    assert (built.pictures, built.decoded, len(built.manifest.sources)) == (1, 1, 1)
    known = KnownGoodSet.open(tmp_path / "set")
    assert known.counts() == {"md5": 1, "sha1": 1, "sha256": 1, "pdq": 2}
    white = Image.new("RGBA", image.size, "white")
    for shown in (image.convert("RGB"), Image.alpha_composite(white, image).convert("RGB")):
        found = fingerprint(saved(shown, "PNG")).pdq
        assert found is not None
        assert known.ask_near(np.frombuffer(found, np.uint8).reshape(1, 32)).bits[0] <= 2
    (tmp_path / "again.png").write_bytes(saved(image, "PNG", compress_level=1))
    [one] = try_files(known, [tmp_path / "again.png"], asked)
    assert isinstance(one, Tried)
    assert one.held is not None
    assert (one.held_by, one.held.bits) == ("known_near", 0)


def asked(data: bytes) -> Fingerprints:
    return fingerprint(data, options=options_for(data))


class Rows:
    """A batch of digests, as the readers of lists give them."""

    def __init__(self, md5: Bytes | None, sha1: Bytes | None, sha256: Bytes | None) -> None:
        self.md5, self.sha1, self.sha256, self.refused = md5, sha1, sha256, 1


WHAT = Import("nsrl", "a test", list_source("NSRL", "2026.03"), "tocsin test", AT)


def test_a_list_of_digests_becomes_a_set(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    sha1 = rng.integers(0, 256, (1000, 20), dtype=np.uint8)
    md5 = rng.integers(0, 256, (1000, 16), dtype=np.uint8)
    counts: list[int] = []
    batches = [Rows(md5[:600], sha1[:600], None), Rows(md5[600:], sha1[600:], None)]
    made = import_digests(batches, tmp_path / "set", replace(WHAT, told=counts.append))
    assert counts == [600, 1000]
    known = KnownGoodSet.open(tmp_path / "set")
    assert known.ask(md5=md5, sha1=sha1).kinds.tolist() == [3] * 1000
    assert (known.source(0).name, known.source(0).maker) == ("NSRL", Maker.LIST)
    assert (made.manifest.keeps, made.refused) == (3, 2)


def test_an_import_that_fails_leaves_the_former_set(tmp_path: Path) -> None:
    rows = np.ones((3, 16), np.uint8)
    import_digests([Rows(rows, None, None)], tmp_path / "set", WHAT)

    def broken() -> object:
        yield Rows(rows + 1, None, None)
        raise ValueError("the list is cut short")

    with pytest.raises(ValueError, match="cut short"):
        import_digests(broken(), tmp_path / "set", WHAT)  # type: ignore[arg-type]
    with pytest.raises(WrongSet, match="no digest"):
        import_digests([], tmp_path / "set", WHAT)
    with pytest.raises(WrongSet, match="16 bytes"):
        import_digests([Rows(np.ones((3, 20), np.uint8), None, None)], tmp_path / "set", WHAT)
    assert KnownGoodSet.open(tmp_path / "set").ask(md5=rows).kinds.tolist() == [1] * 3
    assert not list(tmp_path.glob(".set.*"))

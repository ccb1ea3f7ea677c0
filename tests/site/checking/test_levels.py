"""`tocsin check` at its levels, of films, and inside documents and mails."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.doors.api.test_media import landscape
from tests.engine.media.films import encoded, scenes
from tocsin.domain.hashlists.types import EntryStatus, Purpose, Serve
from tocsin.engine.fingerprints import Fingerprints, Sampling
from tocsin.engine.index import (
    POLICY_DTYPE,
    ExactIndex,
    FrameIndex,
    NearIndex,
    PolicyColumn,
    publish,
)
from tocsin.engine.media import MediaOptions, fingerprint
from tocsin.site.checking.further import packed, unpacked
from tocsin.site.cli import main

PICTURE = landscape(seed=3, size=(640, 480))
FILM = encoded(scenes(48), "mp4")


def an_index(root: Path) -> None:
    """The landscape as entry 1, the film as entry 2."""
    picture, seen = fingerprint(PICTURE), fingerprint(FILM, options=_WITH_FILMS)
    assert picture.pdq is not None
    assert seen.video is not None
    frames = [frame for frame in seen.video.frames if frame.quality >= 50]
    records = np.zeros(2, POLICY_DTYPE)
    for name, value in (
        ("status", EntryStatus.ACTIVE.number),
        ("purpose", Purpose.ILLEGAL.number),
        ("list_no", 1),
        ("sources", 1),
        ("quorum", 2),
        ("serve", int(Serve.EXACT | Serve.NEAR)),
    ):
        records[name] = value
    one, two = np.array([1], np.uint64), np.full(len(frames), 2, np.uint64)
    publish(
        root,
        change_no=1,
        near=NearIndex.build(_values(picture.pdq), one),
        exact={"sha1": ExactIndex.build(_values(picture.sha1, 20), one)},
        policy=PolicyColumn.build(np.array([1, 2], np.uint64), records),
        films=FrameIndex.build(
            two,
            _values(b"".join(frame.value for frame in frames)),
            np.array([frame.seconds for frame in frames]),
        ),
    )


_WITH_FILMS = MediaOptions(video=Sampling.KEY_FRAMES)


def _values(data: bytes, width: int = 32) -> Any:
    return np.frombuffer(data, np.uint8).reshape(-1, width)


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    an_index(tmp_path / "lists" / "index")
    (tmp_path / "files").mkdir()
    return tmp_path / "lists"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"


def mirrored() -> bytes:
    file = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(PICTURE))).save(file, "PNG")
    return file.getvalue()


def again(kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(PICTURE)).save(file, kind)
    return file.getvalue()


def check(
    capsys: pytest.CaptureFixture[str], lists: Path, *words: str
) -> tuple[int, dict[str, Any]]:
    """The exit status, and what was said of each file by its name."""
    capsys.readouterr()
    status = main(["check", "--json", "--data", str(lists), *words])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return status, {Path(line["path"]).name.split("!/")[-1]: line for line in lines}


@pytest.mark.parametrize(
    ("level", "statuses"),
    [
        ("exact", ["listed", "not_listed", "not_listed"]),
        ("near", ["listed", "near", "not_listed"]),
        ("thorough", ["listed", "near", "near"]),
    ],
)
def test_a_level_says_how_far_a_copy_may_be_from_what_is_listed(
    lists: Path,
    files: Path,
    capsys: pytest.CaptureFixture[str],
    level: str,
    statuses: list[str],
) -> None:
    for name, data in (("a.png", PICTURE), ("b.jpg", again()), ("c.png", mirrored())):
        (files / name).write_bytes(data)
    _, told = check(capsys, lists, "--level", level, str(files))
    assert [told[name]["status"] for name in ("a.png", "b.jpg", "c.png")] == statuses
    assert told["c.png"]["action"] in {"none", "review"}


def test_another_level_does_not_take_up_what_was_answered_at_this_one(
    lists: Path, files: Path
) -> None:
    from tocsin.engine.search import Level
    from tocsin.site.checking.looks import Looks
    from tocsin.site.checking.notes import identity_of

    looks = [Looks(), Looks(Level.THOROUGH), Looks(films=True), Looks(inside=True)]
    assert len({identity_of(["a"], "lists", one.identity) for one in looks}) == 4
    assert identity_of(["a"], "lists", Looks().identity) == identity_of(["a"], "lists")


@pytest.mark.parametrize("more", ["--films", "--inside", "--keep"])
def test_exact_goes_with_nothing_that_looks_at_pictures(
    lists: Path, files: Path, more: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--level", "exact", more, "--data", str(lists), str(files)]) == 2
    assert "digests alone" in capsys.readouterr().err


def test_a_film_is_compared_frame_by_frame_where_it_is_asked_for(
    lists: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "copy.mkv").write_bytes(encoded(scenes(48), "mkv"))
    _, told = check(capsys, lists, str(files))
    assert told["copy.mkv"]["status"] == "unsupported"
    status, told = check(capsys, lists, "--films", str(files))
    assert (status, told["copy.mkv"]["status"]) == (1, "near")
    assert told["copy.mkv"]["film_share"] >= 0.8
    assert told["copy.mkv"]["action"] == "review"


def test_what_was_kept_of_a_film_is_asked_again_with_its_frames(
    lists: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "copy.mkv").write_bytes(encoded(scenes(48), "mkv"))
    check(capsys, lists, "--films", "--keep", str(files))
    (files / "copy.mkv").unlink()
    with sqlite3.connect(files.parent / "state" / "tocsin" / "fingerprints.sqlite3") as db:
        db.execute("UPDATE file SET version = 0, status = 'not_listed'")
    status, told = check(capsys, lists, "--retro")
    assert (status, told["copy.mkv"]["status"]) == (1, "near")


def test_pictures_in_documents_and_parts_of_mails_are_looked_at_where_it_is_asked_for(
    lists: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = base64.b64encode(again()).decode()
    (files / "page.html").write_text(f'<img src="data:image/jpeg;base64,{written}">')
    mail = EmailMessage()
    mail["Subject"] = "harbour"
    mail.set_content("two pictures")
    mail.add_alternative(f'<img src="data:image/jpeg;base64,{written}">', subtype="html")
    mail.add_attachment(again("WEBP"), "image", "webp", filename="../a/b.webp")
    (files / "mail.eml").write_bytes(mail.as_bytes())
    status, told = check(capsys, lists, str(files))
    assert (status, set(told)) == (0, {"page.html", "mail.eml"})
    status, told = check(capsys, lists, "--inside", str(files))
    assert status == 1
    assert {name: line["status"] for name, line in told.items()} == {
        "page.html": "near",
        "mail.eml": "unsupported",
        "0.txt": "unsupported",
        "1.html": "near",
        "2-.._a_b.webp": "near",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 2_000,
        b"Content-Type: message/rfc822\n\n" * 5_000,
        b"Content-Type: text/plain; charset=no-such\nContent-Transfer-Encoding: base64\n\n\xff\xff",
        bytes(range(256)) * 10,
        b"",
    ],
)
def test_no_mail_breaks_a_run_off(
    lists: Path, files: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    (files / "mail.eml").write_bytes(data)
    (files / "z.png").write_bytes(PICTURE)
    _, told = check(capsys, lists, "--inside", str(files))
    assert told["z.png"]["status"] == "listed"
    assert "mail.eml" in told


def test_what_the_journal_keeps_is_asked_as_it_was() -> None:
    from tocsin.engine.search import frames_of, variants_of

    page = b"".join(
        b'<img src="data:image/png;base64,' + base64.b64encode(one) + b'">'
        for one in (PICTURE, mirrored())
    )
    for data, options in (
        (PICTURE, MediaOptions(battery=True)),
        (FILM, _WITH_FILMS),
        (page, MediaOptions(data_uris=True, battery=True)),
        (PICTURE, MediaOptions()),
    ):
        found = fingerprint(data, options=options)
        kept = unpacked(_without(found), packed(found))
        assert frames_of(kept) == frames_of(found)
        assert variants_of(kept) == variants_of(found)


def _without(found: Fingerprints) -> Fingerprints:
    """The plain half of it, as the journal's columns hold it."""
    from dataclasses import replace

    pictures = tuple(replace(picture, variants=()) for picture in found.pictures[:1])
    return replace(found, pictures=pictures, video=None)

"""`tocsin watch`: nothing that is written is forgotten, whatever goes down meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.checking.lists import UPLOADS, publish_rehearsal
from tests.site.checking.test_journal import NOTHING, Lists
from tocsin.engine.media import DecoderPool
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.types import CannotAsk, Known, Result
from tocsin.site.watching import running
from tocsin.site.watching.acting import Acting, CannotAct
from tocsin.site.watching.folders import CannotWatch, Folders, Lost
from tocsin.site.watching.running import Watch

SNOW = UPLOADS / "exact" / "snow.jpg"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1, 30.0) as opened:
        yield opened


class Desk:
    """A watch over one folder that is moved by hand."""

    def __init__(self, place: Path, prints: Path, pool: DecoderPool) -> None:
        self.lists = Lists()
        self.said: list[str] = []
        self.results: list[Result] = []
        self.pool = pool
        self.journal = Journal(prints, "lists")
        self.folders = Folders([str(place)])
        self.watch = Watch(
            lists=self.lists,
            journal=self.journal,
            folders=self.folders,
            act=self.results.append,
            say=self.said.append,
        )
        self.watch.take(self.folders.everything())

    def turn(self) -> list[str]:
        """Hear the news and check; the paths that were answered."""
        self.results.clear()
        self.watch.take(self.folders.news(0.0))
        self.watch._not_before = 0.0
        self.watch.check_some(self.pool)
        return [result.path for result in self.results]

    def close(self) -> None:
        self.journal.__exit__(None, None, None)
        self.folders.__exit__(None, None, None)


@pytest.fixture
def desk(place: Path, tmp_path: Path, pool: DecoderPool) -> Iterator[Desk]:
    made = Desk(place, tmp_path / "prints", pool)
    yield made
    made.close()


def test_a_file_is_checked_when_it_is_closed_and_not_before(desk: Desk, place: Path) -> None:
    with (place / "a.jpg").open("wb") as file:
        file.write(b"half")
        file.flush()
        assert desk.turn() == []
    assert desk.turn() == [str(place / "a.jpg")]
    assert desk.turn() == []


def test_a_file_that_is_moved_in_or_written_again_is_checked(
    desk: Desk, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.jpg").write_bytes(b"b")
    (tmp_path / "b.jpg").rename(place / "b.jpg")
    assert desk.turn() == [str(place / "b.jpg")]
    (place / "b.jpg").write_bytes(b"longer")
    assert desk.turn() == [str(place / "b.jpg")]


def test_folders_that_come_later_are_watched_with_what_is_in_them(
    desk: Desk, place: Path, tmp_path: Path
) -> None:
    below = tmp_path / "tree" / "below"
    below.mkdir(parents=True)
    (below / "a.jpg").write_bytes(b"a")
    (tmp_path / "tree").rename(place / "tree")
    assert desk.turn() == [str(place / "tree" / "below" / "a.jpg")]
    (place / "tree" / "below" / "b.jpg").write_bytes(b"b")
    assert desk.turn() == [str(place / "tree" / "below" / "b.jpg")]


def test_a_link_is_not_followed(desk: Desk, place: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (place / "link").symlink_to(tmp_path / "outside")
    (place / "file").symlink_to(SNOW)
    (tmp_path / "outside" / "a.jpg").write_bytes(b"a")
    assert desk.turn() == []


def test_a_name_that_is_no_text_is_checked(desk: Desk, place: Path) -> None:
    odd = os.fsdecode(os.fsencode(place) + b"/\xff.jpg")
    with open(odd, "wb") as file:  # noqa: PTH123
        file.write(b"a")
    assert desk.turn() == [odd]


def test_a_file_that_is_gone_again_is_not_told_of(desk: Desk, place: Path) -> None:
    (place / "a.jpg").write_bytes(b"a")
    desk.watch.take(desk.folders.news(0.0))
    (place / "a.jpg").unlink()
    assert desk.turn() == []
    assert desk.watch.waiting == 0


def test_while_the_lists_are_away_everything_waits_and_nothing_is_clean(
    desk: Desk, place: Path
) -> None:
    desk.lists.answer = CannotAsk("down")
    (place / "a.jpg").write_bytes(b"a")
    assert desk.turn() == []
    desk.lists.answer = Known("unavailable", "hold")
    assert desk.turn() == []
    assert (desk.watch.waiting, len(desk.said)) == (1, 1)
    desk.lists.answer = NOTHING
    assert desk.turn() == [str(place / "a.jpg")]
    assert desk.said[1:] == ["the lists answer again."]


def test_what_was_not_answered_for_is_found_by_the_next_watch(
    desk: Desk, place: Path, tmp_path: Path, pool: DecoderPool
) -> None:
    (place / "a.jpg").write_bytes(b"a")
    assert desk.turn() == [str(place / "a.jpg")]
    desk.lists.answer = CannotAsk("down")
    (place / "b.jpg").write_bytes(b"b")
    desk.turn()
    desk.close()
    again = Desk(place, tmp_path / "prints", pool)
    try:
        assert again.turn() == [str(place / "b.jpg")]
    finally:
        again.close()


def test_what_was_not_acted_on_to_the_end_is_acted_on_again(
    place: Path, tmp_path: Path, pool: DecoderPool
) -> None:
    (place / "a.jpg").write_bytes(b"a")
    desk = Desk(place, tmp_path / "prints", pool)

    def killed(result: Result) -> None:
        raise KeyboardInterrupt

    desk.watch._act = killed
    with pytest.raises(KeyboardInterrupt):
        desk.watch.check_some(pool)
    desk.close()
    again = Desk(place, tmp_path / "prints", pool)
    try:
        assert again.turn() == [str(place / "a.jpg")]
    finally:
        again.close()


def test_when_the_kernel_lost_track_everything_is_walked_through(desk: Desk, place: Path) -> None:
    (place / "a.jpg").write_bytes(b"a")
    list(desk.folders.news(0.0))  # told to nobody
    assert desk.turn() == []
    desk.watch.take([Lost()])
    assert desk.turn() == [str(place / "a.jpg")]


def test_more_files_than_are_checked_at_once_take_turns(
    desk: Desk, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    for name in "abc":
        (place / name).write_bytes(name.encode())
    assert len(desk.turn()) == 2
    assert len(desk.turn()) == 1


def test_an_archive_is_done_with_together_with_what_lies_in_it(desk: Desk, place: Path) -> None:
    with zipfile.ZipFile(place / "a.zip", "w") as archive:
        archive.writestr("snow.jpg", SNOW.read_bytes())
    assert desk.turn() == [str(place / "a.zip"), f"{place / 'a.zip'}!/snow.jpg"]
    assert desk.turn() == []


def test_a_folder_that_cannot_be_watched_is_said_in_words(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, path: str, mask: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tocsin.site.watching.folders.INotify.add_watch", full)
    with Folders([str(place)]) as folders, pytest.raises(CannotWatch, match="max_user_watches"):
        list(folders.everything())


def result(path: Path, status: str = "listed", action: str = "block") -> Result:
    return Result(str(path), 0, 1, Known(status, action))


def test_what_is_to_be_blocked_is_moved_and_never_over_another(place: Path, tmp_path: Path) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    acting = Acting([str(place)], move_to=aside)
    for number in range(2):
        (place / "a.jpg").write_bytes(b"%d" % number)
        assert acting.act(result(place / "a.jpg")).moved_to is not None
    assert {p.name: p.read_bytes() for p in aside.iterdir()} == {"a.jpg": b"0", "1-a.jpg": b"1"}
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "action", "moved"),
    [
        ("listed", "", True),
        ("near", "block", True),
        ("listed", "review", False),
        ("near", "review", False),
        ("held", "hold", False),
        ("not_listed", "none", False),
        ("unavailable", "hold", False),
    ],
)
def test_only_what_is_to_be_blocked_is_moved(
    status: str, action: str, moved: bool, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "aside").mkdir()
    (place / "a.jpg").write_bytes(b"a")
    Acting([str(place)], move_to=tmp_path / "aside").act(result(place / "a.jpg", status, action))
    assert (place / "a.jpg").exists() is not moved


def test_a_command_gets_the_path_as_an_argument_and_no_shell(place: Path, tmp_path: Path) -> None:
    odd = place / "a; touch b $(id).jpg"
    odd.write_bytes(b"a")
    out = tmp_path / "out"
    written = "open(sys.argv[1], 'w').write(sys.argv[2] + sys.stdin.read())"
    (tmp_path / "hook.py").write_text(f"import sys; {written}")
    acting = Acting([str(place)], on_hit=f"{sys.executable} {tmp_path / 'hook.py'} {out}")
    assert acting.act(result(odd)).trouble is None
    assert out.read_text() == f'{odd}{{"status": "listed", "action": "block"}}\n'
    failing = Acting([str(place)], on_hit="false")
    assert failing.act(result(odd)).trouble == "the command ended with 1"
    missing = Acting([str(place)], on_hit="/no/such/program")
    assert "cannot be called" in (missing.act(result(odd)).trouble or "")


def test_a_folder_that_files_cannot_be_moved_to_is_refused(place: Path, tmp_path: Path) -> None:
    (place / "below").mkdir()
    for wrong in (place, place / "below", tmp_path / "missing", Path("/proc")):
        with pytest.raises(CannotAct):
            Acting([str(place)], move_to=wrong)


@pytest.mark.server
def test_the_command_survives_being_killed(place: Path, tmp_path: Path) -> None:
    publish_rehearsal(tmp_path / "lists" / "index")
    program = "import sys; from tocsin.site.cli import main; raise SystemExit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "watch", str(place)]
    command += ["--data", str(tmp_path / "lists"), "--prints", str(tmp_path / "prints")]
    for turn in range(2):
        # Written while nobody watches the second time.
        (place / f"{turn}.jpg").write_bytes(SNOW.read_bytes())
        watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert watching.stdout is not None
        # What the first was killed over may be told of once more.
        told = map(json.loads, watching.stdout)
        assert any(line["path"] == str(place / f"{turn}.jpg") for line in told)
        watching.send_signal(signal.SIGKILL if turn == 0 else signal.SIGTERM)
        assert watching.wait(30) == (-signal.SIGKILL if turn == 0 else 0)
        watching.stdout.close()

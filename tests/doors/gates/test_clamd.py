"""clamd's protocol, command by command."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doors.gates.talking import AT, QUICK, StandIn, a_desk, a_key, clean_or_real, talk
from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.guard.types import Standing, Step
from tocsin.domain.matching.types import Action, AnswerStatus, Door, PolicyTerms
from tocsin.doors.gates.clamd.session import ClamdSession
from tocsin.doors.gates.desk import Desk
from tocsin.doors.gates.types import Habits
from tocsin.doors.gates.wire import Wire
from tocsin.engine.fingerprints import Fingerprints

BAD = b"a listed file"
BLOCKED = {hashlib.sha256(BAD).digest(): (AnswerStatus.LISTED, Action.BLOCK)}
CLEAN = b"clean picture"


def ask(
    *sent: bytes,
    desk: Desk | None = None,
    folders: list[Path] | None = None,
    idle_seconds: float = 5,
) -> bytes:
    """What the gate says to a client that sends this and then nothing more."""

    async def serve(wire: Wire) -> None:
        made = desk or a_desk(StandIn(listed=BLOCKED))
        await ClamdSession(made, wire, folders or [], lambda: 1).serve()

    return talk(serve, *sent, idle_seconds=idle_seconds)


def stream(data: bytes, step: int = 1 << 16) -> bytes:
    """A file as INSTREAM takes it."""
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    return b"".join(struct.pack("!L", len(p)) + p for p in pieces) + struct.pack("!L", 0)


@pytest.mark.parametrize(
    ("command", "end"),
    [(b"PING\n", b"\n"), (b"nPING\n", b"\n"), (b"zPING\0", b"\0"), (b"PING", b"\n")],
)
def test_a_command_has_three_spellings_and_its_answer_ends_alike(
    command: bytes, end: bytes
) -> None:
    assert ask(command) == b"PONG" + end


def test_the_version_has_three_parts_of_which_one_is_that_of_the_lists() -> None:
    name, version, date = ask(b"zVERSION\0").rstrip(b"\0").split(b"/")
    assert name.startswith(b"Tocsin ")
    assert version == b"812"
    assert len(date.split()) == 5
    assert ask(b"nVERSIONCOMMANDS\n").split(b"| COMMANDS: ")[1].split()[:2] == [b"PING", b"VERSION"]


def test_stats_end_and_reload_is_answered() -> None:
    assert ask(b"nSTATS\n").endswith(b"END\n")
    assert ask(b"zRELOAD\0") == b"RELOADING\0"


@pytest.mark.parametrize("word", [b"SHUTDOWN", b"FILDES", b"STREAM"])
def test_what_clamd_knows_and_nobody_may_here_is_said_to_be_so(word: bytes) -> None:
    assert ask(b"z" + word + b"\0") == b"COMMAND UNAVAILABLE\0"


@pytest.mark.parametrize(
    "line", [b"nDANCE\n", b"nPING now\n", b"nSCAN\n", b"hello\n", b"nEND\n", b"IDSESSION\n"]
)
def test_an_unknown_command_is_said_to_be_one(line: bytes) -> None:
    assert ask(line) == b"UNKNOWN COMMAND\n"


def test_a_command_without_end_is_too_long() -> None:
    assert ask(b"n" + b"x" * 100_000) == b"COMMAND TOO LONG. ERROR\n"


@pytest.mark.parametrize("step", [1, 3, 65_536])
def test_a_stream_is_found_or_ok_however_it_is_cut(step: int) -> None:
    assert ask(b"zINSTREAM\0" + stream(BAD, step)) == b"stream: Tocsin.Listed FOUND\0"
    assert ask(b"nINSTREAM\n", stream(CLEAN, step)) == b"stream: OK\n"


def test_what_could_not_be_checked_is_an_error_and_never_ok() -> None:
    assert ask(b"nINSTREAM\n" + stream(b"%PDF-1.4")) == (
        b"stream: Not checked (this kind of file cannot be looked at). ERROR\n"
    )
    assert ask(b"nINSTREAM\n" + stream(b"")).endswith(b"broken or empty). ERROR\n")


def test_terms_that_block_what_could_not_be_checked_find_it() -> None:
    checker = StandIn(a_key(PolicyTerms(unchecked_action=Action.BLOCK)))
    said = ask(b"nINSTREAM\n" + stream(b"%PDF-1.4"), desk=a_desk(checker))
    assert said == b"stream: Tocsin.Unchecked.Unsupported FOUND\n"


def test_files_that_start_like_no_picture_and_no_film_pass_where_the_operator_says_so() -> None:
    def said(data: bytes) -> bytes:
        desk = a_desk(StandIn(listed=BLOCKED), habits=Habits(lets_other_files_pass=True))
        return ask(b"nINSTREAM\n" + stream(data), desk=desk)

    assert said(b"%PDF-1.4") == b"stream: OK\n"
    assert said(BAD) == b"stream: Tocsin.Listed FOUND\n"
    for media in (b"\xff\xd8\xff\xe0 cut off", b"\0\0\0\x18ftypmp42", b"8BPS", b"\xff\x0a", b""):
        assert said(media).endswith(b" ERROR\n")


@pytest.mark.parametrize(
    ("status", "action", "tier", "name"),
    [
        (AnswerStatus.LISTED, Action.REVIEW, Tier.DETAIL, b"Tocsin.Review.Listed"),
        (AnswerStatus.NEAR, Action.REVIEW, Tier.ACTION, b"Tocsin.Review.Near"),
        (AnswerStatus.NEAR, Action.BLOCK, Tier.ACTION, b"Tocsin.Near"),
        (AnswerStatus.NEAR, Action.HOLD, Tier.ACTION, b"Tocsin.Hold.Near"),
        (AnswerStatus.HELD, Action.REVIEW, Tier.DETAIL, b"Tocsin.Review.Held"),
        # A tier that hears yes or no is not told how a match came about.
        (AnswerStatus.NEAR, Action.BLOCK, Tier.BOOLEAN, b"Tocsin.Listed"),
        (AnswerStatus.NEAR, Action.REVIEW, Tier.BOOLEAN, b"Tocsin.Held"),
    ],
)
def test_the_name_says_what_is_advised_and_no_more_than_the_tier_may_hear(
    status: AnswerStatus, action: Action, tier: Tier, name: bytes
) -> None:
    listed = {hashlib.sha256(BAD).digest(): (status, action)}
    checker = StandIn(replace(a_key(), tier=tier), listed=listed)
    said = ask(b"nINSTREAM\n" + stream(BAD), desk=a_desk(checker))
    assert said == b"stream: " + name + b" FOUND\n"
    lenient = a_desk(checker, habits=Habits(lets_review_pass=True))
    passes = ask(b"nINSTREAM\n" + stream(BAD), desk=lenient) == b"stream: OK\n"
    assert passes is (action is not Action.BLOCK)


def test_in_shadow_mode_all_passes_but_what_could_not_be_looked_up() -> None:
    listed = {hashlib.sha256(BAD).digest(): (AnswerStatus.LISTED, Action.NONE)}
    checker = StandIn(listed=listed)
    assert ask(b"nINSTREAM\n" + stream(BAD), desk=a_desk(checker)) == b"stream: OK\n"
    checker.problem = "no index"
    assert ask(b"nINSTREAM\n" + stream(BAD), desk=a_desk(checker)).endswith(b" ERROR\n")


def unknown(checker: StandIn) -> None:
    checker.keys.key = None


def unread(checker: StandIn) -> None:
    checker.keys.are_read = False


def paused(checker: StandIn) -> None:
    checker.keys.key = a_key(standing=Standing(Step.PAUSED))


def spent(checker: StandIn) -> None:
    checker.keys.key = a_key(standing=Standing(spent_until=AT + timedelta(hours=1)))


def without_index(checker: StandIn) -> None:
    checker.problem = "The index is missing."


@pytest.mark.parametrize("state", [unknown, unread, paused, spent, without_index])
def test_a_gate_that_may_not_or_cannot_ask_says_error(state: object) -> None:
    checker = StandIn(listed=BLOCKED)
    assert callable(state)
    state(checker)
    for data in (BAD, CLEAN):
        said = ask(b"nINSTREAM\n" + stream(data), desk=a_desk(checker))
        assert said.startswith(b"stream: Not available (")
        assert said.endswith(b" ERROR\n")
    assert ask(b"nPING\n", desk=a_desk(checker)) == b"PONG\n"


def test_a_desk_that_breaks_says_error() -> None:
    def broken(data: bytes) -> Fingerprints:
        raise ZeroDivisionError

    said = ask(b"nINSTREAM\n" + stream(CLEAN), desk=a_desk(fingerprint=broken))
    assert said == b"stream: Not available (something broke here). ERROR\n"


def test_what_breaks_beside_the_desk_is_an_error_too(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("tocsin.doors.gates.clamd.looking.is_mail", broken)
    broke = b"Not available (something broke here). ERROR\n"
    assert ask(b"nINSTREAM\n" + stream(CLEAN)) == b"stream: " + broke
    assert ask(f"nSCAN {shelf}/a.jpg\n".encode(), folders=[shelf]) == b"scan: " + broke


def test_an_answer_that_takes_too_long_is_an_error_and_its_bytes_stay_counted_until_it_ends() -> (
    None
):
    may_end = threading.Event()

    def slow(data: bytes) -> Fingerprints:
        may_end.wait(20)
        return clean_or_real(data)

    desk = a_desk(fingerprint=slow, limits=replace(QUICK, answer_seconds=0.1))
    seen: list[int] = []

    async def serve(wire: Wire) -> None:
        await ClamdSession(desk, wire, [], lambda: 1).serve()
        seen.append(desk.held_bytes)
        may_end.set()
        while desk.busy:
            await asyncio.sleep(0)
        seen.append(desk.held_bytes)

    assert talk(serve, b"nINSTREAM\n" + stream(CLEAN)).endswith(b"took too long). ERROR\n")
    assert seen[0] > 0
    assert seen[1] == 0


def test_a_stream_beyond_the_limit_is_refused_in_clamds_words() -> None:
    small = a_desk(limits=replace(QUICK, most_bytes=1_000))
    assert ask(b"zINSTREAM\0" + stream(bytes(1_001)), desk=small) == (
        b"INSTREAM size limit exceeded. ERROR\0"
    )
    # By its announcement alone: two gigabytes need not come first.
    assert ask(b"zINSTREAM\0" + struct.pack("!L", 1 << 31), desk=small) == (
        b"INSTREAM size limit exceeded. ERROR\0"
    )


def test_a_stream_that_ends_before_its_end_is_not_checked() -> None:
    assert ask(b"nINSTREAM\n" + stream(BAD)[:-4]) == (
        b"stream: Not checked (the stream ended before its end). ERROR\n"
    )


def test_a_stream_for_which_no_memory_comes_free_is_told_so() -> None:
    desk = a_desk(limits=replace(QUICK, memory_bytes=1_000))
    said = ask(b"nINSTREAM\n" + stream(bytes(2_000)), desk=desk)
    assert said.startswith(b"stream: Not available (no memory")
    assert desk.held_bytes == 0


def test_a_session_numbers_its_answers_and_may_be_pipelined() -> None:
    said = ask(
        b"zIDSESSION\0zINSTREAM\0" + stream(BAD),
        b"zPING\0zINSTREAM\0" + stream(CLEAN) + b"zVERSION\0zEND\0",
    )
    answers = dict(line.split(b": ", 1) for line in said.rstrip(b"\0").split(b"\0"))
    assert answers.pop(b"4").startswith(b"Tocsin ")
    assert answers == {b"1": b"stream: Tocsin.Listed FOUND", b"2": b"PONG", b"3": b"stream: OK"}


def test_a_broken_session_tells_in_which_command_after_all_that_was_due() -> None:
    said = ask(b"nIDSESSION\nnINSTREAM\n" + stream(BAD) + b"nDANCE\nnPING\n")
    assert said == b"1: stream: Tocsin.Listed FOUND\n2: Command invalid inside IDSESSION. ERROR\n"


def test_outside_a_session_one_command_is_answered() -> None:
    assert ask(b"nPING\nnPING\n") == b"PONG\n"


def test_every_look_is_counted_for_the_door_under_a_number_that_says_nothing() -> None:
    checker = StandIn(listed=BLOCKED)
    ask(b"nINSTREAM\n" + stream(BAD), desk=a_desk(checker))
    assert checker.doors == [Door.CLAMD]
    assert len(checker.asked[0].client_id) == 32


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    (folder / "below").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(CLEAN)
    (folder / "below" / "b.jpg").write_bytes(BAD)
    (folder / "below" / "c.jpg").write_bytes(BAD)
    (tmp_path / "outside.jpg").write_bytes(CLEAN)
    return folder.resolve()


def test_paths_are_scanned_only_below_the_allowed_folders(shelf: Path) -> None:
    def said(path: Path | str, folders: list[Path]) -> bytes:
        return ask(b"nSCAN " + str(path).encode() + b"\n", folders=folders)

    assert said(shelf / "a.jpg", [shelf]) == f"{shelf}/a.jpg: OK\n".encode()
    assert said(shelf / "a.jpg", []).endswith(b": Access denied. ERROR\n")
    assert said(f"{shelf}/../outside.jpg", [shelf]).endswith(b": Access denied. ERROR\n")
    (shelf / "link.jpg").symlink_to(shelf.parent / "outside.jpg")
    assert said(shelf / "link.jpg", [shelf]).endswith(b": Access denied. ERROR\n")
    assert said("/nowhere/none.jpg", [shelf]).endswith(b": Access denied. ERROR\n")
    assert said(shelf / "none.jpg", [shelf]).endswith(b"No such file or directory). ERROR\n")
    assert said("a.jpg", [shelf]).endswith(b"not a whole path). ERROR\n")
    assert said("/dev/null", [Path("/dev")]).endswith(b"Not supported file type. ERROR\n")


def test_scan_ends_with_the_first_find_and_contscan_goes_on(shelf: Path) -> None:
    for word, lines in ((b"SCAN", 1), (b"CONTSCAN", 2), (b"MULTISCAN", 2), (b"ALLMATCHSCAN", 2)):
        said = ask(b"z" + word + b" " + str(shelf).encode() + b"\0", folders=[shelf])
        found = said.rstrip(b"\0").split(b"\0")
        assert len(found) == lines
        assert all(line.endswith(b".jpg: Tocsin.Listed FOUND") for line in found)


def test_a_folder_in_which_one_file_cannot_be_checked_is_not_ok(shelf: Path) -> None:
    (shelf / "below" / "b.jpg").write_bytes(b"%PDF")
    (shelf / "below" / "c.jpg").unlink()
    said = ask(b"nCONTSCAN " + str(shelf).encode() + b"\n", folders=[shelf])
    assert said.count(b"\n") == 1
    assert said.endswith(b" ERROR\n")


def test_a_file_that_is_named_like_an_answer_gives_none(shelf: Path) -> None:
    (shelf / "x: OK\nx").write_bytes(BAD)
    said = ask(b"nCONTSCAN " + str(shelf).encode() + b"\n", folders=[shelf])
    assert all(line.endswith(b" FOUND") for line in said.rstrip(b"\n").split(b"\n"))


def test_a_file_too_large_for_a_look_is_not_ok(shelf: Path) -> None:
    (shelf / "a.jpg").write_bytes(b"clean" + bytes(2_000))
    desk = a_desk(limits=replace(QUICK, most_bytes=1_000))
    said = ask(f"nSCAN {shelf}/a.jpg\n".encode(), desk=desk, folders=[shelf])
    assert said.endswith(b"too large to be looked at). ERROR\n")


words = st.sampled_from(
    [b"zINSTREAM\0", b"nINSTREAM\n", b"zIDSESSION\0", b"nSCAN /\n", b"zPING\0", b"PING\n",
     b"zEND\0", struct.pack("!L", 0), struct.pack("!L", 5), b"\xff\xff\xff\xff", b"\xff\xd8\xff"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(st.one_of(words, st.binary(max_size=200)), max_size=12))
def test_whatever_is_sent_ends_in_answers_of_the_protocol_and_never_ok(sent: list[bytes]) -> None:
    said = ask(*sent, desk=a_desk(StandIn(listed=BLOCKED)), folders=[Path("/nonexistent")])
    assert b": OK" not in said


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 60), step=st.integers(1, 9))
def test_a_conversation_cut_anywhere_is_never_ok(at: int, step: int) -> None:
    whole = b"zINSTREAM\0" + stream(CLEAN, step)
    cut = whole[: min(at, len(whole) - 1)]
    assert b"OK" not in ask(cut[:7], cut[7:])

"""Frame lists in the forms in which vPDQ exchanges them."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.fingerprints import FrameHash, vpdq

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "vpdq"
HASH = "dadb999c25266273529cadac89cb52c22324ad3bce99726c38668d93c799f07c"

frames = st.lists(
    st.builds(
        FrameHash,
        number=st.integers(0, 10**9),
        seconds=st.integers(0, 10**8).map(lambda thousandths: thousandths / 1000),
        value=st.binary(min_size=32, max_size=32),
        quality=st.integers(0, 100),
    ),
    max_size=20,
)


@given(frames)
def test_a_text_read_back_is_the_list_that_was_written(some: list[FrameHash]) -> None:
    read = vpdq.read_text(vpdq.write_text(some))
    assert read.frames == tuple(some)
    assert not read.refused


@given(frames)
def test_a_signal_read_back_is_the_list_numbered_anew(some: list[FrameHash]) -> None:
    read = vpdq.read_json(vpdq.write_json(some))
    expected = [FrameHash(n, f.seconds, f.value, f.quality) for n, f in enumerate(some)]
    assert read.frames == tuple(expected)
    assert not read.refused


@given(st.text(max_size=400))
def test_no_text_upsets_the_reader(text: str) -> None:
    read = vpdq.read_text(text)
    assert len(read.frames) + len(read.refused) <= len(text.splitlines())
    with suppress(vpdq.NotAFrameList):
        vpdq.read_json(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


@given(json_values)
def test_no_json_upsets_the_reader(value: object) -> None:
    members = len(value) if isinstance(value, list | dict) else 0
    with suppress(vpdq.NotAFrameList):
        read = vpdq.read_json(json.dumps(value))
        assert len(read.frames) + len(read.refused) == members


@pytest.mark.skipif(not VECTORS.is_dir(), reason="Meta's lists (../shared/vectors) are not here")
def test_metas_own_lists_are_read_and_written_byte_for_byte() -> None:
    lists = sorted(VECTORS.glob("*-bar.txt"))
    assert len(lists) == 6
    for path in lists:
        text = path.read_text("ascii")
        read = vpdq.read_text(text)
        assert not read.refused
        assert vpdq.write_text(read.frames) == text


def test_the_text_is_that_of_metas_tool() -> None:
    frame = FrameHash(7, 0.2333333, bytes.fromhex(HASH), 100)
    assert vpdq.write_text([frame, frame]) == f"7,100,{HASH},0.233\n" * 2


def test_the_signal_is_that_of_threatexchange() -> None:
    frame = FrameHash(7, 0.2333333, bytes.fromhex(HASH), 99)
    assert vpdq.write_json([frame]) == f'["{HASH},99,0.233"]'


def test_three_significant_digits_of_threatexchange_are_read() -> None:
    read = vpdq.read_json(json.dumps([f"{HASH},100,1.23e+03", f"{HASH},100,0.0"]))
    assert [frame.seconds for frame in read.frames] == [1230.0, 0.0]


def test_the_older_object_of_frame_numbers_is_read() -> None:
    text = json.dumps({"12": {"quality": 100, "hash": HASH, "timestamp": 0.4}})
    assert vpdq.read_json(text).frames == (FrameHash(12, 0.4, bytes.fromhex(HASH), 100),)


def test_an_empty_signal_is_an_empty_list() -> None:
    assert vpdq.read_json("").frames == vpdq.read_json("[]").frames == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,100", "2 values"),
        (f"1,100,{HASH},0.0,5", "5 values"),
        (f"-1,100,{HASH},0.0", "frame number"),
        (f"x,100,{HASH},0.0", "frame number"),
        (f"1,101,{HASH},0.0", "quality"),
        (f"1,1e1,{HASH},0.0", "quality"),
        (f"1,100,{HASH[:-1]},0.0", "64 hexadecimal digits"),
        (f"1,100,{HASH[:-1]}g,0.0", "64 hexadecimal digits"),
        (f"1,100,{HASH},-1", "seconds"),
        (f"1,100,{HASH},nan", "seconds"),
        (f"1,100,{HASH},1e99", "seconds"),
        (f"1,100,{HASH},\u0661", "seconds"),
    ],
)
def test_a_line_that_is_no_frame_is_refused_with_its_number_and_reason(
    line: str, reason: str
) -> None:
    good = f"1,100,{HASH},0.0"
    read = vpdq.read_text("\n".join([good, "", line, good]))
    assert len(read.frames) == 2
    [refused] = read.refused
    assert refused.number == 3
    assert reason in refused.reason
    assert HASH[:8] not in refused.reason


def test_a_text_that_is_no_list_at_all_is_not_read_to_its_end() -> None:
    with pytest.raises(vpdq.NotAFrameList):
        vpdq.read_text("nothing of it\n" * 100_000)


@pytest.mark.parametrize("text", ["{", "3", '"text"', "[" * 100_000])
def test_what_is_no_signal_is_told_so(text: str) -> None:
    with pytest.raises(vpdq.NotAFrameList):
        vpdq.read_json(text)


def test_lines_of_another_system_and_capital_digits_are_read() -> None:
    read = vpdq.read_text(f"\ufeff1,100,{HASH.upper()},0.0\r\n2,100,{HASH},0.1\r\n")
    assert [frame.value.hex() for frame in read.frames] == [HASH, HASH]


def test_pruning_drops_frames_near_the_last_one_kept() -> None:
    def frame(number: int, ones: int) -> FrameHash:
        return FrameHash(number, number / 30, ((1 << ones) - 1).to_bytes(32, "big"), 100)

    still = [frame(0, 0), frame(1, 10), frame(2, 16), frame(3, 17), frame(4, 20), frame(5, 34)]
    assert [f.number for f in vpdq.pruned(still)] == [0, 3, 5]
    assert [f.number for f in vpdq.pruned(still, bits=0)] == [0, 1, 2, 3, 4, 5]
    assert vpdq.pruned([]) == ()

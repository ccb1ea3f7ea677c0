"""What passes between the pool and a worker, and that a worker's word is not taken on trust."""

import json

import pytest

from tocsin.engine.fingerprints import Sight, Status
from tocsin.engine.media import MediaOptions, frames

SIGHT = Sight(Status.PARTIAL, "jpeg", 640, 480, bytes(range(32)), 93, bytes(range(1, 33)))


def test_a_question_arrives_as_it_was_asked() -> None:
    asked = frames.Question(MediaOptions(tiff=True, max_pixels=5), 7.5)
    frame = frames.question_frame(3, asked, 99)
    number, note_length, length = frames.HEAD.unpack(frame[: frames.HEAD.size])
    assert (number, length) == (3, 99)
    note = frame[frames.HEAD.size :]
    assert len(note) == note_length
    assert frames.read_question(note) == asked


@pytest.mark.parametrize("sight", [SIGHT, Sight(Status.CORRUPT), Sight(Status.TOO_LARGE, "png", 9)])
def test_an_answer_arrives_as_it_was_given(sight: Sight) -> None:
    frame = frames.answer_frame(4, sight)
    assert frames.HEAD.unpack(frame[: frames.HEAD.size])[0] == 4
    assert len(frame) < frames.LONGEST_ANSWER
    assert frames.read_answer(frame[frames.HEAD.size :]) == sight


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "fine"},
        {"format": "../../etc"},
        {"format": 7},
        {"width": -1},
        {"height": "480"},
        {"pdq": "00"},
        {"pdq": "zz" * 32},
        {"pdq": None},
        {"pdq_quality": 101},
        {"pdq_quality": True},
        {"pdq_oriented": [1]},
    ],
    ids=str,
)
def test_an_answer_with_a_wrong_field_is_misread(wrong: dict[str, object]) -> None:
    note = frames.answer_frame(1, SIGHT)[frames.HEAD.size :]
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(json.dumps(json.loads(note) | wrong).encode())


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 4000])
def test_an_answer_that_is_not_one_is_misread(note: bytes) -> None:
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(note)

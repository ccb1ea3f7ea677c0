"""What passes between the pool and a worker, and that a worker's word is not taken on trust."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tocsin.engine.fingerprints import (
    Decoding,
    Dialect,
    FrameHash,
    FrameVariants,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
    Sampling,
    Sight,
    Status,
    Variant,
    VideoHashes,
)
from tocsin.engine.media import MediaOptions, Precision, frames
from tocsin.engine.media.refusals import Refused

VALUE = bytes(range(32))
PICTURE = PictureHashes(
    origin=Origin.PICTURE,
    number=0,
    width=640,
    height=480,
    pdq=PdqHash(VALUE, 93, Dialect.FULL, Decoding.SCALED_4),
    pdq_512=PdqHash(VALUE, 92, Dialect.NEAREST_512),
    pdq_oriented=PdqHash(bytes(range(1, 33)), 93),
    gate=Gate.BYTES,
    variants=(Variant("mirrored", bytes(32), 93),),
)
FRAME = FrameHash(0, 0.0, VALUE, 90)
SIGHT = Sight(Status.PARTIAL, "jpeg", 640, 480, (PICTURE,))
FILM = Sight(
    Status.OK,
    "mp4",
    640,
    480,
    video=VideoHashes(
        Sampling.DENSE,
        (FRAME,),
        12.5,
        cropped=(FRAME,),
        oriented=(FRAME,),
        variants=(FrameVariants(0, 0.0, (Variant("mirrored", VALUE, 93),)),),
    ),
)
WHOLE = [SIGHT, FILM, Sight(Status.CORRUPT), Sight(Status.TOO_LARGE, "png", 9)]

Fields = dict[str, Any]  # Any: whatever a hostile worker may put there


def test_a_size_that_no_picture_has_is_not_repeated() -> None:
    refused = Refused(Status.TOO_LARGE, "mkv", (96, 1 << 62)).sight
    assert (refused.width, refused.height) == (None, None)
    assert frames.read_answer(frames.answer_frame(1, refused)[frames.HEAD.size :]) == refused


def test_a_question_arrives_as_it_was_asked() -> None:
    options = MediaOptions(tiff=True, max_pixels=5, precision=Precision.QUERY)
    asked = frames.Question(options, 7.5)
    frame = frames.question_frame(3, asked, 99)
    number, note_length, length = frames.HEAD.unpack(frame[: frames.HEAD.size])
    assert (number, length) == (3, 99)
    note = frame[frames.HEAD.size :]
    assert len(note) == note_length
    assert frames.read_question(note) == asked


@pytest.mark.parametrize("sight", WHOLE)
def test_an_answer_arrives_as_it_was_given(sight: Sight) -> None:
    frame = frames.answer_frame(4, sight)
    assert frames.HEAD.unpack(frame[: frames.HEAD.size])[0] == 4
    assert len(frame) < frames.LONGEST_ANSWER
    assert frames.read_answer(frame[frames.HEAD.size :]) == sight


def test_a_worker_says_whether_it_should_be_replaced() -> None:
    for state in (frames.FIT, frames.SPENT):
        frame = frames.answer_frame(4, SIGHT, state)
        assert frames.HEAD.unpack(frame[: frames.HEAD.size])[2] == state
    assert frames.answer_frame(4, SIGHT) == frames.answer_frame(4, SIGHT, frames.FIT)


def _in_sight(**wrong: object) -> Callable[[Fields], None]:
    return lambda sight: sight.update(wrong)


def _in_picture(**wrong: object) -> Callable[[Fields], None]:
    return lambda sight: sight["pictures"][0].update(wrong)


def _in_hash(**wrong: object) -> Callable[[Fields], None]:
    return lambda sight: sight["pictures"][0]["pdq"].update(wrong)


def _in_variant(**wrong: object) -> Callable[[Fields], None]:
    return lambda sight: sight["pictures"][0]["variants"][0].update(wrong)


@pytest.mark.parametrize(
    "spoil",
    [
        _in_sight(status="fine"),
        _in_sight(format="../../etc"),
        _in_sight(format=7),
        _in_sight(width=-1),
        _in_sight(height="480"),
        _in_sight(pictures=None),
        _in_picture(origin="elsewhere"),
        _in_picture(number=-1),
        _in_picture(width=2**40),
        _in_picture(pdq=None),
        _in_picture(gate="open"),
        _in_hash(value=b"\0"),
        _in_hash(value="zz" * 32),
        _in_hash(quality=101),
        _in_hash(quality=True),
        _in_hash(dialect="latin"),
        _in_variant(transformation="x" * 200),
        _in_variant(value=b""),
    ],
)
def test_an_answer_with_a_wrong_field_is_misread(spoil: Callable[[Fields], None]) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(SIGHT))
    spoil(fields)
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize("wrong", [{"quality": 101}, {"value": b"1"}, {"seconds": float("nan")}])
@pytest.mark.parametrize("where", ["frames", "cropped", "oriented"])
def test_an_answer_with_a_wrong_film_frame_is_misread(where: str, wrong: Fields) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(FILM))
    fields["video"][where][0].update(wrong)
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    ("wrong", "of_variant"),
    [
        ({"number": -1}, {}),
        ({"seconds": float("inf")}, {}),
        ({}, {"value": b"1"}),
        ({}, {"quality": 101}),
        ({}, {"transformation": "x" * 200}),
    ],
)
def test_an_answer_with_a_wrong_variant_of_a_frame_is_misread(
    wrong: Fields, of_variant: Fields
) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(FILM))
    frame = fields["video"]["variants"][0]
    frame.update(wrong)
    frame["variants"][0].update(of_variant)
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize("duration", [-1.0, float("nan"), 1e12, "long"])
def test_an_answer_with_a_wrong_duration_is_misread(duration: object) -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(FILM))
    fields["video"]["duration_seconds"] = duration
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(msgspec.msgpack.encode(fields))


@pytest.mark.parametrize(
    "note", [b"", b"{", b"\x90", b"\xc0", b"\x80", b"\xff\xfe", b"\x91" * 4000]
)
def test_an_answer_that_is_not_one_is_misread(note: bytes) -> None:
    with pytest.raises(frames.MisreadAnswer):
        frames.read_answer(note)

"""What a decoder worker and the process that started it say to each other, over two pipes.

A frame is a fixed head (number of the question, length of the note, length of the body), a note in
MessagePack, and the body. A question's note holds the options and its body the file; an answer's
note holds a Sight and its body is empty. The number ties an answer to its question.
"""

import struct
from dataclasses import dataclass
from math import isfinite
from typing import Final

import msgspec

from tocsin.engine.fingerprints.types import FrameHash, PictureHashes, Sight, VideoHashes
from tocsin.engine.media.options import MediaOptions

HEAD: Final = struct.Struct("!QIQ")
READY: Final = 0
"""The number of the frame by which a new worker says that it has loaded its decoders."""
LONGEST_ANSWER: Final = 32 << 20
"""A dense list of a long film has hundreds of thousands of frames of some 50 bytes each."""
_LONGEST_NAME: Final = 80
_DECODER: Final = msgspec.msgpack.Decoder(Sight)


class MisreadAnswer(Exception):
    """A worker answered something that no honest worker says."""


@dataclass(frozen=True, slots=True)
class Question:
    """How to look at the file that follows, and after how many seconds to give up."""

    options: MediaOptions
    give_up_seconds: float


def question_frame(number: int, question: Question, length: int) -> bytes:
    """Head and note of a question whose body of `length` bytes is sent after it."""
    note = msgspec.msgpack.encode(question)
    return HEAD.pack(number, len(note), length) + note


def read_question(note: bytes) -> Question:
    """The question in a note. The asking process is trusted: it is the one that started us."""
    return msgspec.msgpack.decode(note, type=Question)


def answer_frame(number: int, sight: Sight | None) -> bytes:
    """An answer; without a sight it is the READY frame's empty note."""
    note = b"" if sight is None else msgspec.msgpack.encode(sight)
    return HEAD.pack(number, len(note), 0) + note


def read_answer(note: bytes) -> Sight:
    """The sight in an answer. Raises MisreadAnswer.

    A worker that met hostile bytes may be in a stranger's hands, so nothing it says is believed
    before its type and range are looked at.
    """
    try:
        sight = _DECODER.decode(note)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise MisreadAnswer("the worker's answer is not one") from None
    if not (_is_sound(sight) and all(map(_is_sound_picture, sight.pictures))):
        raise MisreadAnswer("something in the worker's answer is out of its range")
    if sight.video is not None and not all(map(_is_sound_frame, _frames_of(sight.video))):
        raise MisreadAnswer("a frame in the worker's answer is out of its range")
    return sight


def _is_sound(sight: Sight) -> bool:
    return (
        (sight.format is None or (sight.format.isalnum() and len(sight.format) <= 8))
        and _is_size(sight.width)
        and _is_size(sight.height)
    )


def _is_sound_picture(picture: PictureHashes) -> bool:
    hashes = (picture.pdq, picture.pdq_512, picture.pdq_oriented, *picture.variants)
    return (
        picture.number >= 0
        and _is_size(picture.width)
        and _is_size(picture.height)
        and all(_is_hash(h.value, h.quality) for h in hashes if h is not None)
        and all(len(v.transformation) <= _LONGEST_NAME for v in picture.variants)
    )


def _is_sound_frame(frame: FrameHash) -> bool:
    return frame.number >= 0 and isfinite(frame.seconds) and _is_hash(frame.value, frame.quality)


def _frames_of(video: VideoHashes) -> tuple[FrameHash, ...]:
    return video.frames + video.cropped


def _is_hash(value: bytes, quality: int) -> bool:
    return len(value) == 32 and 0 <= quality <= 100


def _is_size(pixels: int | None) -> bool:
    return pixels is None or 0 <= pixels <= 1 << 32

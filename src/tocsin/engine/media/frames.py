"""What a decoder worker and the process that asks it say to each other, over one socket.

A frame is a fixed head (number of the question, length of the note, length of the body), a note in
MessagePack, and the body. A question's note holds the options and its body the file; an answer's
note holds a Sight (or a Derivative, or a PageRead, where that was asked for), and in place of a
body's length stands whether the worker should be replaced. The number ties an answer to its
question.
"""

import struct
from dataclasses import dataclass
from math import isfinite
from typing import Final

import msgspec

from tocsin.engine.fingerprints.types import FrameHash, PictureHashes, Sight, Status, VideoHashes
from tocsin.engine.media.containment import Containment
from tocsin.engine.media.headers import kind_of, size_of
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.pages import AsPage, PageRead
from tocsin.engine.media.refusals import LARGEST_SIDE
from tocsin.engine.media.veils import LONGEST_SIDE, MOST_FRAMES, Derivative, Wanted

HEAD: Final = struct.Struct("!QIQ")
READY: Final = 0
"""The number of the frame by which a new worker says that it has shut itself in, and how."""
FIT: Final = 0
SPENT: Final = 1
"""In an answer's head: memory ran out, or nearly did, so give the next file to another worker."""
LONGEST_READY: Final = 1 << 12
LONGEST_DERIVATIVE: Final = 2 << 20
LONGEST_PAGE_ANSWER: Final = 8 << 20
LONGEST_ANSWER: Final = 32 << 20
"""A dense list of a long film has hundreds of thousands of frames of some 50 bytes each."""
_SHORT_ANSWER: Final = 1 << 20
_PICTURE_BYTES: Final = 1 << 15  # one with all its query variants, and some to spare
_MOST_LOOKS: Final = 4  # on white, on black, without its alpha, and the still before it
_LONGEST_NAME: Final = 80
_DECODER: Final = msgspec.msgpack.Decoder(Sight)
_DERIVATIVE_DECODER: Final = msgspec.msgpack.Decoder(Derivative)
_PAGE_DECODER: Final = msgspec.msgpack.Decoder(PageRead)


class MisreadAnswer(Exception):
    """A worker answered something that no honest worker says."""


@dataclass(frozen=True, slots=True)
class Question:
    """How to look at the file that follows, and after how many seconds to give up.

    With `wanted` or `page`, what is answered is no Sight but a Derivative, or a PageRead.
    """

    options: MediaOptions
    give_up_seconds: float
    wanted: Wanted | None = None
    page: AsPage | None = None


def question_frame(number: int, question: Question, length: int) -> bytes:
    """Head and note of a question whose body of `length` bytes is sent after it."""
    note = msgspec.msgpack.encode(question)
    return HEAD.pack(number, len(note), length) + note


def read_question(note: bytes) -> Question:
    """The question in a note. The asking process is trusted: it is the one that started us."""
    return msgspec.msgpack.decode(note, type=Question)


def answer_frame(number: int, answer: Sight | Derivative | PageRead, state: int = FIT) -> bytes:
    """The answer to a question, from a worker in that state."""
    note = msgspec.msgpack.encode(answer)
    return HEAD.pack(number, len(note), state) + note


def ready_frame(containment: Containment) -> bytes:
    """A new worker's first words."""
    note = msgspec.msgpack.encode(containment)
    return HEAD.pack(READY, len(note), 0) + note


def read_ready(note: bytes) -> Containment:
    """What holds a new worker in, by its own word: it has seen no file yet.
    Raises MisreadAnswer."""
    try:
        return msgspec.msgpack.decode(note, type=Containment)
    except (msgspec.MsgspecError, ValueError):
        raise MisreadAnswer("the worker did not say what holds it in") from None


def longest_answer(question: Question) -> int:
    """The most bytes that an honest worker answers to this question, so that a dishonest one
    cannot make us keep and unpack more."""
    if question.wanted is not None:
        return LONGEST_DERIVATIVE + _SHORT_ANSWER
    if question.page is not None:
        return LONGEST_PAGE_ANSWER
    return _longest_sight(question.options)


def _longest_sight(options: MediaOptions) -> int:
    if options.video is not None:
        return LONGEST_ANSWER
    pictures = options.max_frames + (options.max_data_uris if options.data_uris else 0)
    looks = _MOST_LOOKS if options.is_for_asking else 1
    return min(_SHORT_ANSWER + pictures * looks * _PICTURE_BYTES, LONGEST_ANSWER)


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
    if sight.video is not None and not _is_sound_video(sight.video):
        raise MisreadAnswer("a frame in the worker's answer is out of its range")
    return sight


def read_derivative(note: bytes) -> Derivative:
    """The derivative in an answer. Raises MisreadAnswer for one that is no small JPEG."""
    try:
        given = _DERIVATIVE_DECODER.decode(note)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise MisreadAnswer("the worker's answer is no derivative") from None
    if given.status is not Status.OK:
        return Derivative(given.status)
    # What goes to a browser has the first bytes and the size of what was asked for.
    sides = (given.width, given.height)
    if (
        len(given.picture) > LONGEST_DERIVATIVE
        or kind_of(given.picture) != "jpeg"
        or size_of("jpeg", given.picture) != sides
        or not all(1 <= side <= LONGEST_SIDE for side in sides)
        or not 1 <= given.frames <= MOST_FRAMES
    ):
        raise MisreadAnswer("something in the worker's derivative is out of its range")
    return given


def read_page_answer(note: bytes) -> PageRead:
    """The page in an answer. Raises MisreadAnswer."""
    try:
        page = _PAGE_DECODER.decode(note)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise MisreadAnswer("the worker's answer is no page") from None
    if not page.is_within_limits():
        raise MisreadAnswer("something in the worker's page is out of its range")
    return page


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


def _is_sound_video(video: VideoHashes) -> bool:
    return (
        (video.duration_seconds is None or 0 <= video.duration_seconds < 1e9)
        and all(map(_is_sound_frame, video.frames + video.cropped + video.oriented))
        and all(
            frame.number >= 0
            and isfinite(frame.seconds)
            and all(_is_hash(v.value, v.quality) for v in frame.variants)
            and all(len(v.transformation) <= _LONGEST_NAME for v in frame.variants)
            for frame in video.variants
        )
    )


def _is_hash(value: bytes, quality: int) -> bool:
    return len(value) == 32 and 0 <= quality <= 100


def _is_size(pixels: int | None) -> bool:
    return pixels is None or 0 <= pixels <= LARGEST_SIDE

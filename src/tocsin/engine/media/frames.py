"""What a decoder worker and the process that started it say to each other, over two pipes.

A frame is a fixed head (number of the question, length of the note, length of the body), a JSON
note, and the body. A question's note holds the options and its body the file; an answer's note
holds a Sight and its body is empty. The number ties an answer to its question.
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import Final

from tocsin.engine.fingerprints.types import Sight, Status
from tocsin.engine.media.options import MediaOptions

HEAD: Final = struct.Struct("!QIQ")
READY: Final = 0
"""The number of the frame by which a new worker says that it has loaded its decoders."""
LONGEST_ANSWER: Final = 4096


class MisreadAnswer(Exception):
    """A worker answered something that no honest worker says."""


@dataclass(frozen=True, slots=True)
class Question:
    """How to look at the file that follows, and after how many seconds to give up."""

    options: MediaOptions
    give_up_seconds: float


def question_frame(number: int, question: Question, length: int) -> bytes:
    """Head and note of a question whose body of `length` bytes is sent after it."""
    note = json.dumps(
        {"options": asdict(question.options), "give_up_seconds": question.give_up_seconds}
    ).encode()
    return HEAD.pack(number, len(note), length) + note


def read_question(note: bytes) -> Question:
    """The question in a note. The asking process is trusted: it is the one that started us."""
    fields = json.loads(note)
    return Question(MediaOptions(**fields["options"]), float(fields["give_up_seconds"]))


def answer_frame(number: int, sight: Sight | None) -> bytes:
    """An answer; without a sight it is the READY frame's empty note."""
    note = b"" if sight is None else json.dumps(_fields(sight)).encode()
    return HEAD.pack(number, len(note), 0) + note


def read_answer(note: bytes) -> Sight:
    """The sight in an answer. Raises MisreadAnswer.

    A worker that met hostile bytes may be in a stranger's hands, so nothing it says is believed
    before its type and range are looked at.
    """
    try:
        fields = json.loads(note)
        sight = Sight(
            status=Status(fields["status"]),
            format=_word(fields["format"]),
            width=_number(fields["width"], 1 << 32),
            height=_number(fields["height"], 1 << 32),
            pdq=_hash(fields["pdq"]),
            pdq_quality=_number(fields["pdq_quality"], 100),
            pdq_oriented=_hash(fields["pdq_oriented"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MisreadAnswer("the worker's answer is not one") from None
    if (sight.pdq is None) != (sight.pdq_quality is None):
        raise MisreadAnswer("a PDQ hash and its quality come together or not at all")
    return sight


def _fields(sight: Sight) -> dict[str, str | int | None]:
    return {
        "status": sight.status.value,
        "format": sight.format,
        "width": sight.width,
        "height": sight.height,
        "pdq": sight.pdq.hex() if sight.pdq else None,
        "pdq_quality": sight.pdq_quality,
        "pdq_oriented": sight.pdq_oriented.hex() if sight.pdq_oriented else None,
    }


def _word(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value.isalpha() and len(value) <= 8):
        return value
    raise ValueError("not a word")


def _number(value: object, most: int) -> int | None:
    if value is None:
        return None
    if type(value) is int and 0 <= value <= most:
        return value
    raise ValueError("not a number in its range")


def _hash(value: object) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) == 64:
        return bytes.fromhex(value)
    raise ValueError("not a PDQ hash")

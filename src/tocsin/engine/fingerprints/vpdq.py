"""Frame lists as vPDQ exchanges them, read and written.

Three forms are in the wild (`facebook/ThreatExchange`): the text of Meta's command-line tool, a
line `frame,quality,hash,seconds` for each frame (`vpdq/cpp`); the JSON array of
`"hash,quality,seconds"` that `threatexchange` uses as a signal; and its older JSON object of frame
numbers. Reading takes what it can use and says of every other line or member what is wrong with it,
without repeating a hash.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from tocsin.engine.fingerprints.types import FrameHash

MOST_FRAMES: Final = 2_000_000
"""More than 18 hours at 30 frames a second."""
MOST_REFUSED: Final = 1_000
"""So many refusals are told one by one; reading stops there, as this is no such list."""
_SECONDS_DIGITS: Final = 3
_WHOLE: Final = re.compile(r"[0-9]{1,10}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")
_SECONDS: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,2})?")
_LONGEST_SECONDS: Final = 1e8
_JSON_MOST_CHARACTERS: Final = 300 << 20

T = TypeVar("T")


class NotAFrameList(ValueError):
    """The text as a whole is not a list of frames; nothing of it can be used."""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line (counted from 1) or member (from 0) of a list that could not be used, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class FrameList:
    """What was read: the frames in the order given, and what could not be used."""

    frames: tuple[FrameHash, ...]
    refused: tuple[RefusedLine, ...]

    def __repr__(self) -> str:
        return f"<FrameList {len(self.frames)} frames, {len(self.refused)} refused>"


class _Unusable(Exception):
    """A line or member that is no frame; carries the reason."""


def read_text(text: str) -> FrameList:
    """The frames of a vPDQ text: lines `frame,quality,hash,seconds`, empty ones left out.

    Raises NotAFrameList above MOST_FRAMES lines or MOST_REFUSED unusable ones.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    numbered = ((number, line.strip()) for number, line in enumerate(lines, 1))
    return _collected(((number, line) for number, line in numbered if line), _of_line)


def write_text(frames: Iterable[FrameHash]) -> str:
    """The text as Meta's tool writes it: seconds with three decimals, a line feed after each."""
    return "".join(
        f"{frame.number},{frame.quality},{frame.value.hex()},{_seconds_text(frame.seconds)}\n"
        for frame in frames
    )


def read_json(text: str) -> FrameList:
    """The frames of a vPDQ signal in either JSON form; an empty text is an empty list.

    The array form holds no frame numbers: its frames are numbered as they come. Raises
    NotAFrameList for what is neither form.
    """
    if len(text) > _JSON_MOST_CHARACTERS:
        raise NotAFrameList("this is longer than any list of frames")
    try:
        found = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError):
        raise NotAFrameList("this is not JSON; a vPDQ signal is an array of strings") from None
    if isinstance(found, list):
        return _collected(enumerate(found), _of_string)
    if isinstance(found, dict):
        return _collected(enumerate(found.items()), _of_member)
    raise NotAFrameList("a vPDQ signal is a JSON array of strings, or an object of frame numbers")


def write_json(frames: Iterable[FrameHash]) -> str:
    """The signal as `threatexchange` reads it, in the array form.

    Seconds have three decimals. Its own writer keeps three significant digits, so that it puts
    12.345 seconds down as 12.3; it reads ours as they are.
    """
    return json.dumps([f"{f.value.hex()},{f.quality},{_seconds_text(f.seconds)}" for f in frames])


def pruned(frames: Sequence[FrameHash], *, bits: int = 16) -> tuple[FrameHash, ...]:
    """The frames without those within `bits` of the last one kept: shorter, and finds the same.

    For lists that are asked by key frames, or by share of the query. In a share of the list, a
    still scene then counts once instead of once a frame.
    """
    kept: list[FrameHash] = []
    last = None
    for frame in frames:
        value = int.from_bytes(frame.value, "big")
        if last is None or (value ^ last).bit_count() > bits:
            kept.append(frame)
            last = value
    return tuple(kept)


def _collected(things: Iterable[tuple[int, T]], read: Callable[[int, T], FrameHash]) -> FrameList:
    frames: list[FrameHash] = []
    refused: list[RefusedLine] = []
    for number, thing in things:
        try:
            frames.append(read(number, thing))
        except _Unusable as reason:
            refused.append(RefusedLine(number, str(reason)))
        if len(refused) > MOST_REFUSED or len(frames) > MOST_FRAMES:
            raise NotAFrameList("more lines than a list of frames has, or next to none that is one")
    return FrameList(tuple(frames), tuple(refused))


def _of_line(_: int, line: str) -> FrameHash:
    parts = line.split(",")
    if len(parts) != 4:
        raise _Unusable(f"{len(parts)} values where frame,quality,hash,seconds were expected")
    number, quality, value, seconds = (part.strip() for part in parts)
    return FrameHash(_number(number), _seconds(seconds), _value(value), _quality(quality))


def _of_string(place: int, member: object) -> FrameHash:
    parts = member.split(",") if isinstance(member, str) else ()
    if len(parts) != 3:
        raise _Unusable("not a string of hash,quality,seconds")
    value, quality, seconds = (part.strip() for part in parts)
    return FrameHash(place, _seconds(seconds), _value(value), _quality(quality))


def _of_member(_: int, member: tuple[str, object]) -> FrameHash:
    number, feature = member
    if not isinstance(feature, dict):
        raise _Unusable("not an object with quality, hash and timestamp")
    told = (feature.get("timestamp"), feature.get("hash"), feature.get("quality"))
    seconds, value, quality = (_plain(one) for one in told)
    return FrameHash(_number(number), _seconds(seconds), _value(value), _quality(quality))


def _plain(told: object) -> str:
    """A JSON value as text; what is neither text nor number becomes text that nothing takes."""
    return str(told) if isinstance(told, str | int | float) else ""


def _number(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _Unusable("the frame number is not a whole number from 0 on")
    return int(text)


def _quality(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) > 100:
        raise _Unusable("the quality is not a whole number from 0 to 100")
    return int(text)


def _value(text: str) -> bytes:
    if not _HASH.fullmatch(text):
        raise _Unusable(f"the hash is not 64 hexadecimal digits ({len(text)} characters)")
    return bytes.fromhex(text)


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) > _LONGEST_SECONDS:
        raise _Unusable("the seconds are not a number from 0 on")
    return float(text)


def _seconds_text(seconds: float) -> str:
    return f"{seconds:.{_SECONDS_DIGITS}f}"

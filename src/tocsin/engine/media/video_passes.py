"""Passes over a film: its key frames, one frame a second, or all of them, each looked at once.

A pass decodes a frame, shows it to whoever looks, and lets it go: what stays of a film is what was
noted down of its frames.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from tocsin.engine.fingerprints.types import Status
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.refusals import Refused
from tocsin.engine.media.video_reading import Film, Shown

MOST_KEY_FRAMES: Final = 1_000
"""A longer film's key frames are thinned out evenly until fewer than these are left."""
MOST_FRAMES: Final = 400_000
"""Some 3.7 hours at 30 frames a second: a dense list may not grow beyond."""
MOST_SECONDS_DECODED: Final = 900
"""Frames decoded, at most, in looking for one frame a second ..."""
MOST_SECONDS_PIXELS: Final = 900 << 20
"""... and pixels: those of 900 frames of a million pixels."""

T = TypeVar("T")


@dataclass(slots=True)
class Thinned(Generic[T]):
    """Fewer than `most` things of a sequence of unknown length, evenly spread over it.

    Whenever they are `most`, every other one is dropped and only every other later one wanted.
    """

    most: int
    kept: list[T] = field(default_factory=list)
    _every: int = 1

    def wants(self, place: int) -> bool:
        """Whether the thing at this place of the sequence is to be added."""
        return place % self._every == 0

    def add(self, thing: T) -> None:
        self.kept.append(thing)
        if len(self.kept) >= self.most:
            del self.kept[1::2]
            self._every *= 2


@dataclass(frozen=True, slots=True)
class Job:
    """A film that passed the gates: its bytes, its kind, and how to look at it."""

    data: bytes
    kind: str
    options: MediaOptions

    def __repr__(self) -> str:
        return f"<Job {self.kind} {len(self.data)} bytes>"


@dataclass(frozen=True, slots=True)
class Pass(Generic[T]):
    """What one pass noted down, and what it found out about the film."""

    noted: list[T]
    size: tuple[int, int]
    duration_seconds: float | None
    damaged: bool


def key_frames(job: Job, look: Callable[[Shown], T]) -> Pass[T]:
    """What `look` notes of the frames that can be decoded alone, fewer than MOST_KEY_FRAMES."""
    thinned = Thinned[T](MOST_KEY_FRAMES)
    with Film.open(job.data, job.kind, job.options) as film:
        for place, packet in enumerate(film.key_packets()):
            shown = film.frame_of(packet, place) if thinned.wants(place) else None
            if shown is not None:
                thinned.add(look(shown))
        return _pass(film, thinned.kept)


def each_second(job: Job, look: Callable[[Shown], T]) -> Pass[T]:
    """What `look` notes of one frame a second, as far as the limits on decoding reach."""
    noted: list[T] = []
    with Film.open(job.data, job.kind, job.options) as film:
        due = 0.0
        for shown in _first_frames(film):
            if shown.seconds >= due:
                noted.append(look(shown))
                due = shown.seconds + 1
        return _pass(film, noted)


def every_frame(job: Job, look: Callable[[Shown], T]) -> Pass[T]:
    """What `look` notes of every frame. Raises Refused (`too_large`) beyond MOST_FRAMES."""
    noted: list[T] = []
    with Film.open(job.data, job.kind, job.options) as film:
        for shown in film.frames():
            if len(noted) == MOST_FRAMES:
                raise Refused(Status.TOO_LARGE, job.kind, film.size)
            noted.append(look(shown))
        return _pass(film, noted)


def _first_frames(film: Film) -> Iterator[Shown]:
    pixels = 0
    for place, shown in enumerate(film.frames()):
        pixels += shown.frame.width * shown.frame.height
        if place >= MOST_SECONDS_DECODED or pixels > MOST_SECONDS_PIXELS:
            return
        yield shown


def _pass(film: Film, noted: list[T]) -> Pass[T]:
    return Pass(noted, film.size, film.duration_seconds, film.damaged)

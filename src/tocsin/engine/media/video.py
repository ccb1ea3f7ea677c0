"""One film, from bytes to the hashes of its frames.

`examine_video` runs in a worker of `DecoderPool`, whose deadline bounds its time. To ask about a
film its key frames are enough and cost a fiftieth of all frames; to list one, all frames are
hashed, so that a copy cut and re-timed by others is found by whatever frames it has.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from tocsin.engine.fingerprints.battery import variants_of
from tocsin.engine.fingerprints.distinctive import gate_of
from tocsin.engine.fingerprints.footage import is_silent
from tocsin.engine.fingerprints.pdq import (
    AS_STORED,
    SMALLEST_SIDE,
    TURN_OF_ORIENTATION,
    Turn,
    pdq_of_block,
)
from tocsin.engine.fingerprints.types import (
    FLAT_BELOW_QUALITY,
    SMALL_BELOW_PIXELS,
    FrameHash,
    FrameVariants,
    Gate,
    Sampling,
    Sight,
    Status,
    VideoHashes,
)
from tocsin.engine.media.containers import FilmShape, film_kind, shape_of
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.media.refusals import Refused, out_of_memory
from tocsin.engine.media.video_bars import Margins, margins_of, window_of
from tocsin.engine.media.video_passes import Job, Pass, each_second, every_frame, key_frames
from tocsin.engine.media.video_planes import FramePixels, Window, pixels_of, rgb_of
from tocsin.engine.media.video_reading import Shown

MOST_SAMPLES: Final = 2_000_000
"""Entries that a table of a container may claim: a film of ten hours has half of it."""
FEWEST_KEY_FRAMES: Final = 3
"""With fewer key frames that show something, one frame a second is looked at as well."""
MOST_BATTERIES: Final = 24
"""Frames whose variants are made when the query battery is asked for: it costs as much as decoding
a frame, and as many look-ups as a film has frames."""

# Where rounding to 8-bit RGB decides bits: frames of little contrast, down to where quality says
# that the frame must not match anyway (with a margin, as the RGB's own quality differs a little).
_ROUNDING_MATTERS: Final = range(FLAT_BELOW_QUALITY - 5, 80)
_ORIENTATION_OF_DEGREES: Final = {90: 8, 180: 3, 270: 6}
"""EXIF's number for the turn that a display matrix asks for, in degrees counter-clockwise."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is noted down of one frame when a film is asked about."""

    hashed: FrameHash
    oriented: FrameHash | None
    margins: Margins | None

    def __repr__(self) -> str:
        return f"<_Seen {self.hashed!r}>"


@dataclass(frozen=True, slots=True)
class _First:
    """The first pass over a film that is asked about, and whether it went by seconds too."""

    seen: Pass[_Seen]
    by_seconds: bool

    def again(self, job: Job, look: Callable[[Shown], T]) -> list[T]:
        """What `look` notes when it sees the same frames once more."""
        found = key_frames(job, look).noted
        return found + each_second(job, look).noted if self.by_seconds else found


def examine_video(data: bytes, options: MediaOptions = DEFAULT_OPTIONS) -> Sight:
    """The hashes of a film's frames, as `options.video` asks (key frames when it does not say).

    Never raises for what is in `data`. `unsupported` when it is no film that we read, has no
    pictures or is encrypted, or when PyAV is not installed; `too_large` above the limits of the
    options and above MOST_SAMPLES; `corrupt` without a single frame; `flat` when every frame says
    too little to match alone; `partial` when something of it could not be read.
    """
    kind = film_kind(data)
    try:
        job, shape = admitted_film(data, kind, options)
        return _listed(job, shape) if options.video is Sampling.DENSE else _asked(job, shape)
    except Refused as refused:
        return refused.sight
    except MemoryError:
        return out_of_memory(kind).sight
    except Exception:  # noqa: BLE001 - a demuxer given hostile bytes may raise anything at all
        return Sight(Status.CORRUPT, kind)


def admitted_film(data: bytes, kind: str | None, options: MediaOptions) -> tuple[Job, FilmShape]:
    """The film and what its container claims. Raises Refused."""
    if not data:
        raise Refused(Status.CORRUPT)
    if kind is None:
        raise Refused(Status.UNSUPPORTED)
    if len(data) > options.max_video_bytes:
        raise Refused(Status.TOO_LARGE, kind)
    shape = shape_of(kind, data)
    size = max(shape.sizes, key=lambda s: s[0] * s[1], default=None)
    if size is not None and size[0] * size[1] > options.max_pixels:
        raise Refused(Status.TOO_LARGE, kind, size)
    if shape.endless or shape.samples > MOST_SAMPLES:
        raise Refused(Status.TOO_LARGE, kind, size)
    if shape.encrypted:
        raise Refused(Status.UNSUPPORTED, kind, size)
    return Job(data, kind, options), shape


def _asked(job: Job, shape: FilmShape) -> Sight:
    """Key frames, with everything that helps to find an altered copy."""
    first = _first_pass(job)
    seen = first.seen
    window = _window(seen)
    frames = _in_order(one.hashed for one in seen.noted)
    cropped = _in_order(first.again(job, _within(window)) if window else ())
    telling = sorted({frame.number for frame in (*frames, *cropped) if not is_silent(frame)})
    video = VideoHashes(
        sampling=Sampling.KEY_FRAMES,
        frames=frames,
        duration_seconds=seen.duration_seconds,
        cropped=cropped,
        oriented=_in_order(one.oriented for one in seen.noted if one.oriented),
        variants=_variants(job, first, window, telling) if job.options.battery else (),
    )
    return _sight(job, shape, seen, video)


def _listed(job: Job, shape: FilmShape) -> Sight:
    """Every frame. The key frames are looked at before, for the bars."""
    window = _window(key_frames(job, _seen))
    inner = _within(window) if window else None

    def look(shown: Shown) -> tuple[FrameHash, ...]:
        return (_exactly(shown), inner(shown)) if inner else (_exactly(shown),)

    seen = every_frame(job, look)
    video = VideoHashes(
        sampling=Sampling.DENSE,
        frames=tuple(hashes[0] for hashes in seen.noted),
        duration_seconds=seen.duration_seconds,
        cropped=tuple(hashes[1] for hashes in seen.noted) if inner else (),
    )
    return _sight(job, shape, seen, video)


def _sight(job: Job, shape: FilmShape, seen: Pass[T], video: VideoHashes) -> Sight:
    if not video.frames:
        raise Refused(Status.CORRUPT, job.kind, seen.size)
    if min(seen.size) < SMALL_BELOW_PIXELS:
        status = Status.TOO_SMALL
    elif all(is_silent(frame) for frame in (*video.frames, *video.cropped)):
        status = Status.FLAT
    else:
        status = Status.PARTIAL if shape.cut_off or seen.damaged else Status.OK
    return Sight(status, job.kind, *seen.size, video=video)


def _first_pass(job: Job) -> _First:
    """The key frames; and where too few of them show anything, one frame a second besides.

    A film that fades in has a black first frame, and a short one no other key frame.
    """
    seen = key_frames(job, _seen)
    telling = [one for one in seen.noted if not is_silent(one.hashed)]
    if len(telling) >= FEWEST_KEY_FRAMES:
        return _First(seen, by_seconds=False)
    more = each_second(job, _seen)
    both = Pass(
        noted=seen.noted + more.noted,
        size=more.size,
        duration_seconds=more.duration_seconds,
        damaged=seen.damaged or more.damaged,
    )
    return _First(both, by_seconds=True)


def _window(seen: Pass[_Seen]) -> Window | None:
    """What the film shows within its bars, or None without bars."""
    return window_of([one.margins for one in seen.noted if one.margins], *seen.size)


def _seen(shown: Shown) -> _Seen:
    """The hashes and margins of one frame, from its luma plane."""
    pixels = pixels_of(shown.frame)
    orientation = _ORIENTATION_OF_DEGREES.get(shown.frame.rotation % 360)
    turn = TURN_OF_ORIENTATION[orientation] if orientation else None
    return _Seen(
        hashed=_hashed(shown, pixels),
        oriented=_hashed(shown, pixels, turn) if turn else None,
        margins=margins_of(pixels),
    )


def _exactly(shown: Shown) -> FrameHash:
    """The hash for a list: where rounding to RGB decides bits, with the rounding lists have."""
    pixels = pixels_of(shown.frame)
    found = _hashed(shown, pixels)
    if found.quality in _ROUNDING_MATTERS and pixels.pixels.ndim == 2:
        return _hashed(shown, rgb_of(shown.frame))
    return found


def _within(window: Window) -> Callable[[Shown], FrameHash]:
    """How to hash what a frame shows within the bars."""

    def look(shown: Shown) -> FrameHash:
        return _hashed(shown, pixels_of(shown.frame).inside(window))

    return look


def _variants(
    job: Job, first: _First, window: Window | None, telling: list[int]
) -> tuple[FrameVariants, ...]:
    """The query battery of frames that show something, spread over the film, bars left out.

    `telling` holds their numbers.
    """
    chosen = set(telling[:: -(-len(telling) // MOST_BATTERIES) or 1])

    def look(shown: Shown) -> FrameVariants | None:
        if shown.number not in chosen:
            return None
        chosen.remove(shown.number)
        pixels = pixels_of(shown.frame)
        inner = pixels.inside(window) if window else pixels
        if min(inner.height, inner.width) < SMALLEST_SIDE:
            return None
        variants = variants_of(inner.means(), inner.width / inner.height)
        return FrameVariants(shown.number, shown.seconds, variants)

    found = [one for one in first.again(job, look) if one is not None]
    return tuple(sorted(found, key=lambda one: one.number))


def _hashed(shown: Shown, pixels: FramePixels, turn: Turn = AS_STORED) -> FrameHash:
    if min(pixels.height, pixels.width) < SMALLEST_SIDE:
        # A film may change its size on the way; what no longer shows anything must match nothing.
        return FrameHash(shown.number, shown.seconds, bytes(32), 0, Gate.PIXELS)
    block = pixels.block(turn)
    value, quality = pdq_of_block(block)
    gate = gate_of(block, quality, (pixels.width, pixels.height), size_bytes=None)
    return FrameHash(shown.number, shown.seconds, value, quality, gate)


def _in_order(frames: Iterable[FrameHash]) -> tuple[FrameHash, ...]:
    """Each frame once, in the order in which they are shown."""
    by_number = {frame.number: frame for frame in frames}
    return tuple(sorted(by_number.values(), key=lambda frame: (frame.seconds, frame.number)))

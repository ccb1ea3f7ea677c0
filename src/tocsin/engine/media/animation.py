"""Further frames of animations, and further pictures of files that hold several.

Which ones is decided by how long each is shown, as `frame_times` reads it from the file: a picture
that stands for ten seconds is what a visitor saw, and one of a hundredth hardly.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from PIL import Image

from tocsin.engine.media.decode import Decoded, has_hidden_still, leave_the_still, opened
from tocsin.engine.media.frame_times import (
    FRAMES_OF,
    MOST_FRAMES_WALKED,
    Seconds,
    frames_of_avif,
)
from tocsin.engine.media.gates import Admitted, refuse_by_size
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.pixels import Pixels


def further_frames(
    data: bytes, admitted: Admitted, options: MediaOptions
) -> Iterator[tuple[int, Decoded]]:
    """(number, pixels) of the frames after the first that are to be hashed, in order.

    Spread over the time that the animation takes, or over as much of it as `max_frame_pixels` lets
    us walk. Numbers count what is shown, from 0. Raises what the decoder raises.
    """
    picture = opened(data, admitted)
    seconds = _seconds(admitted.kind, data, picture)[: _most_walked(picture.size, options)]
    chosen = spread(seconds, options.max_frames)
    hidden = 1 if chosen and has_hidden_still(picture) else 0
    if hidden:
        leave_the_still(picture)
    for number in chosen:
        picture.seek(number + hidden)
        refuse_by_size(picture.size, admitted)
        picture.load()
        # A decoder paints the next frame over this one.
        yield number, Decoded(Pixels(picture.copy()), picture.size)


def spread(seconds: Sequence[float], wanted: int) -> list[int]:
    """Up to `wanted` numbers of frames that are shown so long each (all above 0), without the
    first, which is hashed before: those shown at even distances of time, up to the last.

    A frame shown so long that several of these fall on it is taken once, and the places left over
    go to the others in the same way, so that no long one hides all short ones.
    """
    if wanted >= len(seconds):
        return list(range(1, len(seconds)))
    chosen = {0, *_at_even_times(seconds, wanted)} if wanted > 1 else {0}
    while len(chosen) < wanted:
        others = [number for number in range(len(seconds)) if number not in chosen]
        more = _within_even_spans([seconds[number] for number in others], wanted - len(chosen))
        chosen.update(others[place] for place in more)
    return sorted(chosen)[1:]


def _at_even_times(seconds: Sequence[float], wanted: int) -> set[int]:
    """Frames shown at even times between the middle of the first one's and the middle of the
    last's, and the last."""
    ends = list(accumulate(seconds))
    first, last = seconds[0] / 2, ends[-1] - seconds[-1] / 2
    times = (first + (last - first) * step / (wanted - 1) for step in range(1, wanted - 1))
    return {len(seconds) - 1, *(min(bisect_right(ends, time), len(ends) - 1) for time in times)}


def _within_even_spans(seconds: Sequence[float], wanted: int) -> set[int]:
    """Frames shown in the middle of each of so many even spans of time; never none."""
    ends = list(accumulate(seconds))
    times = ((step + 0.5) * ends[-1] / wanted for step in range(wanted))
    return {min(bisect_right(ends, time), len(ends) - 1) for time in times}


def _seconds(kind: str, data: bytes, picture: Image.Image) -> Seconds:
    if kind in FRAMES_OF:
        return FRAMES_OF[kind](data)
    count = int(getattr(picture, "n_frames", 1))
    told = frames_of_avif(data) if kind == "avif" and count > 1 else []
    # Where the table of times is not that of the frames, it says nothing.
    return told if len(told) == count else [1.0] * count


def _most_walked(size: tuple[int, int], options: MediaOptions) -> int:
    return min(MOST_FRAMES_WALKED, max(1, options.max_frame_pixels // max(1, size[0] * size[1])))

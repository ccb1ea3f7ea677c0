"""A picture made small and veiled, for a person who must look: in a worker, from memory.

What comes out was drawn anew: no byte, marker or metadata of the file is in it, and no sound.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageFilter

from tocsin.engine.fingerprints.types import Status
from tocsin.engine.media.containers import film_kind
from tocsin.engine.media.decode import decode
from tocsin.engine.media.gates import admit, refuse_by_length
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.refusals import Refused, out_of_memory
from tocsin.engine.media.truncation import truncated_files
from tocsin.engine.media.veils import LONGEST_SIDE, MOST_FRAMES, Derivative, Veil, Wanted
from tocsin.engine.media.video import admitted_film
from tocsin.engine.media.video_planes import rgb_of
from tocsin.engine.media.video_reading import Film, Shown

if TYPE_CHECKING:
    from tocsin.engine.media.video_passes import Job

_QUALITY: Final = 70
_BLUR_SHARE: Final = 20
"""The blur's radius is the longer side by this: of a face as large as the picture, no feature is
left."""
_LONGER_SIDE: Final = {
    Veil.BLUR: 240,
    Veil.CONTOUR: 320,
    Veil.GREY: 240,
    Veil.SMALL: 240,
    Veil.PLAIN: LONGEST_SIDE,
}
_TURN: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def derive(data: bytes, wanted: Wanted, options: MediaOptions) -> Derivative:
    """What is to be shown of a file; never raises for what is in `data`, the status tells."""
    try:
        refuse_by_length(data, options)
        film = film_kind(data) if options.video is not None else None
        small, moments = (
            _of_film(data, film, wanted, options) if film else (_of_still(data, wanted, options), 1)
        )
        veiled = _behind(small, wanted.veil)
    except Refused as refused:
        return Derivative(refused.sight.status)
    except MemoryError:
        return Derivative(out_of_memory().sight.status)
    except Exception:  # noqa: BLE001 - a decoder given hostile bytes may raise anything
        return Derivative(Status.CORRUPT)
    return Derivative(Status.OK, _jpeg(veiled), *veiled.size, moments)


def _of_still(data: bytes, wanted: Wanted, options: MediaOptions) -> Image.Image:
    admitted = admit(data, options)
    # What can be seen of a damaged file is seen in a browser too.
    with truncated_files(accepted=True):
        decoded = decode(data, admitted)
    small = decoded.pixels.reduced(_LONGER_SIDE[wanted.veil])
    turn = _TURN.get(decoded.orientation)
    return small if turn is None else small.transpose(turn)


def _of_film(
    data: bytes, kind: str, wanted: Wanted, options: MediaOptions
) -> tuple[Image.Image, int]:
    """One of the film's key frames, spread over it, and how many there are to choose from."""
    job, _ = admitted_film(data, kind, options)
    with _opened(job) as film:
        keys = sum(1 for _ in film.key_packets())
    moments = min(max(keys, 1), MOST_FRAMES)
    place = _place_of(min(wanted.moment, moments - 1), moments, keys)
    with _opened(job) as film:
        for number, packet in enumerate(film.key_packets()):
            if number < place:
                continue
            shown = film.frame_of(packet, number)
            if shown is not None:
                return _small_frame(shown, _LONGER_SIDE[wanted.veil]), moments
    raise Refused(Status.CORRUPT, kind)


def _small_frame(shown: Shown, longer_side: int) -> Image.Image:
    picture = Image.fromarray(rgb_of(shown.frame).pixels)
    picture.thumbnail((longer_side, longer_side))
    degrees = shown.frame.rotation % 360
    return picture.rotate(degrees, expand=True) if degrees in {90, 180, 270} else picture


def _place_of(moment: int, moments: int, keys: int) -> int:
    return round(moment * (keys - 1) / (moments - 1)) if moments > 1 else 0


def _opened(job: Job) -> Film:
    return Film.open(job.data, job.kind, job.options)


def _behind(small: Image.Image, veil: Veil) -> Image.Image:
    if veil is Veil.BLUR:
        radius = max(small.size) / _BLUR_SHARE
        return small.convert("L").filter(ImageFilter.GaussianBlur(radius))
    if veil is Veil.CONTOUR:
        return small.convert("L").filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.CONTOUR)
    return small.convert("L") if veil is Veil.GREY else small


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()

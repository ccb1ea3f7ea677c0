"""One file, from bytes to fingerprint, in this process.

`examine` is the half that needs a decoder and therefore runs in a worker of `DecoderPool`;
`fingerprint` is both halves in one, for a caller who chooses to decode in its own process.
"""

from dataclasses import replace
from typing import Final

from tocsin.engine.fingerprints.digests import Digests, digests_of
from tocsin.engine.fingerprints.types import (
    Fingerprints,
    Gate,
    Origin,
    PictureHashes,
    Sight,
    Status,
)
from tocsin.engine.media import animation, data_uris, headers, shortage, thumbnails
from tocsin.engine.media.containers import film_kind
from tocsin.engine.media.decode import Decoded, decode
from tocsin.engine.media.gates import Admitted, admit, refuse_by_length
from tocsin.engine.media.hashing import (
    Found,
    TooSmallToHash,
    hashes_of_picture,
    is_even,
    other_looks,
    variants_of_picture,
)
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.media.refusals import Refused, out_of_memory
from tocsin.engine.media.truncation import truncated_files
from tocsin.engine.media.video import examine_video

_STATUS_OF_GATE: Final = dict.fromkeys(Gate, Status.FLAT) | {Gate.PIXELS: Status.TOO_SMALL}


def fingerprint(data: bytes, *, options: MediaOptions = DEFAULT_OPTIONS) -> Fingerprints:
    """All fingerprints of a file, decoded in this process.

    Never raises for what is in `data`: the status tells. Nothing bounds its time, and memory only
    by the gates, so bytes from strangers belong into a `DecoderPool`, which gives the same answers.
    Python warnings that Pillow raises about odd files pass through to the caller's filters.
    """
    return combine(data, digests_of(data), examine(data, options))


def combine(data: bytes, digests: Digests, sight: Sight) -> Fingerprints:
    """The whole fingerprint from its two halves."""
    return Fingerprints(
        status=sight.status,
        size_bytes=len(data),
        md5=digests.md5,
        sha1=digests.sha1,
        sha256=digests.sha256,
        width=sight.width,
        height=sight.height,
        format=sight.format,
        pictures=sight.pictures,
        video=sight.video,
    )


def examine(data: bytes, options: MediaOptions = DEFAULT_OPTIONS) -> Sight:
    """What the pixels of a file give. Never raises for what is in `data`."""
    try:
        refuse_by_length(data, options)
        if options.video is not None and film_kind(data) is not None:
            return examine_video(data, options)
        if options.data_uris and headers.kind_of(data) is None:
            return _document(data, options)
        admitted = admit(data, options)
        return _with_more(_first_sight(data, admitted, options), data, admitted, options)
    except Refused as refused:
        return refused.sight
    except MemoryError:
        return out_of_memory().sight
    except Exception:  # noqa: BLE001 - what our own reading did not foresee must not cost a worker
        return Sight(Status.CORRUPT)


def _first_sight(data: bytes, admitted: Admitted, options: MediaOptions) -> Sight:
    """The sight of an undamaged file, or else of what pixels there are, as browsers show them."""
    for decoded_as in (Status.OK, Status.PARTIAL):
        try:
            with truncated_files(accepted=decoded_as is Status.PARTIAL):
                return _sight(data, admitted, options, decoded_as)
        except Refused:
            raise
        except MemoryError:
            raise out_of_memory(admitted.kind, admitted.size) from None
        except Exception:  # noqa: BLE001, S112 - a decoder given hostile bytes may raise anything
            continue
    raise Refused(Status.CORRUPT, admitted.kind, admitted.size)


def _sight(data: bytes, admitted: Admitted, options: MediaOptions, decoded_as: Status) -> Sight:
    decoded = decode(data, admitted, options.precision)
    try:
        looks, is_bare = _hashed(decoded, Found(Origin.PICTURE, 0, len(data)), options)
    except TooSmallToHash:
        return Sight(Status.TOO_SMALL, admitted.kind, *decoded.size)
    if decoded_as is Status.PARTIAL and is_bare:
        raise Refused(Status.CORRUPT, admitted.kind, admitted.size)
    gate = looks[0].gate
    status = _STATUS_OF_GATE[gate] if gate else decoded_as
    return Sight(status, admitted.kind, *decoded.size, looks)


def _hashed(
    decoded: Decoded, found: Found, options: MediaOptions
) -> tuple[tuple[PictureHashes, ...], bool]:
    """The picture as it is shown and, for asking, its other looks where their hashes differ; and
    whether all of them are one even tone."""
    shown, block = hashes_of_picture(decoded, found)
    looks = [_with_variants(shown, decoded, options)]
    is_bare = is_even(block)
    for origin, look in other_looks(decoded) if options.is_for_asking else ():
        hashes, block = hashes_of_picture(look, replace(found, origin=origin))
        if all(hashes.pdq.value != known.pdq.value for known in looks):
            looks.append(_with_variants(hashes, look, options))
            is_bare = is_bare and is_even(block)
    return tuple(looks), is_bare


def _with_variants(hashes: PictureHashes, decoded: Decoded, options: MediaOptions) -> PictureHashes:
    if not options.battery:
        return hashes
    return replace(hashes, variants=variants_of_picture(decoded, hashes.gate))


def _with_more(sight: Sight, data: bytes, admitted: Admitted, options: MediaOptions) -> Sight:
    """The same with the further pictures that were asked for; none of them can cost the first."""
    more: list[PictureHashes] = []
    status = sight.status
    if options.max_frames > 1:
        frames, all_there = _frames(data, admitted, options)
        more += frames
        status = Status.PARTIAL if status is Status.OK and not all_there else status
    if options.thumbnails:
        embedded = thumbnails.embedded_in(data, admitted.kind)
        more += _inner(embedded, Origin.THUMBNAIL, options)
    return replace(sight, status=status, pictures=(*sight.pictures, *more)) if more else sight


def _frames(
    data: bytes, admitted: Admitted, options: MediaOptions
) -> tuple[list[PictureHashes], bool]:
    """Further frames of an animation, and whether every one that was tried came out."""
    found: list[PictureHashes] = []
    try:
        with truncated_files(accepted=False):
            for number, decoded in animation.further_frames(data, admitted, options):
                frame = Found(Origin.FRAME, number, len(data))
                found += _hashed(decoded, frame, options)[0]
    except (Refused, TooSmallToHash):
        return found, True
    except MemoryError:
        shortage.note()
        return found, False
    except Exception:  # noqa: BLE001 - as above; the frames before it stand
        return found, False
    return found, True


def _document(data: bytes, options: MediaOptions) -> Sight:
    """The pictures that a document holds as text; those that may match alone come first.

    Its status is that of the first, or `unsupported` when it holds none. `partial`: it holds more
    than the options allow.
    """
    written, all_there = data_uris.pictures_in(data, options.max_data_uris)
    found = sorted(_inner(written, Origin.DATA_URI, options), key=_how_little_it_says)
    if not found:
        raise Refused(Status.UNSUPPORTED)
    gate = found[0].gate
    status = _STATUS_OF_GATE[gate] if gate else Status.OK if all_there else Status.PARTIAL
    return Sight(status, pictures=tuple(found))


def _how_little_it_says(picture: PictureHashes) -> tuple[bool, bool]:
    # Another look than the one shown never comes first, where it could speak for the whole file.
    return picture.origin is not Origin.DATA_URI, picture.gate is not None


def _inner(files: list[bytes], origin: Origin, options: MediaOptions) -> list[PictureHashes]:
    """The first picture of each file found inside another one, where it could be hashed, and for
    asking its other looks.

    Together they may have as many pixels as the frames of one animation.
    """
    left = options.max_frame_pixels
    found: list[PictureHashes] = []
    for number, data in enumerate(files):
        pixels = min(left, options.max_pixels)
        sight = examine(data, options.for_one_picture(max_pixels=pixels))
        left -= (sight.width or 0) * (sight.height or 0)
        shown = (replace(p, origin=origin) for p in sight.pictures[:1])
        found += (replace(p, number=number) for p in (*shown, *sight.pictures[1:]))
        if left <= 0:
            break
    return found

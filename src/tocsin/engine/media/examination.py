"""One file, from bytes to fingerprint, in this process.

`examine` is the half that needs a decoder and therefore runs in a worker of `DecoderPool`;
`fingerprint` is both halves in one, for a caller who chooses to decode in its own process.
"""

from typing import Final

from tocsin.engine.fingerprints.digests import Digests, digests_of
from tocsin.engine.fingerprints.pdq import (
    SMALLEST_SIDE,
    TURN_OF_ORIENTATION,
    Block,
    block_of,
    pdq_of_block,
)
from tocsin.engine.fingerprints.types import (
    FLAT_BELOW_QUALITY,
    SMALL_BELOW_PIXELS,
    Fingerprints,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
    Sight,
    Status,
)
from tocsin.engine.media.decode import Decoded, decode
from tocsin.engine.media.gates import Admitted, admit
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions
from tocsin.engine.media.refusals import Refused
from tocsin.engine.media.truncation import truncated_files

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
        admitted = admit(data, options)
        return _whole(data, admitted) or _damaged(data, admitted)
    except Refused as refused:
        return refused.sight


def _whole(data: bytes, admitted: Admitted) -> Sight | None:
    """The sight of an undamaged file, or None when the decoder found fault with it."""
    try:
        with truncated_files(accepted=False):
            return _sight(decode(data, admitted), admitted, Status.OK)
    except Refused:
        raise
    except MemoryError:
        raise Refused(Status.TOO_LARGE, admitted.kind, admitted.size) from None
    except Exception:  # noqa: BLE001 - a decoder given hostile bytes may raise anything at all
        return None


def _damaged(data: bytes, admitted: Admitted) -> Sight:
    """A second try that takes what pixels there are, since browsers show such files as well."""
    try:
        with truncated_files(accepted=True):
            return _sight(decode(data, admitted), admitted, Status.PARTIAL)
    except Refused:
        raise
    except MemoryError:
        raise Refused(Status.TOO_LARGE, admitted.kind, admitted.size) from None
    except Exception:  # noqa: BLE001 - as above; now there is nothing left to try
        raise Refused(Status.CORRUPT, admitted.kind, admitted.size) from None


def _sight(decoded: Decoded, admitted: Admitted, decoded_as: Status) -> Sight:
    pixels = decoded.pixels
    if min(pixels.width, pixels.height) < SMALLEST_SIDE:
        return Sight(Status.TOO_SMALL, admitted.kind, pixels.width, pixels.height)
    block = block_of(pixels)
    if decoded_as is Status.PARTIAL and _empty(block):
        raise Refused(Status.CORRUPT, admitted.kind, admitted.size)
    value, quality = pdq_of_block(block)
    gate = _gate(quality, min(pixels.width, pixels.height))
    hashes = PictureHashes(
        origin=Origin.PICTURE,
        number=0,
        width=pixels.width,
        height=pixels.height,
        pdq=PdqHash(value, quality),
        pdq_oriented=_oriented(decoded),
        gate=gate,
    )
    status = _STATUS_OF_GATE[gate] if gate else decoded_as
    return Sight(status, admitted.kind, pixels.width, pixels.height, (hashes,))


def _empty(block: Block) -> bool:
    """One even tone: what a decoder leaves when it got a header and no picture."""
    return float(block.max() - block.min()) < 0.5


def _gate(quality: int, shorter_side: int) -> Gate | None:
    if shorter_side < SMALL_BELOW_PIXELS:
        return Gate.PIXELS
    return Gate.QUALITY if quality < FLAT_BELOW_QUALITY else None


def _oriented(decoded: Decoded) -> PdqHash | None:
    turn = TURN_OF_ORIENTATION.get(decoded.orientation)
    return PdqHash(*pdq_of_block(block_of(decoded.pixels, turn))) if turn else None

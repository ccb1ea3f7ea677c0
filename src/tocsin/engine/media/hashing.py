"""From one decoded picture to its hashes: both dialects, as stored and as shown, in one walk."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from tocsin.engine.fingerprints.battery import (
    mean_bands,
    variants_of,
    variants_of_a_gated_picture,
)
from tocsin.engine.fingerprints.distinctive import gate_of
from tocsin.engine.fingerprints.folding import GRID, folded, nearest_512
from tocsin.engine.fingerprints.keeping import kept_for_usual_lengths
from tocsin.engine.fingerprints.pdq import (
    AS_STORED,
    SMALLEST_SIDE,
    TURN_OF_ORIENTATION,
    Bands,
    Block,
    Plan,
    bands,
    flipped,
    pdq_of_block,
    reduced,
    reductions,
)
from tocsin.engine.fingerprints.types import (
    Dialect,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
    Variant,
)
from tocsin.engine.media.decode import Decoded
from tocsin.engine.media.headers import Size
from tocsin.engine.media.pixels import BLACK

_NO_WINDOWS: Final = frozenset({Gate.PIXELS, Gate.BYTES})
_EVEN_BELOW_TONES: Final = 0.5
# What a white page shows comes first and may block. These are no more than what another ground or
# another program would make of the same file, so their finds are for a person to look at.
_OTHER_GROUNDS: Final = ((Origin.ON_BLACK, BLACK), (Origin.UNDER_ALPHA, None))


class TooSmallToHash(Exception):
    """A side below five pixels: PDQ is not defined for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where in a file a picture was found, and how many bytes hold it."""

    origin: Origin
    number: int
    size_bytes: int


def hashes_of_picture(decoded: Decoded, found: Found) -> tuple[PictureHashes, Block]:
    """All hashes of one picture, and the 64 x 64 block behind them. Raises TooSmallToHash."""
    width, height = decoded.size
    if min(decoded.size) < SMALLEST_SIDE:
        raise TooSmallToHash("PDQ needs at least 5 pixels a side")
    full, *others = reductions(decoded.pixels, _plans(decoded))
    value, quality = pdq_of_block(full)
    squashed = pdq_of_block(others[0]) if _is_squashed(decoded.size) else (value, quality)
    shown = TURN_OF_ORIENTATION.get(decoded.orientation)
    hashes = PictureHashes(
        origin=found.origin,
        number=found.number,
        width=width,
        height=height,
        pdq=PdqHash(value, quality, Dialect.FULL, decoded.decoding),
        pdq_512=PdqHash(*squashed, Dialect.NEAREST_512, decoded.decoding),
        pdq_oriented=_hash(others[-1].T if shown.transpose else others[-1], decoded)
        if shown
        else None,
        gate=gate_of(full, quality, decoded.size, found.size_bytes),
    )
    return hashes, full


def other_looks(decoded: Decoded) -> Iterator[tuple[Origin, Decoded]]:
    """What else a file may look like, for asking only, once `hashes_of_picture` has read its
    pixels: the still in front of an animation, and what can be seen through on other grounds.

    Nothing for a picture without either, which costs nothing to find out.
    """
    if decoded.still is not None:
        still = replace(decoded, pixels=decoded.still, still=None)
        yield Origin.STILL, still
    if decoded.pixels.see_through:
        for origin, ground in _OTHER_GROUNDS:
            yield origin, replace(decoded, pixels=decoded.pixels.on(ground), still=None)


def variants_of_picture(decoded: Decoded, gate: Gate | None) -> tuple[Variant, ...]:
    """The query battery's hashes of a picture that this gate holds back, or none does.

    Empty for one too small to hash, and for one with too few pixels or bytes to say anything.
    """
    width, height = decoded.size
    if min(decoded.size) < SMALLEST_SIDE or gate in _NO_WINDOWS:
        return ()
    means = reduced(
        decoded.pixels,
        folded(mean_bands(height), decoded.scale),
        folded(mean_bands(width), decoded.scale),
    )
    if gate is not None:
        return variants_of_a_gated_picture(means, width / height)
    return variants_of(means, width / height)


def is_even(block: Block) -> bool:
    """One even tone: what a decoder leaves when it got a header and no picture."""
    return float(block.max() - block.min()) < _EVEN_BELOW_TONES


def _plans(decoded: Decoded) -> list[Plan]:
    """What is to be made of the pixels: as stored, then what else is needed of squashed, shown."""
    width, height = decoded.size
    turn = TURN_OF_ORIENTATION.get(decoded.orientation, AS_STORED)
    kinds = [("bands", "bands")]
    if _is_squashed(decoded.size):
        kinds.append(("nearest", "nearest"))
    if turn != AS_STORED:
        kinds.append((_direction(turn.flip_rows), _direction(turn.flip_columns)))
    scale = decoded.scale
    return [(_axis(kind, height, scale), _axis(of, width, scale)) for kind, of in kinds]


def _direction(is_flipped: bool) -> str:
    return "flipped" if is_flipped else "bands"


def _is_squashed(size: Size) -> bool:
    return max(size) > GRID


@kept_for_usual_lengths
def _axis(kind: str, length: int, scale: int) -> Bands:
    made = {"bands": bands, "nearest": nearest_512, "flipped": flipped}[kind]
    return folded(made(length), scale)


def _hash(block: Block, decoded: Decoded) -> PdqHash:
    return PdqHash(*pdq_of_block(block), Dialect.FULL, decoded.decoding)

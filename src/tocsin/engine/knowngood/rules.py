"""What follows when an entry of a list meets a known-good set: plain functions, no set needed.

Nothing here cancels anything. The gravest that can follow is quarantine: the entry stops matching
until a person has looked. MD5 can be forged, so a known-good MD5 says nothing against an entry
whose own SHA-1 or SHA-256 does not agree: otherwise, whoever wants an entry gone makes a benign
file with its MD5 and gets that into a package.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tocsin.engine.knowngood.types import Digest

NEAR_BITS: Final = 31
"""Up to this distance a PDQ counts as the known picture: what may block may also hold back. Among
unrelated pictures, 10 million entries against 30,000 known pictures meet about one at this distance
by chance (`tocsin.engine.search.calibration`)."""
NO_DISTANCE: Final = 255

Codes: TypeAlias = npt.NDArray[np.uint8]


class Step(StrEnum):
    """What to do with the entry."""

    NOTHING = "nothing"
    NOTE = "note"
    """Write it beside the entry; it keeps matching."""
    QUARANTINE = "quarantine"
    """It stops matching until a person decides."""


class Ground(StrEnum):
    """What the step rests on."""

    NONE = "none"
    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"
    NEAR = "near"
    MD5_TWIN = "md5 twin"
    SHA1_TWIN = "sha1 twin"
    SHA256_TWIN = "sha256 twin"


SENTENCES: Final = {
    Ground.NONE: "Not known as benign.",
    Ground.SHA256: "A benign file that is spread everywhere has this SHA-256.",
    Ground.SHA1: "A benign file that is spread everywhere has this SHA-1.",
    Ground.MD5: "A benign file that is spread everywhere has this MD5, the only digest given.",
    Ground.NEAR: "The PDQ is that of a benign picture that is spread everywhere, or nearly so.",
    Ground.MD5_TWIN: "A benign file has this MD5, but the entry's other digests are not known as "
    "benign. An MD5 can be forged, so by itself it counts for nothing.",
    Ground.SHA1_TWIN: "A benign file has this SHA-1, but the entry's SHA-256 is another's: two "
    "files share a SHA-1, which somebody must have made so.",
    Ground.SHA256_TWIN: "The first 64 bits of this SHA-256 are a benign file's, but the entry's "
    "other digests are not that file's: somebody may have made it so.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do and why. `alone`: one digest agrees and others that the entry has do not; look
    closely, since the 64 bits a set keeps of a digest can be met on purpose (`chance`)."""

    step: Step
    ground: Ground
    alone: bool = False

    @property
    def sentence(self) -> str:
        """For the person who decides."""
        return SENTENCES[self.ground]


def judged(
    *,
    has: Digest,
    hit: Digest,
    contradicted: Digest = Digest.NONE,
    near_bits: int | None = None,
    radius_bits: int = NEAR_BITS,
) -> Judgement:
    """What follows for one entry.

    `has` are the digests the entry carries, `hit` those of them that a set knows, `contradicted`
    those that differ from what the known file has (where the set keeps them for it), `near_bits`
    the distance of its PDQ to the nearest known picture. A SHA-256 decides unless the SHA-1
    contradicts it, or the MD5 where no SHA-1 speaks for it; a SHA-1 unless the SHA-256 contradicts
    it; an MD5 only where nothing else is there. Hits of digests that the entry does not have do not
    count.
    """
    hit &= has
    missed = has & ~hit
    against = contradicted & missed
    if Digest.SHA256 in hit and not _sha256_doubtful(hit, against):
        return Judgement(Step.QUARANTINE, Ground.SHA256, alone=bool(missed))
    if hit & (Digest.SHA1 | Digest.SHA256) == Digest.SHA1 and Digest.SHA256 not in against:
        return Judgement(Step.QUARANTINE, Ground.SHA1, alone=Digest.MD5 in missed)
    if hit and has == Digest.MD5:
        return Judgement(Step.QUARANTINE, Ground.MD5)
    if near_bits is not None and near_bits <= radius_bits:
        return Judgement(Step.QUARANTINE, Ground.NEAR)
    return _twin(hit)


def _sha256_doubtful(hit: Digest, against: Digest) -> bool:
    """Whether a SHA-256 found by its first 64 bits is more likely another file's.

    Those bits can be met on purpose (`chance`), and a forged MD5 together with them. A SHA-1 of the
    same file can hardly be, so where it agrees a wrong MD5 beside it is the list's mistake.
    """
    return Digest.SHA1 in against or (Digest.MD5 in against and Digest.SHA1 not in hit)


def _twin(hit: Digest) -> Judgement:
    """A digest that was found, but is outweighed by another of the entry; or none."""
    if not hit:
        return Judgement(Step.NOTHING, Ground.NONE)
    if Digest.SHA256 in hit:
        return Judgement(Step.NOTE, Ground.SHA256_TWIN)
    return Judgement(Step.NOTE, Ground.SHA1_TWIN if Digest.SHA1 in hit else Ground.MD5_TWIN)


def outweighed(*, has: Digest, hit: Digest, contradicted: Digest = Digest.NONE) -> Digest:
    """Those of the digests found that another digest of the entry outweighs, whatever else follows.

    A benign file has them, and the entry is of another file: they must not match, or the benign
    file would. What stays is the digest that outweighs them, so no entry is silenced by this.
    A SHA-256 is never among them: a set knows 64 bits of it, and nobody makes two files share it.
    """
    hit &= has
    against = contradicted & has & ~hit
    if has == Digest.MD5:
        return Digest.NONE
    if Digest.SHA256 in hit:
        return hit & ~Digest.SHA256 if _sha256_doubtful(hit, against) else Digest.NONE
    if Digest.SHA1 in hit and Digest.SHA256 not in against:
        return Digest.NONE
    return hit


def outweighed_all(has: Codes, hit: Codes, contradicted: Codes) -> Codes:
    """`outweighed` for N entries at once: uint8[N] of `Digest` bits, as `judged_all` takes them."""
    kinds: Codes = _OUTWEIGHED[has, hit, contradicted]
    return kinds


def judged_all(
    has: Codes, hit: Codes, contradicted: Codes, near_bits: Codes, radius_bits: int = NEAR_BITS
) -> Codes:
    """`judged` for N entries at once: uint8[N] places in `JUDGEMENTS`.

    The four are uint8[N]: bits of `Digest`, and distances with 255 for none. Raises ValueError for
    arrays of other shapes or bits that no digest has.
    """
    if not has.shape == hit.shape == contradicted.shape == near_bits.shape or has.ndim != 1:
        raise ValueError("judging takes four arrays of one length")
    if any(len(codes) and codes.max() > 7 for codes in (has, hit, contradicted)):
        raise ValueError("a digest is one of the bits 1, 2 and 4")
    near = (near_bits <= radius_bits) & (near_bits != NO_DISTANCE)
    places: Codes = _TABLE[has, hit, contradicted, near.astype(np.uint8)]
    return places


def _table() -> tuple[tuple[Judgement, ...], Codes]:
    """Every judgement there is, and which of them follows from which bits: uint8[8, 8, 8, 2]."""
    known = {Judgement(Step.NOTHING, Ground.NONE): 0}
    places = np.zeros((8, 8, 8, 2), np.uint8)
    for has, hit, against, near in product(range(8), range(8), range(8), range(2)):
        judgement = judged(
            has=Digest(has),
            hit=Digest(hit),
            contradicted=Digest(against),
            near_bits=0 if near else None,
        )
        places[has, hit, against, near] = known.setdefault(judgement, len(known))
    return tuple(known), places


def _outweighed_table() -> Codes:
    places = np.zeros((8, 8, 8), np.uint8)
    for has, hit, against in product(range(8), repeat=3):
        told = outweighed(has=Digest(has), hit=Digest(hit), contradicted=Digest(against))
        places[has, hit, against] = told
    return places


JUDGEMENTS, _TABLE = _table()
_OUTWEIGHED = _outweighed_table()

"""What known-good sets, and their own words, say against some entries: the one judgement there is.

Arrays in, findings out. An entry is judged as a whole: all its digests together, so that a
known-good MD5 never outweighs a SHA that disagrees. The lint of lists asks here, and so does who
tries a set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tocsin.engine.knowngood.rules import (
    JUDGEMENTS,
    NO_DISTANCE,
    Ground,
    Step,
    judged_all,
    outweighed_all,
)
from tocsin.engine.knowngood.sets import KnownGoodSet, NearHits
from tocsin.engine.knowngood.suspicion import (
    PDQ_REASONS,
    SIZE_REASONS,
    UNKNOWN_QUALITY,
    Reason,
    digests_are_blank,
    pdq_flags,
)
from tocsin.engine.knowngood.types import NO_SOURCE, WORDS, Digest

Ids = npt.NDArray[np.int64]
Values = npt.NDArray[np.uint8]
Marks = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Sources = npt.NDArray[np.uint32]
Truths = npt.NDArray[np.bool_]

BLANKS = "blank files"
LONGEST_NAME, LONGEST_SOURCE = 80, 200


class Doubt(StrEnum):
    """Why an entry is doubted, or what is noted beside it."""

    KNOWN_SHA256 = "known_sha256"
    KNOWN_SHA1 = "known_sha1"
    KNOWN_MD5 = "known_md5"
    KNOWN_NEAR = "known_near"
    BLANK_FILE = "blank_file"
    VOID_PDQ = "void_pdq"
    BLANK_PDQ = "blank_pdq"
    FLAT_PDQ = "flat_pdq"
    PATTERNED_PDQ = "patterned_pdq"
    MD5_TWIN = "md5_twin"
    SHA1_TWIN = "sha1_twin"
    SHA256_TWIN = "sha256_twin"
    FEW_BYTES = "few_bytes"
    FEW_PIXELS = "few_pixels"


_OF_SETS = {
    Ground.SHA256: Doubt.KNOWN_SHA256,
    Ground.SHA1: Doubt.KNOWN_SHA1,
    Ground.MD5: Doubt.KNOWN_MD5,
    Ground.NEAR: Doubt.KNOWN_NEAR,
    Ground.MD5_TWIN: Doubt.MD5_TWIN,
    Ground.SHA1_TWIN: Doubt.SHA1_TWIN,
    Ground.SHA256_TWIN: Doubt.SHA256_TWIN,
}
_OF_ITSELF = {
    Reason.VOID: Doubt.VOID_PDQ,
    Reason.BLANK_PDQ: Doubt.BLANK_PDQ,
    Reason.FLAT_PDQ: Doubt.FLAT_PDQ,
    Reason.PATTERNED_PDQ: Doubt.PATTERNED_PDQ,
    Reason.FEW_BYTES: Doubt.FEW_BYTES,
    Reason.FEW_PIXELS: Doubt.FEW_PIXELS,
}
_FOLLOWS = np.array([judgement.step is not Step.NOTHING for judgement in JUDGEMENTS], np.bool_)
_FLAT = 1 << PDQ_REASONS.index(Reason.FLAT_PDQ)
NOTHING_FLAGGED = 0


class Known(Protocol):
    """Something that says which digests and PDQs are benign."""

    @property
    def name(self) -> str: ...

    @property
    def keeps(self) -> Digest:
        """The digests it has of each of its files, so that one not found contradicts."""

    def find(self, kind: Digest, values: Values) -> tuple[Places, Sources]:
        """Which of uint8[N, width of the kind] it knows, ascending, and the source of each."""

    def nearest(self, pdqs: Values) -> NearHits | None:
        """The nearest known picture of each of uint8[N, 32]; None where it has no pictures."""

    def source(self, number: int) -> str:
        """The name of a source, for people."""


class OneSet:
    """A known-good set under the name that it is told by."""

    def __init__(self, name: str, opened: KnownGoodSet) -> None:
        self._name = name[:LONGEST_NAME]
        self._set = opened
        self._has_pictures = opened.counts()["pdq"] > 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def keeps(self) -> Digest:
        return self._set.manifest.keeps

    def find(self, kind: Digest, values: Values) -> tuple[Places, Sources]:
        hits = self._set.ask(**{WORDS[kind]: values})
        at = np.flatnonzero(hits.kinds)
        return at, hits.sources[at]

    def nearest(self, pdqs: Values) -> NearHits | None:
        return self._set.ask_near(pdqs) if self._has_pictures else None

    def source(self, number: int) -> str:
        return str(self._set.source(number))


class Blanks:
    """Files without content, and fields that nobody filled."""

    name = BLANKS
    # Compared in full: nothing contradicts a SHA-256 of nothing, and it contradicts a SHA-1.
    keeps = Digest.SHA256

    def find(self, kind: Digest, values: Values) -> tuple[Places, Sources]:
        at = np.flatnonzero(digests_are_blank(values))
        return at, np.zeros(len(at), np.uint32)

    def nearest(self, pdqs: Values) -> NearHits | None:
        return None

    def source(self, number: int) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one set, or the entry's own words, say against it. `note`: it keeps matching, something
    is written beside it.

    `alone`: one digest agrees and others that the entry has do not. `speechless`: nothing but PDQs
    that say too little; true only if the entry has no fingerprint of another kind.
    """

    entry_id: int
    doubt: Doubt
    known_set: str = ""
    source: str = ""
    bits: int | None = None
    note: bool = False
    alone: bool = False
    speechless: bool = False

    @property
    def key(self) -> tuple[int, str, str]:
        """By what it is remembered: entry, doubt and set."""
        return self.entry_id, self.doubt.value, self.known_set


@dataclass(frozen=True, slots=True)
class Outweighed:
    """Digests of an entry that a set knows as a benign file's, though another digest of the entry
    is not known: the kinds of them, and the set's number."""

    entry_id: int
    kinds: Digest
    number: int


class Judge:
    """Judges the entries with these ids, ascending; their fingerprints are shown to it first."""

    def __init__(self, sets: Sequence[Known], ids: Ids) -> None:
        self._sets, self._ids = sets, ids
        count = len(ids)
        self._has = np.zeros(count, np.uint8)
        self._hit = np.zeros((len(sets), count), np.uint8)
        self._from = np.full((len(sets), count), NO_SOURCE, np.uint32)
        self._bits = np.full((len(sets), count), NO_DISTANCE, np.uint8)
        self._near = np.full((len(sets), count), NO_SOURCE, np.uint32)
        self._flags = np.zeros(count, np.uint8)  # of PDQs that could match by nearness
        self._some_speak = np.zeros(count, np.bool_)
        self._said = np.zeros(count, np.uint8)  # flags of any PDQ
        self._small = np.zeros(count, np.uint8)

    def take_digests(self, kind: Digest, ids: Ids, values: Values) -> None:
        """Digests of one kind, uint8[N, width], each with its entry's id; in `ids` or not."""
        at, mine = self._places(ids)
        values = values[mine]
        self._has[at] |= np.uint8(kind)
        for number, known in enumerate(self._sets):
            rows, sources = known.find(kind, values)
            self._hit[number, at[rows]] |= np.uint8(kind)
            self._from[number, at[rows]] = sources

    def take_pdqs(self, ids: Ids, values: Values, quality: Ids, matchable: Truths) -> None:
        """PDQs of pictures; `quality` -1: not stated, `matchable`: they may match by nearness."""
        at, mine = self._places(ids)
        values, quality, matchable = values[mine], quality[mine], matchable[mine]
        told = np.where(quality < 0, UNKNOWN_QUALITY, quality).astype(np.uint8)
        flags = pdq_flags(values, told)
        np.bitwise_or.at(self._flags, at[matchable], flags[matchable])
        np.bitwise_or.at(self._said, at, flags)
        self._some_speak[at[flags == NOTHING_FLAGGED]] = True
        at, values = at[matchable], values[matchable]
        for number, known in enumerate(self._sets):
            near = known.nearest(values)
            if near is not None:
                self._keep_nearest(number, at, near.bits, near.sources)

    def take_sizes(self, ids: Ids, flags: Marks) -> None:
        """What speaks against declared sizes: bits of `SIZE_REASONS`."""
        at, mine = self._places(ids)
        self._small[at] |= flags[mine]

    def findings(self) -> Iterator[Finding]:
        """What each set says of each entry, and what its own words say, entry by entry."""
        told = np.zeros((len(self._sets), len(self._ids)), np.uint8)
        for number in range(len(self._sets)):
            hit, against = self._hit[number], self._against(number)
            told[number] = judged_all(self._has, hit, against, self._bits[number])
        flagged = self._flagged()
        follows = _FOLLOWS[told]
        for place in np.flatnonzero(follows.any(axis=0) | (flagged > 0) | (self._small > 0)):
            for number in np.flatnonzero(follows[:, place]).tolist():
                yield self._known(int(place), number, int(told[number, place]))
            yield from self._by_itself(int(place), int(flagged[place]))

    def outweighed(self) -> Iterator[Outweighed]:
        """Digests that each set knows but that must not speak for the whole entry, set by set."""
        for number in range(len(self._sets)):
            kinds = outweighed_all(self._has, self._hit[number], self._against(number))
            for place in np.flatnonzero(kinds):
                yield Outweighed(int(self._ids[place]), Digest(int(kinds[place])), number)

    def _against(self, number: int) -> Marks:
        """Digests that differ from those of the file that the entry was found as."""
        hit = self._hit[number]
        missed = self._has & ~hit & np.uint8(self._sets[number].keeps)
        return np.where(hit != 0, missed, 0).astype(np.uint8)

    def _flagged(self) -> Marks:
        """Flags that speak against the entry: of a PDQ that could match by nearness; or, where it
        has nothing else and none of its PDQs says enough, of any."""
        speechless = (self._has == 0) & ~self._some_speak
        # Flat is no reason by itself: such a PDQ never matches, and the digests beside it must.
        return np.where(speechless, self._said, self._flags & ~np.uint8(_FLAT)).astype(np.uint8)

    def _known(self, place: int, number: int, code: int) -> Finding:
        judgement, known = JUDGEMENTS[code], self._sets[number]
        near = judgement.ground is Ground.NEAR
        source = int(self._near[number, place] if near else self._from[number, place])
        doubt = _OF_SETS[judgement.ground]
        if known.name == BLANKS and judgement.step is Step.QUARANTINE:
            doubt = Doubt.BLANK_FILE
        return Finding(
            entry_id=int(self._ids[place]),
            doubt=doubt,
            known_set=known.name,
            source=known.source(source)[:LONGEST_SOURCE],
            bits=int(self._bits[number, place]) if near else None,
            note=judgement.step is Step.NOTE,
            alone=judgement.alone,
        )

    def _by_itself(self, place: int, flags: int) -> Iterator[Finding]:
        entry_id = int(self._ids[place])
        for bit, reason in enumerate(PDQ_REASONS):
            if flags >> bit & 1:
                speechless = not self._has[place] and not self._some_speak[place]
                yield Finding(entry_id, _OF_ITSELF[reason], speechless=speechless)
                break
        for bit, reason in enumerate(SIZE_REASONS):
            if int(self._small[place]) >> bit & 1:
                yield Finding(entry_id, _OF_ITSELF[reason])

    def _keep_nearest(self, number: int, at: Places, bits: Marks, sources: Sources) -> None:
        rows = np.flatnonzero(bits != NO_DISTANCE)
        rows = rows[np.argsort(bits[rows], kind="stable")[::-1]]  # the nearest is written last
        better = bits[rows] < self._bits[number, at[rows]]
        rows = rows[better]
        self._bits[number, at[rows]] = bits[rows]
        self._near[number, at[rows]] = sources[rows]

    def _places(self, ids: Ids) -> tuple[Places, Truths]:
        """The places of the entries that are judged, and which rows are theirs."""
        if not len(self._ids):
            return np.empty(0, np.intp), np.zeros(len(ids), np.bool_)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        mine: Truths = self._ids[places] == ids
        return places[mine], mine

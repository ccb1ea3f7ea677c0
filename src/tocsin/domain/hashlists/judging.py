"""What the known-good sets say of some entries: which are to be set aside, which get a note.

Arrays in, findings out; the tables are read elsewhere. An entry is judged as a whole: all its
digests together, so that a known-good MD5 never outweighs a SHA that disagrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tocsin.domain.hashlists.known import BLANKS, DIGESTS, Known
from tocsin.domain.hashlists.quarantine_types import LintReason
from tocsin.domain.hashlists.types import Kind
from tocsin.engine.knowngood import (
    JUDGEMENTS,
    NO_DISTANCE,
    NO_SOURCE,
    PDQ_REASONS,
    Ground,
    Reason,
    Step,
    judged_all,
    pdq_flags,
)
from tocsin.engine.knowngood.suspicion import UNKNOWN_QUALITY

_REASONS = {
    Ground.SHA256: LintReason.KNOWN_SHA256,
    Ground.SHA1: LintReason.KNOWN_SHA1,
    Ground.MD5: LintReason.KNOWN_MD5,
    Ground.NEAR: LintReason.KNOWN_NEAR,
    Ground.MD5_TWIN: LintReason.MD5_TWIN,
    Ground.SHA1_TWIN: LintReason.SHA1_TWIN,
}
_OF_PDQ = {
    Reason.VOID: LintReason.VOID_PDQ,
    Reason.BLANK_PDQ: LintReason.BLANK_PDQ,
    Reason.FLAT_PDQ: LintReason.FLAT_PDQ,
    Reason.PATTERNED_PDQ: LintReason.PATTERNED_PDQ,
}
_STEPS = list(Step)
_RANK = np.array([_STEPS.index(judgement.step) for judgement in JUDGEMENTS], np.uint8)
_FLAT = 1 << PDQ_REASONS.index(Reason.FLAT_PDQ)
NOTHING_FLAGGED = 0

Ids = npt.NDArray[np.int64]
Values = npt.NDArray[np.uint8]
Marks = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the lint says of one entry. `note`: it keeps matching, something is written beside it.

    `alone`: one digest agrees and others that the entry has do not. `speechless`: nothing but PDQs
    that say too little; true only if the entry has no fingerprint of another kind.
    """

    entry_id: int
    reason: LintReason
    known_set: str = ""
    source: str = ""
    bits: int | None = None
    note: bool = False
    alone: bool = False
    speechless: bool = False

    @property
    def key(self) -> tuple[int, str, str]:
        """By what it is remembered: entry, reason and set."""
        return self.entry_id, self.reason.value, self.known_set


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

    def take_digests(self, kind: Kind, ids: Ids, values: Values) -> None:
        """Digests of one kind, uint8[N, width], each with its entry's id; in `ids` or not."""
        at, mine = self._places(ids)
        values = values[mine]
        self._has[at] |= np.uint8(DIGESTS[kind])
        for number, known in enumerate(self._sets):
            rows, sources = known.find(kind, values)
            self._hit[number, at[rows]] |= np.uint8(DIGESTS[kind])
            self._from[number, at[rows]] = sources

    def take_pdqs(
        self, ids: Ids, values: Values, quality: Ids, matchable: npt.NDArray[np.bool_]
    ) -> None:
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

    def findings(self) -> Iterator[Finding]:
        """At most one for each entry: the gravest, and among those the first set's."""
        steps = np.zeros((len(self._sets), len(self._ids)), np.uint8)
        told = np.zeros_like(steps)
        for number, known in enumerate(self._sets):
            hit = self._hit[number]
            missed = self._has & ~hit & np.uint8(known.keeps)
            against = np.where(hit != 0, missed, 0).astype(np.uint8)
            told[number] = judged_all(self._has, hit, against, self._bits[number])
            steps[number] = _RANK[told[number]]
        gravest = steps.argmax(axis=0)
        found = steps.max(axis=0, initial=0)
        flagged = self._flagged()
        for place in np.flatnonzero((found > 0) | (flagged > 0)):
            number = int(gravest[place])
            if found[place] == _STEPS.index(Step.QUARANTINE) or not flagged[place]:
                yield self._known(int(place), number, int(told[number, place]))
            else:
                yield self._suspected(int(place), int(flagged[place]))

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
        reason = _REASONS[judgement.ground]
        if known.name == BLANKS and judgement.step is Step.QUARANTINE:
            reason = LintReason.BLANK_FILE
        return Finding(
            entry_id=int(self._ids[place]),
            reason=reason,
            known_set=known.name,
            source=known.source(source)[:200],
            bits=int(self._bits[number, place]) if near else None,
            note=judgement.step is Step.NOTE,
            alone=judgement.alone,
        )

    def _suspected(self, place: int, flags: int) -> Finding:
        reason = next(r for bit, r in enumerate(PDQ_REASONS) if flags >> bit & 1)
        return Finding(
            entry_id=int(self._ids[place]),
            reason=_OF_PDQ[reason],
            speechless=not self._has[place] and not self._some_speak[place],
        )

    def _keep_nearest(
        self, number: int, at: npt.NDArray[np.intp], bits: Marks, sources: npt.NDArray[np.uint32]
    ) -> None:
        rows = np.flatnonzero(bits != NO_DISTANCE)
        rows = rows[np.argsort(bits[rows], kind="stable")[::-1]]  # the nearest is written last
        better = bits[rows] < self._bits[number, at[rows]]
        rows = rows[better]
        self._bits[number, at[rows]] = bits[rows]
        self._near[number, at[rows]] = sources[rows]

    def _places(self, ids: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """The places of the entries that are judged, and which rows are theirs."""
        if not len(self._ids):
            return np.empty(0, np.intp), np.zeros(len(ids), np.bool_)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        mine: npt.NDArray[np.bool_] = self._ids[places] == ids
        return places[mine], mine

"""What the lint would say of records that are in no table: for a dry run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tocsin.domain.hashlists import braking, known, remembered, rules
from tocsin.domain.hashlists.known import DIGESTS
from tocsin.domain.hashlists.quarantine_types import LintReason
from tocsin.domain.hashlists.records import SourceRecord
from tocsin.domain.hashlists.snapshot import near_matchable
from tocsin.domain.hashlists.types import WIDTHS, EntryStatus, Kind, Purpose
from tocsin.engine.knowngood import Judge

_COUNT = frozenset({EntryStatus.ACTIVE.number, EntryStatus.DISPUTED.number})
_Prints = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.int64]]


class Doubtful:
    """Counts the entries that would be set aside, by reason, as the lint itself judges; and those
    that would come in held."""

    def __init__(self, purpose: Purpose) -> None:
        """Raises WrongSet."""
        lints = purpose is not Purpose.BENIGN_ALLOW
        self._sets = known.open_sets() if lints else None
        self._rehearsal = purpose is Purpose.TEST
        self._silenced: dict[str, set[int]] = defaultdict(set)
        self.entries: set[int] = set()
        self.reasons: Counter[LintReason] = Counter()
        self.remembered: set[int] = set()
        self.unmatched = self.unlinted = 0

    def look(self, records: Sequence[SourceRecord]) -> None:
        """Judge records that would be written; an entry that is met twice counts once."""
        self.unmatched += sum(record.only_kept for record in records)
        self.unlinted += sum(record.by_photodna_alone for record in records)
        if self._sets is not None:
            goes_on = [record for record in records if not record.takes_away]
            found = remembered.known_among(goes_on, rehearsal=self._rehearsal)
            self.remembered |= {_identity(goes_on[place]) for place in found}
        count = [record for record in records if record.status in _COUNT]
        if self._sets is None or not count:
            return
        judge = Judge(self._sets.sets, np.arange(len(count)))
        for kind, digest in DIGESTS.items():
            ids, values, _ = _prints(count, kind)
            judge.take_digests(digest, ids, values)
        ids, values, quality = _prints(
            [record if record.media_type != rules.VIDEO else None for record in count], Kind.PDQ
        )
        judge.take_pdqs(ids, values, quality, near_matchable(values, quality))
        small = np.array([record.small for record in count], np.uint8)
        judge.take_sizes(np.arange(len(count)), small)
        self._keep(judge, count)

    def braked(self, written: int) -> dict[str, int]:
        """Sets that would silence more of so many new and changed entries than they may without a
        person; how many each."""
        marks = {} if self._sets is None else self._sets.marks
        sure = braking.confirmed()
        return {
            name: len(silenced)
            for name, silenced in sorted(self._silenced.items())
            if name in marks
            and sure.get(name) != marks[name]
            and rules.is_too_much(len(silenced), of=written)
        }

    def _keep(self, judge: Judge, records: Sequence[SourceRecord]) -> None:
        aside: dict[int, list[LintReason]] = {}
        for found in judge.findings():
            record = records[found.entry_id]
            if found.note or (found.speechless and _has(record, Kind.PHOTODNA)):
                continue
            identity = _identity(record)
            self._silenced[found.known_set].add(identity)
            aside.setdefault(identity, []).append(LintReason(found.doubt.value))
        for identity, reasons in aside.items():
            if identity not in self.entries:
                self.entries.add(identity)
                self.reasons.update(set(reasons))
        sets = () if self._sets is None else self._sets.sets
        for one in judge.outweighed():
            self._silenced[sets[one.number].name].add(_identity(records[one.entry_id]))


def _identity(record: SourceRecord) -> int:
    return hash((record.member, record.source_entry_id))


def _prints(records: Sequence[SourceRecord | None], kind: Kind) -> _Prints:
    """Place of the record, value and quality (-1: not stated) of each fingerprint of a kind."""
    rows = [
        (place, print_[2], -1 if print_[3] is None else print_[3])
        for place, record in enumerate(records)
        if record is not None
        for print_ in record.prints
        if print_[0] == kind
    ]
    values = np.frombuffer(b"".join(value for _, value, _ in rows), np.uint8)
    return (
        np.array([place for place, _, _ in rows], np.int64),
        values.reshape(len(rows), WIDTHS[kind]),
        np.array([quality for _, _, quality in rows], np.int64),
    )


def _has(record: SourceRecord, kind: Kind) -> bool:
    return any(print_[0] == kind for print_ in record.prints)

"""A dry run: reads and checks a whole file and says what an import would do, writing nothing."""

from __future__ import annotations

from array import array
from contextlib import ExitStack
from datetime import datetime

import numpy as np

from tocsin.domain.hashlists.doubtful import Doubtful
from tocsin.domain.hashlists.importing import (
    FIRST_REFUSALS,
    Tell,
    open_file,
    read_batches,
)
from tocsin.domain.hashlists.models import HashList
from tocsin.domain.hashlists.records import SourceRecord
from tocsin.domain.hashlists.reporting import refusal_file, write_refusals
from tocsin.domain.hashlists.sequence import delivery
from tocsin.domain.hashlists.staging import CONTRADICTS, NOTHING, Known, Stager
from tocsin.domain.hashlists.types import (
    ImportReport,
    ImportRequest,
    Progress,
    Purpose,
    Refusal,
)

_ADDED, _CHANGED, _UNCHANGED, _OLDER = range(4)
_WRITTEN = frozenset({_ADDED, _CHANGED})
_NO_RUN = 0


def try_import(
    request: ImportRequest, hash_list: HashList, *, at: datetime, tell: Tell | None
) -> ImportReport:
    """What `run_import` would do now; the same counts and reasons. Raises WrongSet.

    What people let out of quarantine earlier is counted as if nobody had.
    """
    opened = open_file(request, hash_list)
    came = delivery(
        hash_list,
        file_sha256=opened.identity.sha256,
        mapping_sha256=opened.mapping_sha256,
        at=at,
    )
    stager = Stager(hash_list.number, _NO_RUN, came)
    seen, doubtful = _Seen(), Doubtful(Purpose(hash_list.purpose))
    refusals: list[Refusal] = []
    refused = left_out = lines = 0
    broken = ""
    with ExitStack() as stack:
        file = stack.enter_context(request.path.open("rb"))
        report = stack.enter_context(refusal_file(request.report_path, 0))
        for batch in read_batches(opened, file, offset=opened.identity.first_byte, number=0):
            known = stager.known(record for _, record in batch.records)
            fresh = []
            for line, record in batch.records:
                there = known.get(_identity(record), NOTHING)
                older = stager.is_older(record, there)
                if seen.add(line, record, there, older=older) in _WRITTEN:
                    fresh.append(record)
                if not older:
                    left_out += record.left_out
            doubtful.look(fresh)
            refused += len(batch.refusals)
            refusals += batch.refusals[: max(0, FIRST_REFUSALS - len(refusals))]
            write_refusals(report, batch.refusals)
            lines, broken = batch.line, batch.broken
            if tell is not None:
                size = opened.identity.size_bytes
                tell(Progress(batch.end, size, lines, len(seen), refused))
        counts, duplicates, contradicting = seen.count()
        write_refusals(report, contradicting)
    refused += len(contradicting)
    first = sorted(refusals + contradicting[:FIRST_REFUSALS], key=lambda r: r.line)
    return ImportReport(
        run_id=None,
        list_slug=hash_list.slug,
        state=None,
        resumed=False,
        lines=lines,
        added=counts[_ADDED],
        changed=counts[_CHANGED],
        unchanged=counts[_UNCHANGED],
        duplicates=duplicates,
        refused=refused,
        left_out=left_out,
        older=counts[_OLDER],
        unmatched=doubtful.unmatched,
        unlinted=doubtful.unlinted,
        quarantined=len(doubtful.entries),
        doubts=doubtful.reasons,
        braked=doubtful.braked(int(counts[_ADDED] + counts[_CHANGED])),
        remembered=len(doubtful.remembered),
        first_refusals=tuple(first[:FIRST_REFUSALS]),
        unit=opened.unit,
        broken=broken,
    )


class _Seen:
    """What became of each record, in 22 bytes each: a real import asks its own rows instead."""

    def __init__(self) -> None:
        self._identities = array("q")
        self._digests = array("q")
        self._lines = array("I")
        self._outcomes = array("B")
        self._takes_away = array("B")

    def __len__(self) -> int:
        return len(self._outcomes)

    def add(self, line: int, record: SourceRecord, known: Known, *, older: bool) -> int:
        """Note a record; what becomes of it where it is the first of its entry."""
        self._identities.append(hash(_identity(record)))
        self._digests.append(record.digest)
        self._lines.append(line)
        self._takes_away.append(record.takes_away)
        if known.digest == record.digest:
            outcome = _UNCHANGED
        elif known.entry_id is None:
            outcome = _ADDED
        else:
            outcome = _OLDER if older else _CHANGED
        self._outcomes.append(outcome)
        return outcome

    def count(self) -> tuple[list[int], int, list[Refusal]]:
        """Counts by outcome of first occurrences, repeats with the same content, contradictions."""
        identities = np.frombuffer(self._identities, np.int64)
        order = np.argsort(identities, kind="stable")
        new = np.ones(len(order), np.bool_)
        new[1:] = identities[order[1:]] != identities[order[:-1]]
        repeats = order[~new]
        outcomes = np.frombuffer(self._outcomes, np.uint8)
        counts = np.bincount(outcomes, minlength=4) - np.bincount(outcomes[repeats], minlength=4)
        first = order[np.flatnonzero(new)[np.cumsum(new) - 1][~new]] if len(repeats) else repeats
        duplicates, taken_away, contradicting = self._repeats(first.tolist(), repeats.tolist())
        counts[_CHANGED] += taken_away
        return [int(count) for count in counts], duplicates, contradicting

    def _repeats(self, first: list[int], repeats: list[int]) -> tuple[int, int, list[Refusal]]:
        """Of records after the first of their entry: how many say the same, how many take it away,
        and which contradict what stood before."""
        newest: dict[int, int] = {}
        duplicates = taken_away = 0
        contradicting = []
        for of, repeat in zip(first, repeats, strict=True):
            digest = self._digests[repeat]
            if digest == newest.get(of, self._digests[of]):
                duplicates += 1
            elif self._takes_away[repeat]:
                newest[of] = digest
                taken_away += 1
            else:
                contradicting.append(Refusal(self._lines[repeat], CONTRADICTS))
        return duplicates, taken_away, sorted(contradicting, key=lambda refusal: refusal.line)


def _identity(record: SourceRecord) -> tuple[str, str]:
    return record.member, record.source_entry_id

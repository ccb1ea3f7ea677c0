"""A dry run: reads and checks a whole file and says what an import would do, writing nothing."""

from __future__ import annotations

from array import array
from contextlib import ExitStack

import numpy as np

from tocsin.domain.hashlists.importing import (
    FIRST_REFUSALS,
    Tell,
    open_file,
    read_batches,
    refusal_file,
    write_refusals,
)
from tocsin.domain.hashlists.models import HashList
from tocsin.domain.hashlists.records import SourceRecord
from tocsin.domain.hashlists.staging import CONTRADICTS, NOTHING, Known, Stager
from tocsin.domain.hashlists.types import ImportReport, ImportRequest, Progress, Refusal

_ADDED, _CHANGED, _UNCHANGED = range(3)
_NO_RUN = 0


def try_import(request: ImportRequest, hash_list: HashList, *, tell: Tell | None) -> ImportReport:
    """What `run_import` would do now; the same counts and reasons."""
    opened = open_file(request, hash_list)
    stager = Stager(hash_list.number, _NO_RUN)
    seen = _Seen()
    refusals: list[Refusal] = []
    refused = left_out = lines = 0
    broken = ""
    with ExitStack() as stack:
        file = stack.enter_context(request.path.open("rb"))
        report = stack.enter_context(refusal_file(request.report_path, 0))
        for batch in read_batches(opened, file, offset=opened.identity.first_byte, number=0):
            known = stager.known(record for _, record in batch.records)
            for line, record in batch.records:
                seen.add(line, record, known.get(_identity(record), NOTHING))
                left_out += record.left_out
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

    def add(self, line: int, record: SourceRecord, known: Known) -> None:
        self._identities.append(hash(_identity(record)))
        self._digests.append(record.digest)
        self._lines.append(line)
        self._takes_away.append(record.takes_away)
        if known.digest == record.digest:
            self._outcomes.append(_UNCHANGED)
        else:
            self._outcomes.append(_ADDED if known.entry_id is None else _CHANGED)

    def count(self) -> tuple[list[int], int, list[Refusal]]:
        """Counts by outcome of first occurrences, repeats with the same content, contradictions."""
        identities = np.frombuffer(self._identities, np.int64)
        order = np.argsort(identities, kind="stable")
        new = np.ones(len(order), np.bool_)
        new[1:] = identities[order[1:]] != identities[order[:-1]]
        repeats = order[~new]
        outcomes = np.frombuffer(self._outcomes, np.uint8)
        counts = np.bincount(outcomes, minlength=3) - np.bincount(outcomes[repeats], minlength=3)
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

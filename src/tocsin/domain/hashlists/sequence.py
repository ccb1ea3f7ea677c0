"""Which of two words of a source is the later: by its own time, else by the order of deliveries.

An older delivery that is imported again must bring nothing back that a newer one has taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tocsin.domain.hashlists.models import HashList, ImportRun
from tocsin.domain.hashlists.types import EntryStatus, RunState

CLOCKS_APART_SECONDS = 86_400
_GONE = frozenset({EntryStatus.DELETED.number, EntryStatus.WITHDRAWN.number})


class Word(NamedTuple):
    """The last word on an entry: the run that said it, its source's own time in seconds since 1970,
    and whether it took the entry away."""

    run_id: int
    updated: int | None
    gone: bool


NO_WORD = Word(0, None, False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that is taken in. `received`: when, in seconds since 1970; `first_run`: the first run
    of the very same file into the list that counts, 0 where there was none."""

    received: int
    first_run: int = 0

    def clamped(self, updated: int | None, *, takes_away: bool) -> int | None:
        """A source's time, but none after it came here: no later word could be told from that.

        One that is off by more than a clock that is ahead is no time at all; only a removal then
        counts as said when it came, so that what was said before it brings nothing back.
        """
        if updated is None or updated <= self.received:
            return updated
        ahead = updated <= self.received + CLOCKS_APART_SECONDS
        return self.received if takes_away or ahead else None

    def word(
        self, run_id: int | None, seen: int | None, updated: int | None, status: int, ours: object
    ) -> Word:
        """The word behind a row of the table. A time of the future, as older versions of Tocsin
        kept it, is none. What we withdrew ourselves is not the source's word."""
        told = updated if updated is None or updated <= self.received else None
        return Word(max(run_id or 0, seen or 0), told, status in _GONE and not ours)

    def is_older(self, *, updated: int | None, takes_away: bool, than: Word) -> bool:
        """Whether what a record says was said before what is known.

        By the source's times where both have one; of two at one moment, the one that takes the
        entry away is the later. Without times, only the same file tells: what came behind its first
        import is later than it.
        """
        updated = self.clamped(updated, takes_away=takes_away)
        if updated is not None and than.updated is not None:
            if updated != than.updated:
                return updated < than.updated
            return than.gone and not takes_away
        return 0 < self.first_run < than.run_id


def delivery(
    hash_list: HashList, *, file_sha256: str, mapping_sha256: str, at: datetime
) -> Delivery:
    """What is known of a file that is taken into a list now."""
    before = ImportRun.objects.filter(
        hash_list=hash_list,
        file_sha256=file_sha256,
        mapping_sha256=mapping_sha256,
        state=RunState.RELEASED,
    )
    first = before.order_by("pk").values_list("pk", flat=True).first()
    return Delivery(int(at.timestamp()), first or 0)

"""What a person sees at the end of a sweep. Never a hash, never a picture."""

from __future__ import annotations

from collections import Counter

from tocsin.site.checking.types import FOUND, STATUSES, UNREADABLE
from tocsin.site.sweeping.types import BY_CONTENT, BY_ETAG, NOT_COMPARED

NOTHING_FOUND, SOMETHING_FOUND, ERROR = 0, 1, 2
_ORDER = (*STATUSES, NOT_COMPARED)
_HOW = {BY_ETAG: "by their ETag", BY_CONTENT: "by their content"}


class Tally:
    """Counts by status and by how objects were checked."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str | None]] = Counter()

    def add(self, status: str, checked_by: str | None) -> None:
        """Count one object."""
        self._counts[status, checked_by] += 1

    @property
    def objects(self) -> int:
        return self._counts.total()

    def of(self, *statuses: str) -> int:
        """How many objects ended with one of these."""
        return sum(n for (status, _), n in self._counts.items() if status in statuses)

    def exit_status(self, *, complete: bool) -> int:
        """As `tocsin check` ends: a find counts before what could not be read."""
        if not complete or self.of("unavailable"):
            return ERROR
        if self.of(*FOUND):
            return SOMETHING_FOUND
        return ERROR if self.of(UNREADABLE) else NOTHING_FOUND

    def table(self) -> str:
        """A row for each status that occurred; the total; and how it was come by."""
        rows = [(status, self.of(status)) for status in _ORDER if self.of(status)]
        rows.append(("objects", self.objects))
        width = max(len(str(number)) for _, number in rows)
        lines = [f"{number:>{width}}  {status.replace('_', ' ')}" for status, number in rows]
        for how, words in _HOW.items():
            number = sum(n for (_, by), n in self._counts.items() if by == how)
            if number:
                lines.append(f"{number:>{width}}  checked {words}")
        return "\n".join(lines)

"""What was found wrong, looked for among all that counts, and held there too.

The lists cannot find a fingerprint by its value; the index can. The worker keeps one open for that,
as answers are made from it: whatever would be answered from is found here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
import structlog

from tocsin.base.audit.types import system
from tocsin.base.clock.actions import set_due
from tocsin.base.outbox.types import News
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.types import WIDTHS, FingerprintValue, Kind
from tocsin.domain.matching.building import EXACT_KINDS
from tocsin.domain.matching.live_lists import LiveLists
from tocsin.engine.index import IndexUnusable, Published

log = structlog.get_logger()

LOOK_FOR_ALIKE = "matching.look_for_alike"
"""Due for each entry that was found wrong, by its number."""
_US = system("matching")
_EQUAL_BITS = 0
_NAMES = {kind: name for name, kind in EXACT_KINDS.items()}


class ListsNotOpen(Exception):
    """There is no index to look in yet; it is looked for again."""


def heard_of_wrong(news: News, at: datetime) -> None:
    """Entries were found wrong: look for others like them, behind this transaction."""
    named = news.payload["entries"]
    for entry_id in named if isinstance(named, list) else ():
        set_due(kind=LOOK_FOR_ALIKE, subject=str(entry_id), due_at=at)


class Alike:
    """Looks for entries of the same picture in the lists as they are served, and has them held."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lists: LiveLists | None = None

    def look(self, root: Path, subject: str, at: datetime) -> None:
        """Hold all that is like the entry of this number. Raises ListsNotOpen and DatabaseError."""
        wrong = int(subject)
        prints = queries.prints_of_wrong(wrong)
        if not prints:
            return
        try:
            found = entries_with(self._index(root), prints) - {wrong}
        except IndexUnusable as error:
            raise ListsNotOpen(str(error)) from error
        held = hashlists.hold_alike(wrong=wrong, among=found, actor=_US, at=at) if found else []
        if held:
            log.info("alike_held", entry_id=wrong, held=len(held))

    def _index(self, root: Path) -> Published:
        if self._lists is None or root != self._root:
            self._root, self._lists = root, LiveLists(root)
        self._lists.refresh()
        if self._lists.serving is None:
            raise ListsNotOpen(self._lists.problem)
        return self._lists.serving.index


def entries_with(index: Published, prints: Iterable[FingerprintValue]) -> set[int]:
    """The entries that carry one of these fingerprints, bit by bit, whatever their policy."""
    found: set[int] = set()
    for print_ in prints:
        value = np.frombuffer(print_.value, np.uint8).reshape(1, WIDTHS[print_.kind])
        if print_.kind is Kind.PDQ:
            found |= {int(one) for one in index.near.query(value, _EQUAL_BITS).ids}
        elif (name := _NAMES.get(print_.kind)) is not None:
            found |= {int(one) for one in index.exact[name].query(value).ids}
    return found

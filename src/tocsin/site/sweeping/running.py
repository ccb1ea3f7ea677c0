"""The sweep: wave by wave, first what the listing itself tells, then what has to be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, Protocol

from tocsin.domain.matching.types import Action, AnswerStatus
from tocsin.site.checking.types import FOUND, CannotAsk, File, Known, Looked
from tocsin.site.sweeping.bucket import md5_of
from tocsin.site.sweeping.types import (
    BY_CONTENT,
    BY_ETAG,
    NOT_COMPARED,
    CannotList,
    CannotRun,
    Place,
    Row,
    Stored,
    SweptLists,
    Taken,
)

_UNAVAILABLE: Final = Known(AnswerStatus.UNAVAILABLE.value, Action.HOLD.value)
_NOT_COMPARED: Final = Known(NOT_COMPARED, "")
_LISTED: Final = frozenset({AnswerStatus.LISTED.value})


class Taker(Protocol):
    """The plan, as far as the sweep needs it."""

    wave: int

    def take(self, stored: Sequence[Stored]) -> list[Taken]: ...


class Sweep:
    """One sweep over a place. Iterating `waves` gives the rows of some thousand objects each time.

    When the lists can no longer be asked, the objects in hand come out as `unavailable`, nothing
    further is looked at, and `broken_off` says why; so it does when the listing breaks off.
    """

    def __init__(self, *, place: Place, lists: SweptLists, plan: Taker, exact_only: bool) -> None:
        self._place = place
        self._lists = lists
        self._plan = plan
        self._exact_only = exact_only
        # What is only ever looked up byte for byte has its answer; otherwise a better one may come.
        self._settled = FOUND if exact_only else _LISTED
        self.broken_off: str | None = None

    def waves(self, is_answered: Callable[[Stored], bool]) -> Iterator[list[Row]]:
        """Rows of all that is not answered already, in the order of the listing."""
        for wave in self._listed(is_answered):
            yield self._swept(wave)
            if self.broken_off:
                return

    def _listed(self, is_answered: Callable[[Stored], bool]) -> Iterator[list[Stored]]:
        waiting: list[Stored] = []
        try:
            for page in self._place.pages():
                waiting += [one for one in page if not is_answered(one)]
                while len(waiting) >= self._plan.wave:
                    yield waiting[: self._plan.wave]
                    waiting = waiting[self._plan.wave :]
        except CannotList as error:
            self.broken_off = str(error)
        if waiting:
            yield waiting

    def _swept(self, wave: Sequence[Stored]) -> list[Row]:
        rows: dict[int, Row] = {}
        try:
            rows.update(self._by_etag(wave))
            rest = [place for place in range(len(wave)) if place not in rows]
            taken = self._plan.take([wave[place] for place in rest])
            rows.update(self._by_content(wave, dict(zip(rest, taken, strict=True))))
        except (CannotAsk, CannotRun) as error:
            self.broken_off = str(error)
        return [rows.get(place) or _unavailable(one) for place, one in enumerate(wave)]

    def _by_etag(self, wave: Sequence[Stored]) -> Iterator[tuple[int, Row]]:
        """What the MD5 hashes in the listing already find. A hit is one however the object is
        encrypted: no other kind of ETag falls on a listed MD5 by chance."""
        asked = {p: md5 for p, one in enumerate(wave) if (md5 := md5_of(one)) is not None}
        for places in batched(asked, self._lists.most_at_once):
            answers = self._lists.ask_md5([asked[place] for place in places])
            for place, known in zip(places, answers, strict=True):
                if known.status in self._settled:
                    yield place, self._row(wave[place], known, BY_ETAG)

    def _by_content(
        self, wave: Sequence[Stored], taken: dict[int, Taken]
    ) -> Iterator[tuple[int, Row]]:
        looked: dict[int, Looked] = {}
        for place, one in taken.items():
            if one.fingerprints is not None:
                looked[place] = Looked(_file(wave[place]), one.fingerprints)
            elif one.etag_is_md5:
                yield place, self._row(wave[place], _NOT_COMPARED, BY_ETAG)
            else:
                yield place, Row(wave[place], None, None, None, one.reason)
        for places in batched(looked, self._lists.most_at_once):
            answers = self._lists.ask([looked[place] for place in places])
            for place, known in zip(places, answers, strict=True):
                row = self._row(wave[place], known, BY_CONTENT)
                yield place, replace(row, fingerprints=looked[place].fingerprints)

    def _row(self, stored: Stored, known: Known, checked_by: str) -> Row:
        return Row(stored, known, checked_by, self._lists.version)


def _unavailable(stored: Stored) -> Row:
    return Row(stored, _UNAVAILABLE, None, None)


def _file(stored: Stored) -> File:
    return File(stored.key, 0, stored.size_bytes, 0)


def batched(places: Iterable[int], size: int) -> Iterator[list[int]]:
    """In their order, so many at a time."""
    left = iter(places)
    while some := list(islice(left, size)):
        yield some

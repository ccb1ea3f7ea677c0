"""The records of a whole window: the latest of each entry, by member, with their text at hand.

The text lies in a file without a name that is gone with the process; in memory is only where.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.conf import settings

from tocsin.domain.exchanges import rules
from tocsin.domain.exchanges.rules import Word
from tocsin.domain.hashlists.pages import Page, Record, Unreadable


class Place(NamedTuple):
    """Where a record's text lies, and what decides between it and another of the same entry."""

    start: int
    length: int
    updated: int | None
    gone: bool
    video: bool

    @property
    def word(self) -> Word:
        return Word(self.updated, self.gone)


class RefusedOne(NamedTuple):
    """A record that is no entry: the page and its place there, why, and where its text lies."""

    page: int
    place: int
    reason: str
    text: Place


@dataclass(slots=True)
class OfMember:
    """The entries of one member: the latest word on each, and the words it took the place of."""

    name: str
    latest: dict[str, Place] = field(default_factory=dict)
    superseded: list[Place] = field(default_factory=list)

    def drop_older(self, known: dict[str, Word]) -> None:
        """Leave out what is older than what is known already."""
        for own_id, word in known.items():
            place = self.latest.get(own_id)
            if place is not None and not rules.supersedes(place.word, word):
                self.superseded.append(self.latest.pop(own_id))


class Gathered:
    """All records of a window, of which none is believed to be of a time after `now`.

    Close it, or use it in a `with`.
    """

    def __init__(self, now: int) -> None:
        self._now = now
        self._file: BinaryIO = unnamed_file()
        self._end, self._pages = 0, 0
        self.members: dict[str, OfMember] = {}
        self.records = 0
        self.unreadable = 0
        self.refused: list[RefusedOne] = []
        """The first of the unreadable, with their texts: a service may send nothing else."""

    def add(self, page: Page) -> None:
        """Take in a page's records, in whatever order pages come."""
        self._pages += 1
        for given in page.unreadable:
            self._refuse(given)
        for record in page.records:
            reason = rules.unusable_member(record.member)
            if reason:
                self._refuse(Unreadable(record.place, record.raw, reason))
                continue
            self.records += 1
            of = self.members.setdefault(record.member, OfMember(record.member_name))
            place = self._keep(record)
            before = of.latest.get(record.own_id)
            if rules.supersedes(place.word, before.word if before else None):
                of.latest[record.own_id] = place
                place_of_older = before
            else:
                place_of_older = place
            if place_of_older is not None:
                of.superseded.append(place_of_older)

    def texts(self, places: Iterable[Place]) -> Iterator[bytes]:
        """The texts of records, in order."""
        for place in places:
            self._file.seek(place.start)
            yield self._file.read(place.length)

    def __enter__(self) -> Gathered:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _keep(self, record: Record) -> Place:
        updated = rules.believable(record.updated, self._now)
        return Place(*self._write(record.raw), updated, record.gone, record.video)

    def _refuse(self, given: Unreadable) -> None:
        self.unreadable += 1
        if len(self.refused) == rules.MOST_REFUSED_OF_A_WINDOW:
            return
        text = Place(*self._write(given.raw), None, gone=False, video=False)
        self.refused.append(RefusedOne(self._pages, given.place, given.reason, text))

    def _write(self, raw: bytes) -> tuple[int, int]:
        self._file.seek(self._end)
        self._file.write(raw)
        start, self._end = self._end, self._end + len(raw)
        return start, len(raw)


def unnamed_file() -> BinaryIO:
    """A file in the data folder that has no name: nobody else can open it, and it is gone with us.

    What stands in it may be more than a table holds: StopNCII passes on addresses too.
    """
    folder: Path = settings.TOCSIN_DATA
    return tempfile.TemporaryFile(dir=folder)

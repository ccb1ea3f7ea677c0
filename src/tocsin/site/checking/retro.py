"""Asking again, when lists have grown, about files that were looked at before: none is read."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tocsin.site.checking.archives import outer
from tocsin.site.checking.journal import Journal, Kept
from tocsin.site.checking.types import FOUND, UNAVAILABLE, CannotAsk, File, Known, Lists, Result

GONE = "it is no longer there as it was"


class Retro:
    """One pass through the journal. Iterating gives a `Result` for each file that was asked about.

    Only files that these lists were not asked for as they stand now are asked about, by what the
    journal knows of them. One that was found before, and is again, is not told a second time. When
    the lists cannot be asked, `broken_off` says why, and the next pass goes on from there.
    """

    not_compared = 0
    """Every file can be asked about in full."""

    def __init__(self, *, lists: Lists, journal: Journal) -> None:
        self._lists = lists
        self._journal = journal
        self.broken_off: str | None = None

    def results(self) -> Iterator[Result]:
        """Ask, and keep the answers before they come out."""
        version = self._version()
        if self.broken_off:
            return
        for batch in self._journal.older_than(version):
            for first in range(0, len(batch), self._lists.most_at_once):
                some = batch[first : first + self._lists.most_at_once]
                known = self._ask(some)
                if known is None:
                    return
                yield from told(some, known)

    def _version(self) -> int | None:
        """That of the lists as they stand, learned by asking about one file."""
        for batch in self._journal.older_than(None):
            known = self._ask(batch[:1], keeping=False)
            return known[0].list_version if known else None
        return None

    def _ask(self, kept: list[Kept], *, keeping: bool = True) -> list[Known] | None:
        looked = [one.looked for one in kept]
        try:
            known = (self._news(kept) if keeping else None) or self._lists.ask(looked)
        except CannotAsk as error:
            self.broken_off = str(error)
            return None
        if any(one.status == UNAVAILABLE for one in known):
            self.broken_off = "the lists were not available for some files."
            return None
        if keeping:
            self._journal.keep(zip(looked, known, strict=True))
        return known

    def _news(self, kept: list[Kept]) -> list[Known] | None:
        """What is known now of files that were all asked for before; None to ask in full."""
        if not kept or any(one.version is None for one in kept):
            return None
        oldest = min(one.version or 0 for one in kept)
        news = self._lists.ask_since([one.looked for one in kept], oldest)
        if news is None:
            return None
        return [
            _as_before(before, news.version) if now is None else now
            for before, now in zip(kept, news.known, strict=True)
        ]


def _as_before(kept: Kept, version: int) -> Known:
    """Nothing new was met: what was said stands, and is known up to this version."""
    up_to = max(version, kept.version or 0)
    return Known(kept.status or UNAVAILABLE, "", list_version=up_to)


def told(kept: list[Kept], known: list[Known]) -> Iterator[Result]:
    """What of the answers is news."""
    for before, now in zip(kept, known, strict=True):
        if now.status in FOUND and now.status == before.status:
            continue
        file = before.looked.file
        gone = now.status in FOUND and not _is_there(file)
        yield Result(file.path, 0, file.size_bytes, now, GONE if gone else None)


def _is_there(file: File) -> bool:
    archive = outer(file.path)
    try:
        seen = os.lstat(archive)
    except OSError:
        return False
    if archive != file.path:  # the size is that of what lies in it
        return seen.st_mtime_ns == file.modified_ns
    return (seen.st_size, seen.st_mtime_ns) == (file.size_bytes, file.modified_ns)

"""The lists of this machine: its index, and its database where there is one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tocsin.domain.hashlists.types import Origins
from tocsin.domain.matching import rules
from tocsin.domain.matching.rules import Found, ListFacts, Verdict
from tocsin.domain.matching.searching import query_of, search, unchecked_of
from tocsin.domain.matching.types import ListsSeen, PolicyTerms, Query
from tocsin.engine.index import IndexUnusable, Published, open_published
from tocsin.site.checking.types import CannotAsk, Known, Looked

BATCH = 256
REFRESH_EACH_SECONDS = 5.0


def queries_of(looked: Sequence[Looked]) -> list[Query]:
    """Each file's fingerprints as a question."""
    return [query_of(one.fingerprints, str(place)) for place, one in enumerate(looked)]


def md5_queries_of(md5s: Sequence[bytes]) -> list[Query]:
    """Each MD5 (16 bytes), of a file that was not looked at, as a question."""
    return [Query(str(place), md5=md5) for place, md5 in enumerate(md5s)]


class IndexAlone:
    """An index folder without its database: as the lists stood when it was built.

    Which lists are the organisation's own, and which share a source, the files do not say; so all
    count as one source here, and only an entry that two people agreed to leads to `block`.
    """

    most_at_once = BATCH

    def __init__(self, root: Path, lists: ListsSeen) -> None:
        """Raises CannotAsk."""
        self._terms = PolicyTerms(lists=lists)
        self._root = root.resolve()
        try:
            self._index = open_published(root)
        except IndexUnusable as error:
            raise CannotAsk(str(error)) from error

    @property
    def identity(self) -> str:
        manifest = self._index.manifest
        return f"index {manifest.generation} {manifest.created_at.isoformat()} {self._terms.lists}"

    @property
    def name(self) -> str:
        return f"index {self._root} {self._terms.lists}"

    @property
    def described(self) -> str:
        built = self._index.manifest.created_at
        return f"{self._terms.lists} lists, as of {built:%Y-%m-%d %H:%M} UTC (index files alone)"

    @property
    def version(self) -> int:
        """The list version that the index holds."""
        return self._index.manifest.policy_change_no

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        return self._ask(queries_of(looked))

    def ask_since(self, looked: Sequence[Looked], version: int) -> None:
        """All that is asked here costs nothing, so it is asked in full."""

    def ask_md5(self, md5s: Sequence[bytes]) -> list[Known]:
        """What is known of files by their MD5 alone, in order. Raises CannotAsk."""
        return self._ask(md5_queries_of(md5s))

    def _ask(self, queries: Sequence[Query]) -> list[Known]:
        version = self._index.manifest.change_no
        return _answers(self._index, queries, self._terms, facts=None, version=version)


class LocalLists:
    """This machine's lists as they stand now: the index and every change since it was built."""

    most_at_once = BATCH

    def __init__(self, root: Path, lists: ListsSeen) -> None:
        """Django must be set up. Raises CannotAsk."""
        from tocsin.domain.matching.live_lists import LiveLists

        self._terms = PolicyTerms(lists=lists)
        self._root = root.resolve()
        self._lists = LiveLists(root)
        self._refresh()

    @property
    def identity(self) -> str:
        return f"database {self.version} {self._terms.lists}"

    @property
    def name(self) -> str:
        return f"database {self._root} {self._terms.lists}"

    @property
    def described(self) -> str:
        return f"{self._terms.lists} lists of this machine, version {self.version}"

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        return self._ask(queries_of(looked))

    def ask_since(self, looked: Sequence[Looked], version: int) -> None:
        """All that is asked here costs nothing, so it is asked in full."""

    def ask_md5(self, md5s: Sequence[bytes]) -> list[Known]:
        """What is known of files by their MD5 alone, in order. Raises CannotAsk."""
        return self._ask(md5_queries_of(md5s))

    def _ask(self, queries: Sequence[Query]) -> list[Known]:
        if time.monotonic() - self._refreshed > REFRESH_EACH_SECONDS:
            self._refresh()
        serving = self._lists.serving
        if serving is None:
            raise CannotAsk(self._lists.problem)
        return _answers(serving.index, queries, self._terms, serving.facts, version=serving.version)

    @property
    def version(self) -> int:
        """The list version that is asked now."""
        return self._lists.serving.version if self._lists.serving else 0

    def _refresh(self) -> None:
        from django.db import DatabaseError

        try:
            self._lists.refresh()
        except DatabaseError as error:
            raise CannotAsk(
                "the database of this data folder does not answer, so newer changes to the lists "
                "are not known. Start it, or say --index-only to ask the index files alone."
            ) from error
        self._refreshed = time.monotonic()
        if self._lists.serving is None:
            raise CannotAsk(self._lists.problem)


def _answers(
    index: Published,
    queries: Sequence[Query],
    terms: PolicyTerms,
    facts: ListFacts | None,
    *,
    version: int,
) -> list[Known]:
    try:
        found = search(index, queries, lists=terms.lists, radius_bits=terms.near_radius_bits)
    except IndexUnusable as error:
        raise CannotAsk(str(error)) from error
    known = (
        _known(query, found.get(place, []), terms, facts) for place, query in enumerate(queries)
    )
    return [replace(one, list_version=version) for one in known]


def _known(
    query: Query, found: Sequence[Found], terms: PolicyTerms, facts: ListFacts | None
) -> Known:
    verdict = rules.verdict(
        found, terms=terms, facts=facts or _cautious(found), unchecked=unchecked_of(query)
    )
    return _told(verdict)


def _cautious(found: Sequence[Found]) -> ListFacts:
    numbers = frozenset(entry.list_no for entry in found)
    return ListFacts(own=numbers, origins=Origins(dict.fromkeys(numbers, 1), {}))


def _told(verdict: Verdict) -> Known:
    if not verdict.entries:
        return Known(verdict.status.value, verdict.action.value)
    shares = [one.overlap.shares.of_query for one in verdict.entries if one.overlap]
    return Known(
        status=verdict.status.value,
        action=verdict.action.value,
        kind=verdict.entries[0].kind.value,
        category=rules.gravest(verdict.entries).value,
        sources=verdict.sources,
        film_share=max(shares, default=None),
    )

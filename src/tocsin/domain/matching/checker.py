"""What answers checks: one per process, in memory, without a database row on the way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import structlog
from django.conf import settings

from tocsin.base.clock.threads import OnePerProcess, Repeating
from tocsin.base.secrets import Keyring, reference
from tocsin.domain.matching import rules
from tocsin.domain.matching.actions import CountKey
from tocsin.domain.matching.answering import Judged, hit_of, in_shadow, judged, match_of, outcome_of
from tocsin.domain.matching.canaries import answer_to, canary
from tocsin.domain.matching.counting import Counts
from tocsin.domain.matching.guard.process import Guard
from tocsin.domain.matching.guard.types import Step, Withheld
from tocsin.domain.matching.harmless import entries_found_harmless
from tocsin.domain.matching.hits import as_told
from tocsin.domain.matching.journal import Journal
from tocsin.domain.matching.keys import KeyTable
from tocsin.domain.matching.live_lists import LiveLists, Serving
from tocsin.domain.matching.measuring import measured
from tocsin.domain.matching.rules import Found, Verdict
from tocsin.domain.matching.searching import EXACT_ONLY, search, unchecked_of
from tocsin.domain.matching.types import (
    FOR_TESTS,
    Action,
    Answer,
    AnswerStatus,
    CheckKey,
    Door,
    JournalFailed,
    ListsSeen,
    Match,
    MatchKind,
    Outcome,
    Query,
)
from tocsin.domain.matching.vitals import Tally, Vitals
from tocsin.engine.index import IndexUnusable

log = structlog.get_logger()

CHANGES_EACH_SECONDS = 0.25
KEYS_EACH = timedelta(seconds=1)
COUNTS_EACH_SECONDS = 1.0
GUARD_EACH_SECONDS = 1.0
STALE_AFTER = timedelta(seconds=5)
USELESS_AFTER = timedelta(minutes=15)
FIRST_ANSWER_SECONDS = 10.0

DATABASE_AWAY = (
    "The database has not answered for 15 minutes, so withdrawn entries might still be served. "
    "Bring the database back; nothing else has to be done."
)


class Checker:
    """Answers checks from memory and keeps itself up to date by three threads.

    `follow` reads the database (keys each second, changes each 250 ms) and may also be called by
    hand; a second and a third thread write the counts and what the guard noticed, as waiting for
    a lock must not delay a withdrawal.
    """

    def __init__(self, *, index: Path, journal: Journal, references: Keyring) -> None:
        self.keys = KeyTable()
        self._lists = LiveLists(index)
        self._journal = journal
        self._counts = Counts()
        self._tally = Tally()
        self._references = references
        self.guard = Guard(references)
        self._heard_at: datetime | None = None
        self._keys_at: datetime | None = None
        self._followed = threading.Event()
        self._threads = Repeating()

        @lru_cache(maxsize=65_536)
        def refer(entry_id: int, key_id: str) -> str:
            return reference(references, entry_id, audience=key_id)

        self._refer = refer

    @classmethod
    def from_settings(cls) -> Checker:
        """A checker over this installation's index, journal and keys, not yet started."""
        keys = settings.TOCSIN_KEYS
        journal = Journal(settings.TOCSIN_JOURNAL, keys.ring("journal"))
        return cls(index=settings.TOCSIN_INDEX, journal=journal, references=keys.ring("reference"))

    def check(
        self,
        key: CheckKey,
        queries: Sequence[Query],
        *,
        door: Door,
        at: datetime,
        among: frozenset[int] | None = None,
    ) -> Answer:
        """Answer a batch. Hits are safe on the disk when this returns. `among`: only what meets one
        of these entries is found, and judged by all that it meets; None: of all entries.

        Never raises for a missing index, a lost database or a full disk: then every outcome is
        `unavailable` with the action `hold`, and `problem` says why.
        """
        started = time.perf_counter()
        sung = {n: kind for n, query in enumerate(queries) if (kind := canary(query, key))}
        asked = [query for n, query in enumerate(queries) if n not in sung]
        answer = counted = self._checked(key, asked, door, at, among)
        self._count(key, answer, door, at)
        if sung and answer.problem is None:
            answer = _with_canaries(answer, queries, sung, key)
        elif sung:
            answer = self._unavailable(key, queries, answer.problem or "", at)
        taken = time.perf_counter() - started
        self._tally.add(door, Counter(outcome.status for outcome in answer.outcomes), taken)
        ended = Counter(outcome.status for outcome in counted.outcomes)
        told = measured(
            queries, taken, at=at, key_id=key.key_id, ended=ended, sung=list(sung.values())
        )
        self._counts.add(told)
        return answer

    def changed_since(self, version: int) -> frozenset[int]:
        """The entries that came or changed after a list version, for `among`. Asks the database.

        Raises WrongVersion, VersionTooOld, DatabaseError.
        """
        return self._lists.changed_since(version)

    def _checked(
        self,
        key: CheckKey,
        queries: Sequence[Query],
        door: Door,
        at: datetime,
        among: frozenset[int] | None,
    ) -> Answer:
        serving = self._lists.serving
        problem = self._problem(serving, at)
        if serving is None or problem is not None:
            return self._unavailable(key, queries, problem or "", at)
        try:
            verdicts = self._verdicts(key, queries, serving, among)
            withheld = self._withheld(key, queries, verdicts, serving, at)
            batch = judged(queries, verdicts, withheld)
            answer = self._answer(key, batch, serving, at)
            written = [
                (hit_of(one, key, version=serving.version, at=at), told)
                for one, told in zip(batch, answer.outcomes, strict=True)
                if one.is_written
            ]
            if written:
                self._journal.append(as_told(written, door))
        except (IndexUnusable, JournalFailed) as error:
            log.error("check_unavailable", error=type(error).__name__)
            return self._unavailable(key, queries, str(error), at)
        return answer

    def known(self, key: CheckKey, query: Query, *, at: datetime) -> Match | None:
        """What a reported picture is already known as, or None; neither kept as a hit nor counted.

        None too when the index is away: a report is taken all the same.
        """
        serving = self._lists.serving
        if serving is None or self._problem(serving, at) is not None:
            return None
        try:
            return match_of(self._verdicts(key, [query], serving)[0], key, self._refer)
        except IndexUnusable as error:
            log.error("check_unavailable", error=type(error).__name__)
            return None

    def serving(self, at: datetime) -> Serving | None:
        """The lists as answers are made from them; None when there is a `problem`."""
        serving = self._lists.serving
        return None if self._problem(serving, at) is not None else serving

    def problem(self, at: datetime) -> str | None:
        """Why nothing could be answered at the moment, in words; None when checks are made."""
        return self._problem(self._lists.serving, at)

    def vitals(self) -> Vitals:
        """How this process is doing; reads memory only."""
        answers, times = self._tally.totals()
        serving = self._lists.serving
        return Vitals(
            answers=answers,
            times=times,
            list_version=None if serving is None else serving.version,
            generation=None if serving is None else serving.index.manifest.generation,
            heard_at=self._heard_at,
        )

    def follow(self, at: datetime) -> None:
        """Read what is new in the database; raises DatabaseError."""
        if self._keys_at is None or at - self._keys_at >= KEYS_EACH:
            self.keys.refresh(at=at)
            self._keys_at = at
        self._lists.refresh()
        self._heard_at = at

    def flush(self) -> None:
        """Write the counts; raises DatabaseError."""
        self._counts.flush()

    def share_guard(self, at: datetime) -> None:
        """Bring what the guard noticed together with other processes; raises DatabaseError."""
        self.guard.flush(at)

    def start(self) -> None:
        """Start the threads and wait until the database has been asked once."""
        for name, work, each in (
            ("matching-follows", self._follow_once, CHANGES_EACH_SECONDS),
            ("matching-counts", self.flush, COUNTS_EACH_SECONDS),
            ("matching-guard", self._share_guard_once, GUARD_EACH_SECONDS),
        ):
            self._threads.start(name, work, each)
        self._followed.wait(FIRST_ANSWER_SECONDS)

    def stop(self) -> None:
        """Let the threads end at their next turn and give the journal file up."""
        self._threads.stop()
        self._journal.close()

    def _follow_once(self) -> None:
        try:
            self.follow(datetime.now(UTC))
        finally:
            self._followed.set()

    def _share_guard_once(self) -> None:
        self.share_guard(datetime.now(UTC))

    def _problem(self, serving: Serving | None, at: datetime) -> str | None:
        if serving is None or self._heard_at is None:
            return self._lists.problem
        return DATABASE_AWAY if at - self._heard_at > USELESS_AFTER else None

    def _stale(self, at: datetime) -> bool:
        return self._heard_at is None or at - self._heard_at > STALE_AFTER

    def _verdicts(
        self,
        key: CheckKey,
        queries: Sequence[Query],
        serving: Serving,
        among: frozenset[int] | None = None,
    ) -> list[Verdict]:
        terms = key.terms
        # Whom nobody has vetted hears of no near match: it would teach where matches end.
        exact_only = terms.lists is ListsSeen.OPEN
        found = search(
            serving.index,
            queries,
            lists=terms.lists,
            radius_bits=EXACT_ONLY if exact_only else terms.near_radius_bits,
            block_bits=terms.near_block_bits,
            unvetted=serving.facts.unvetted,
        )
        if among is not None:
            found = {
                place: entries
                for place, entries in found.items()
                if any(entry.entry_id in among for entry in entries)
            }
        return [
            self._verdict(query, found.get(place), key, serving)
            for place, query in enumerate(queries)
        ]

    def _verdict(
        self, query: Query, found: list[Found] | None, key: CheckKey, serving: Serving
    ) -> Verdict:
        unchecked = unchecked_of(query)
        if found is None:
            return rules.nothing_found(terms=key.terms, unchecked=unchecked)
        harmless = entries_found_harmless(query, found, key.harmless, self._references)
        return rules.verdict(
            found, terms=key.terms, facts=serving.facts, unchecked=unchecked, harmless=harmless
        )

    def _withheld(
        self,
        key: CheckKey,
        queries: Sequence[Query],
        verdicts: Sequence[Verdict],
        serving: Serving,
        at: datetime,
    ) -> Withheld:
        met = {place: verdict for place, verdict in enumerate(verdicts) if verdict.entries}
        withheld = self.guard.look(key, queries, met, serving, at)
        if key.standing.step is not Step.SLOWED:
            return withheld
        near = {place for place, v in met.items() if v.entries[0].kind is MatchKind.NEAR}
        return replace(withheld, closed=withheld.closed | near)

    def _answer(
        self, key: CheckKey, batch: Sequence[Judged], serving: Serving, at: datetime
    ) -> Answer:
        outcomes = tuple(outcome_of(one, key, self._refer) for one in batch)
        return Answer(serving.version, self._stale(at), outcomes)

    def _unavailable(
        self, key: CheckKey, queries: Sequence[Query], problem: str, at: datetime
    ) -> Answer:
        outcomes = [
            Outcome(query.client_id, AnswerStatus.UNAVAILABLE, Action.HOLD) for query in queries
        ]
        if key.terms.shadow:
            outcomes = [in_shadow(outcome) for outcome in outcomes]
        return Answer(None, self._stale(at), tuple(outcomes), problem)

    def _count(self, key: CheckKey, answer: Answer, door: Door, at: datetime) -> None:
        day = at.date()
        if key.terms.lists is ListsSeen.TEST and door not in FOR_TESTS:
            door = Door.V2_TEST
        ended = Counter(outcome.status for outcome in answer.outcomes)
        self._counts.add(
            {
                CountKey(day, key.key_id, door, status, key.terms.shadow): n
                for status, n in ended.items()
            }
        )


def _started() -> Checker:
    fresh = Checker.from_settings()
    fresh.start()
    return fresh


checker = OnePerProcess(_started)
"""The checker of this process, started at first use (after a server has forked its workers)."""


def _with_canaries(
    answer: Answer, queries: Sequence[Query], sung: Mapping[int, MatchKind], key: CheckKey
) -> Answer:
    """All outcomes in the order asked, those of canaries put in at their places."""
    others = iter(answer.outcomes)
    outcomes = tuple(
        answer_to(query, sung[n], key) if n in sung else next(others)
        for n, query in enumerate(queries)
    )
    return replace(answer, outcomes=outcomes)

"""What one key asks, as one process sees it: counted, compared, and answered with less."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.balls import Ball, Balls
from tocsin.domain.matching.guard.counted import Counted
from tocsin.domain.matching.guard.questions import Questions
from tocsin.domain.matching.guard.types import (
    NOTHING_WITHHELD,
    Asked,
    Limits,
    NearHit,
    TagOf,
    Totals,
    Withheld,
    Words,
)
from tocsin.engine.index import Recent

_Hits = dict[int, NearHit]
"""What one query met by nearness, by entry, best first."""


class Watch:
    """The guard's memory of one key. For any number of threads."""

    def __init__(self, tag_of: TagOf) -> None:
        self.lock = threading.Lock()
        self._tag_of = tag_of
        self.forget()

    def forget(self) -> None:
        """Begin again, as when a person has let the key go on."""
        self.day: date | None = None
        self.counted = Counted()
        # The days before in the window, and for which day they were read from the database.
        self.earlier = Counted()
        self.earlier_of: date | None = None
        self.balls = Balls()
        self.recent: Recent | None = None
        self.questions = Questions()

    def look(self, asked: Asked, limits: Limits, day: date) -> Withheld:
        """Note a batch and say what of its answers is withheld.

        A batch is gone through in order, so that ten thousand trials in one request learn no more
        than ten thousand requests.
        """
        with self.lock:
            self.begin(day)
            self.counted.asked.add(asked.names)
            self.counted.hashes.add(asked.hashes)
            beyond = self._beyond(asked, limits)
            self.counted.matched.add(asked.matched)
            withheld = self._compare(asked, limits, day) if len(asked.words) else NOTHING_WITHHELD
            return replace(withheld, beyond=beyond) if beyond else withheld

    def count(self, hashes: Words, day: date) -> None:
        """Note fingerprints that were asked about unseen."""
        with self.lock:
            self.begin(day)
            self.counted.asked.add(hashes)
            self.counted.hashes.add(hashes)

    def run_share(self) -> float:
        """Which part of what it asked last are near-identical hashes, 0 to 1."""
        return 0.0 if self.recent is None else self.recent.run_share()

    def begin(self, day: date) -> None:
        """Count from nothing when another day has come, and forgive what was learned long ago.

        What began before midnight and comes after it is counted with the new day.
        """
        if self.day is None or day > self.day:
            self.day = day
            self.earlier.merge(self.counted)
            self.counted = Counted()
            if self.balls.forgive(day):
                # Or who asks there next would be reminded of what it asked before.
                self.recent = None
                self.questions = Questions()

    def _beyond(self, asked: Asked, limits: Limits) -> frozenset[int]:
        """The queries that met pictures of which the key is told no more.

        Whoever has spent what it may find is told `held` of every match, of known ones too: which
        were told before is not kept.
        """
        if not len(asked.matched):
            return frozenset()
        left = rules.left_to_tell(self._found(), limits)
        told: set[int] = set()
        beyond: set[int] = set()
        for place, tag in zip(asked.matched_in.tolist(), asked.matched.tolist(), strict=True):
            if tag in told:
                continue
            if len(told) < left:
                told.add(tag)
            else:
                beyond.add(place)
        return frozenset(beyond)

    def _found(self) -> Totals:
        """What is asked and found, today and in the window, as far as this process knows."""
        window = self.earlier.copy()
        window.merge(self.counted)
        asked_today, _, matched_today = self.counted.estimates()
        asked, _, matched = window.estimates()
        return Totals(
            asked_today=asked_today, matched_today=matched_today, asked=asked, matched=matched
        )

    def _compare(self, asked: Asked, limits: Limits, day: date) -> Withheld:
        for hit in asked.near:
            self._anchor(hit, asked, limits, day)
        hits: dict[int, _Hits] = defaultdict(dict)
        for hit in asked.near:
            hits[hit.place].setdefault(hit.entry_id, hit)
        around = self._around(asked, hits)
        self._remember(asked)
        if not around:
            return NOTHING_WITHHELD
        tags, sorting = self._tags(asked, around), _Sorting(limits, day)
        for place, balls in sorted(around.items()):
            exact, settled = asked.exact.get(place, frozenset()), place in asked.settled
            question = _Question(place, tags[place], hits.get(place, {}), exact, settled)
            sorting.sort(question, balls)
        return sorting.withheld()

    def _anchor(self, hit: NearHit, asked: Asked, limits: Limits, day: date) -> None:
        """Let every entry that was met have its ball, and each ball know where it was met.

        Whoever came in from outside has been told "no" around here before.
        """
        word = asked.words[hit.row]
        known = self.balls.get(hit.entry_id) is not None
        ball = self.balls.meet(hit.entry_id, word.tobytes())
        if known:
            return
        earlier = set(self.questions.near(word, asked.ball_bits))
        if self.recent is not None:
            near = self.recent.near(word, asked.ball_bits)[: limits.edge_answers]
            earlier.update(self._tag_of(one.tobytes()) for one in near)
        if earlier:
            ball.edges |= earlier
            ball.edged_on = day

    def _around(self, asked: Asked, hits: Mapping[int, _Hits]) -> dict[int, list[Ball]]:
        """For each query that lies in balls: all of them, whichever of its hashes lies there, and
        those of what it met, wherever their anchors are."""
        around: dict[int, dict[int, Ball]] = defaultdict(dict)
        for row, balls in self.balls.of(asked.words, asked.ball_bits).items():
            around[int(asked.places[row])].update((ball.entry_id, ball) for ball in balls)
        for place, met in hits.items():
            for entry_id in met:
                ball = self.balls.get(entry_id)
                if ball is not None:
                    around[place][entry_id] = ball
        return {place: list(balls.values()) for place, balls in around.items()}

    def _tags(self, asked: Asked, places: Iterable[int]) -> dict[int, int]:
        """A keyed digest of all PDQ hashes of each of these queries."""
        words: dict[int, list[bytes]] = defaultdict(list)
        for row in np.flatnonzero(np.isin(asked.places, list(places))).tolist():
            words[int(asked.places[row])].append(asked.words[row].tobytes())
        return {place: self._tag_of(b"".join(sorted(some))) for place, some in words.items()}

    def _remember(self, asked: Asked) -> None:
        words = asked.words
        if len(asked.together):
            places = np.unique(asked.places[asked.together]).tolist()
            for place, tag in self._tags(asked, places).items():
                self.questions.add(tag, words[asked.places == place])
            words = np.delete(words, asked.together, axis=0)
        if self.recent is None:
            self.recent = Recent()
        self.recent.add(words)


class _Question:
    """One query that lies in balls: what it met, and whether its digests decide the answer."""

    __slots__ = ("exact", "near", "place", "settled", "tag")

    def __init__(
        self, place: int, tag: int, near: _Hits, exact: frozenset[int], settled: bool
    ) -> None:
        self.place, self.tag, self.near = place, tag, near
        self.exact, self.settled = exact, settled

    @property
    def hears_distance(self) -> bool:
        """Whether the answer tells how far away the nearest is."""
        return bool(self.near) and not self.settled

    def teaches_edge_of(self, ball: Ball) -> bool:
        """Whether the answer says where matches with the ball's picture end: it is not among what
        was met, or it would not be had the question been a few bits different."""
        if ball.entry_id in self.exact:
            return False
        hit = self.near.get(ball.entry_id)
        return hit is None or hit.at_edge


class _Sorting:
    """Goes through the queries of a batch that lie in balls, and closes what has taught enough."""

    def __init__(self, limits: Limits, day: date) -> None:
        self._limits = limits
        self._day = day
        self._closed: set[int] = set()
        self._blurred: set[int] = set()
        self._silent: set[int] = set()

    def sort(self, question: _Question, balls: list[Ball]) -> None:
        """Count the answer in every ball it lies in, or withhold it where one of them is closed.

        An answer that is withheld teaches nothing, so it counts nowhere.
        """
        if not any(ball.closed for ball in balls):
            for ball in balls:
                self._count(question, ball)
        if any(ball.closed for ball in balls):
            (self._silent if question.settled else self._closed).add(question.place)
        elif question.hears_distance and not self._may_tell_distance(question, balls):
            self._blurred.add(question.place)

    def withheld(self) -> Withheld:
        return Withheld(frozenset(self._closed), frozenset(self._blurred), frozenset(self._silent))

    def _count(self, question: _Question, ball: Ball) -> None:
        if question.tag in ball.edges or not question.teaches_edge_of(ball):
            return
        ball.fresh = True
        ball.edged_on = self._day
        ball.edges.add(question.tag)
        ball.closed = len(ball.edges) > self._limits.edge_answers

    def _may_tell_distance(self, question: _Question, balls: list[Ball]) -> bool:
        """The distance is that of the nearest: every ball it may belong to must have some left."""
        met = [ball for ball in balls if ball.entry_id in question.near]
        unheard = [ball for ball in met if question.tag not in ball.told]
        if any(len(ball.told) >= self._limits.distances for ball in unheard):
            return False
        for ball in unheard:
            ball.told.add(question.tag)
            ball.fresh = True
        return True

"""What one key asks, as one process sees it: counted, compared, and answered with less."""

from __future__ import annotations

import threading
from datetime import date

import numpy as np

from tocsin.domain.matching.guard.balls import ANCHORS_APART_BITS, Ball, Balls
from tocsin.domain.matching.guard.recent import Recent
from tocsin.domain.matching.guard.sketch import Sketch
from tocsin.domain.matching.guard.types import (
    NOTHING_WITHHELD,
    Asked,
    Limits,
    NearHit,
    TagOf,
    Withheld,
    Words,
)


class Watch:
    """The guard's memory of one key. For any number of threads."""

    def __init__(self, tag_of: TagOf) -> None:
        self.lock = threading.Lock()
        self.day: date | None = None
        self.asked, self.matched = Sketch(), Sketch()
        self.balls = Balls()
        self.recent: Recent | None = None
        self._tag_of = tag_of

    def look(self, asked: Asked, limits: Limits, day: date) -> Withheld:
        """Note a batch and say what of its answers is withheld.

        A batch is gone through in order, so that ten thousand trials in one request learn no more
        than ten thousand requests.
        """
        with self.lock:
            self.begin(day)
            self.asked.add(asked.names)
            self.matched.add(asked.matched)
            if not len(asked.words):
                return NOTHING_WITHHELD
            return self._compare(asked, limits)

    def run_share(self) -> float:
        """Which part of what it asked last are near-identical hashes, 0 to 1."""
        return 0.0 if self.recent is None else self.recent.run_share()

    def begin(self, day: date) -> None:
        """Count from nothing when it is another day."""
        if day != self.day:
            self.day = day
            self.asked, self.matched = Sketch(), Sketch()

    def _compare(self, asked: Asked, limits: Limits) -> Withheld:
        by_place = {hit.place: hit for hit in asked.near if hit.place not in asked.settled}
        if by_place:
            self._anchor(asked, by_place, limits)
        inside = self.balls.of(asked.words, asked.ball_bits)
        self._add_far_matches(asked, by_place, inside)
        withheld = _Sorting(self._tag_of, limits)
        for place, rows in _rows_by_place(asked, inside):
            ball = min((inside[row] for row in rows if row in inside), key=lambda found: found[1])
            withheld.sort(place, ball[0], _bytes_of(asked.words[rows]), by_place.get(place))
        self._remember(asked.words)
        return withheld.withheld()

    def _anchor(self, asked: Asked, by_place: dict[int, NearHit], limits: Limits) -> None:
        """Let every match belong to a ball, and each ball know where its matches lie."""
        for row in np.flatnonzero(np.isin(asked.places, list(by_place))).tolist():
            word = asked.words[row]
            [found] = self.balls.of(word[None], asked.ball_bits).values() or [None]
            if found is None:
                entry_id = by_place[int(asked.places[row])].entry_id
                known = self.balls.get(entry_id) is not None
                ball = self.balls.meet(entry_id, word.tobytes())
                if not known:
                    self._look_back(ball, word, asked.ball_bits, limits)
            elif found[1] > ANCHORS_APART_BITS:
                self.balls.meet(found[0].entry_id, word.tobytes())

    def _add_far_matches(
        self, asked: Asked, by_place: dict[int, NearHit], inside: dict[int, tuple[Ball, int]]
    ) -> None:
        """A match belongs to the ball of what it met, wherever that ball's anchors lie."""
        for row in np.flatnonzero(np.isin(asked.places, list(by_place))).tolist():
            ball = self.balls.get(by_place[int(asked.places[row])].entry_id)
            if row not in inside and ball is not None:
                inside[row] = (ball, asked.ball_bits)

    def _look_back(self, ball: Ball, word: Words, ball_bits: int, limits: Limits) -> None:
        """Whoever came in from outside has been told "no" around here before."""
        if self.recent is None:
            return
        for earlier in self.recent.near(word, ball_bits)[: limits.edge_answers]:
            ball.edges.add(self._tag_of(earlier.tobytes()))

    def _remember(self, words: Words) -> None:
        if self.recent is None:
            self.recent = Recent()
        self.recent.add(words)


class _Sorting:
    """Goes through the hashes of a batch that lie in balls, and closes what has taught enough."""

    def __init__(self, tag_of: TagOf, limits: Limits) -> None:
        self._tag_of = tag_of
        self._limits = limits
        self._closed: set[int] = set()
        self._blurred: set[int] = set()

    def sort(self, place: int, ball: Ball, hashes: bytes, hit: NearHit | None) -> None:
        tag = self._tag_of(hashes)
        teaches_edge = hit is None or hit.at_edge
        if teaches_edge and not ball.closed and tag not in ball.edges:
            ball.fresh = True
            ball.edges.add(tag)
            ball.closed = len(ball.edges) > self._limits.edge_answers
        if ball.closed:
            self._closed.add(place)
        elif hit is not None and not self._may_tell_distance(ball, tag):
            self._blurred.add(place)

    def withheld(self) -> Withheld:
        return Withheld(frozenset(self._closed), frozenset(self._blurred))

    def _may_tell_distance(self, ball: Ball, tag: int) -> bool:
        if tag in ball.told:
            return True
        if len(ball.told) >= self._limits.distances:
            return False
        ball.told.add(tag)
        ball.fresh = True
        return True


def _rows_by_place(
    asked: Asked, inside: dict[int, tuple[Ball, int]]
) -> list[tuple[int, list[int]]]:
    """The queries that have a hash in a ball, in order, each with the rows of all its hashes."""
    places = {int(asked.places[row]) for row in inside} - asked.settled
    if not places:
        return []
    rows: dict[int, list[int]] = {}
    for row in np.flatnonzero(np.isin(asked.places, list(places))).tolist():
        rows.setdefault(int(asked.places[row]), []).append(row)
    return sorted(rows.items())


def _bytes_of(words: Words) -> bytes:
    return b"".join(sorted(word.tobytes() for word in words))

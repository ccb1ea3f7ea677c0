"""Listed pictures that a key has met by nearness, and what it has learned around each.

Every entry that was met has a ball of its own. Its anchors are hashes the key itself asked and met
the entry with; whatever it asks within `ball_bits` of an anchor lies in the ball, whatever it met.
Comparing with every anchor misses nothing. An answer teaches where matches with the entry end when
it was not met inside its ball, or met within a few bits of the edge; only those are counted, once
for each hash, and in every ball that the hash lies in: an entry next to another one must not be
where the answers about that one are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.types import Words
from tocsin.engine.index import NearIndex

MOST_BALLS = 1_024
"""Balls in memory for each key, a kilobyte or so each; the one not met for longest goes first, and
closed ones last: who fills the memory with new ones must not open an old one by it."""
MOST_ANCHORS = 32
ANCHORS_APART_BITS = 16

Tags = set[int]


@dataclass(slots=True, repr=False)
class Ball:
    """One ball. `edges` and `told`: keyed digests of hashes whose answer taught an edge (the last
    one on `edged_on`), and of those whose distance was told. `fresh`: something in it is not yet in
    the database."""

    entry_id: int
    anchors: list[bytes] = field(default_factory=list)
    edges: Tags = field(default_factory=set)
    told: Tags = field(default_factory=set)
    closed: bool = False
    fresh: bool = True
    edged_on: date | None = None

    def add_anchor(self, word: bytes) -> bool:
        """One more place to compare with; False when it lies near one already.

        When there are enough, the oldest but the first goes: whoever looks for the end of a match
        in a new direction matches there first, and its next question lies near that.
        """
        asked = int.from_bytes(word)
        if any((asked ^ int.from_bytes(a)).bit_count() <= ANCHORS_APART_BITS for a in self.anchors):
            return False
        if len(self.anchors) >= MOST_ANCHORS:
            del self.anchors[1]
        self.anchors.append(word)
        self.fresh = True
        return True

    def copy(self) -> Ball:
        """The same, to be read while this one goes on."""
        edges, told = set(self.edges), set(self.told)
        return Ball(
            self.entry_id, list(self.anchors), edges, told, self.closed, False, self.edged_on
        )

    def learn(self, other: Ball) -> bool:
        """Take over what another process noted; whether the anchors changed."""
        self.edges |= other.edges
        self.told |= other.told
        self.closed |= other.closed
        if self.edged_on is None or (other.edged_on and other.edged_on > self.edged_on):
            self.edged_on = other.edged_on
        more = [word for word in other.anchors if word not in self.anchors]
        room = MOST_ANCHORS - len(self.anchors)
        self.anchors += more[:room]
        return bool(more[:room])

    def is_around_the_picture_of(self, other: Ball) -> bool:
        """Whether one hash met both: copies of a picture, which stands on several lists."""
        return not set(self.anchors).isdisjoint(other.anchors)


class Balls:
    """The balls of one key, and which hashes of a batch lie in one."""

    def __init__(self) -> None:
        self._balls: dict[int, Ball] = {}
        # Different anchors as a small index of their own, made again when one has come or gone.
        self._index: NearIndex | None = None
        self._owners: list[list[int]] = []

    def __iter__(self) -> Iterator[Ball]:
        return iter(self._balls.values())

    def get(self, entry_id: int) -> Ball | None:
        """The ball of an entry, if the key has met it."""
        return self._balls.get(entry_id)

    def fresh(self) -> list[Ball]:
        """Those with something that is not yet in the database."""
        return [ball for ball in self._balls.values() if ball.fresh]

    def of(self, words: Words, within_bits: int) -> dict[int, list[Ball]]:
        """The balls of each row of uint64[n, 4] that lies in any."""
        if self._index is None:
            self._lay_out()
        if self._index is None:
            return {}
        matches = self._index.query(np.ascontiguousarray(words).view(np.uint8), within_bits)
        found: dict[int, set[int]] = {}
        rows = np.repeat(np.arange(len(words)), np.diff(matches.offsets)).tolist()
        for row, anchor in zip(rows, matches.ids.tolist(), strict=True):
            found.setdefault(row, set()).update(self._owners[anchor - 1])
        return {row: [self._balls[owner] for owner in owners] for row, owners in found.items()}

    def meet(self, entry_id: int, word: bytes) -> Ball:
        """The ball of an entry that was met with this hash of 32 bytes, made when it is new."""
        ball = self._balls.pop(entry_id, None) or Ball(entry_id)
        self._balls[entry_id] = ball  # the newest stands last
        if ball.add_anchor(word):
            self._index = None
        return ball

    def learn(self, other: Ball) -> bool:
        """Take over what is in the database of a ball; whether it is a new one here."""
        known = self._balls.get(other.entry_id)
        if known is None:
            other.fresh = False
            self._balls[other.entry_id] = other
            self._index = None
        elif known.learn(other):
            self._index = None
        return known is None

    def hand_on(self, ball: Ball, heir: int | None) -> None:
        """Its entry is listed no more: what was learned is the heir's, or forgotten."""
        self._drop([ball])
        if heir is not None:
            self._balls.setdefault(heir, Ball(heir)).learn(ball)
            self._balls[heir].fresh = True

    def forgive(self, day: date) -> bool:
        """Forget what was learned too long ago; whether there was any."""
        old = [ball for ball in self if rules.is_forgiven(ball.edged_on, day)]
        self._drop(old)
        return bool(old)

    def _drop(self, balls: Iterable[Ball]) -> None:
        for ball in balls:
            del self._balls[ball.entry_id]
            self._index = None

    def make_room(self) -> None:
        """Let the most dispensable go; between batches, as one batch needs all that it met.

        One that is not in the database yet would be counted from nothing when it comes back, and
        one that is closed would tell again.
        """
        spare = len(self._balls) - MOST_BALLS
        if spare <= 0:
            return
        # The sort keeps the order in which they were met, the one not met for longest first.
        dispensable = sorted(
            self._balls.values(), key=lambda ball: (ball.closed, bool(ball.edges), ball.fresh)
        )
        self._drop(dispensable[:spare])

    def _lay_out(self) -> None:
        owners: dict[bytes, list[int]] = {}
        for ball in self._balls.values():
            for word in ball.anchors:
                owners.setdefault(word, []).append(ball.entry_id)
        self._owners = list(owners.values())
        if owners:
            words = np.frombuffer(b"".join(owners), np.uint8).reshape(-1, 32)
            self._index = NearIndex.build(words, np.arange(1, len(words) + 1, dtype=np.uint64))

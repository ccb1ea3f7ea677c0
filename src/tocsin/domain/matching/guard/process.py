"""The guard of one process: a watch for each key that asks, and what travels to and from others."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from tocsin.base.secrets import Keyring
from tocsin.domain.matching.guard import actions, rules
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.guard.counted import Counted
from tocsin.domain.matching.guard.heirs import heir_of, still_listed
from tocsin.domain.matching.guard.queries import balls_seen_since, counted_before, let_go_at
from tocsin.domain.matching.guard.shaping import as_asked, tag_maker
from tocsin.domain.matching.guard.types import LIMITS, NOTHING_WITHHELD, Limits, Withheld
from tocsin.domain.matching.guard.watch import Watch
from tocsin.domain.matching.live_lists import Serving
from tocsin.domain.matching.rules import Verdict
from tocsin.domain.matching.types import CheckKey, ListsSeen, Query

# A day's number is written when it has grown by so much, or so long after: a restart loses no more.
WRITE_AFTER_GROWTH = 1.01
WRITE_AFTER_MORE = 50
WRITE_AFTER = timedelta(seconds=30)
OVERLAP = timedelta(seconds=5)


@dataclass(slots=True)
class _Written:
    """What was last written of a key's day."""

    day: date | None = None
    asked: int = 0
    hashes: int = 0
    matched: int = 0
    at: datetime | None = None

    def is_old(self, day: date, estimates: tuple[int, int, int], at: datetime) -> bool:
        """Whether so much has come together since, or so long ago, that it is due again."""
        asked, hashes, matched = estimates
        if self.day != day or self.at is None or matched > self.matched:
            return True
        grown = _has_grown(self.asked, asked) or _has_grown(self.hashes, hashes)
        return grown or (asked > self.asked and at - self.at >= WRITE_AFTER)


def _has_grown(was: int, now: int) -> bool:
    return now > was * WRITE_AFTER_GROWTH + WRITE_AFTER_MORE


@dataclass(slots=True)
class _Watched:
    """A key that asked in this process, or of which another process noted a ball.

    `version`: the lists that its balls were last compared with; None when one has come since.
    `gone`: entries whose balls are no more, but still in the database.
    """

    watch: Watch
    since: datetime
    limits: Limits | None = None
    let_go_at: datetime | None = None
    version: int | None = None
    gone: set[int] = field(default_factory=set)
    written: _Written = field(default_factory=_Written)

    def learn(self, ball: Ball) -> None:
        """Take over a ball of the database."""
        with self.watch.lock:
            if self.watch.balls.learn(ball):
                self.version = None

    def hear_of_letting_go(self, at: datetime | None) -> None:
        """Begin with nothing when a person has let the key go on since this watch began."""
        if at is not None and at != self.let_go_at and at >= self.since:
            with self.watch.lock:
                self.watch.forget()
                self.gone.clear()
            self.written = _Written()
        self.let_go_at = at


class Guard:
    """Looks at every batch in memory; `flush` brings it together with other processes.

    For any number of threads; `flush` for one at a time.
    """

    def __init__(self, ring: Keyring) -> None:
        self.tag_of = tag_maker(ring)
        self._watched: dict[str, _Watched] = {}
        self._making = threading.Lock()
        self._learned_at: datetime | None = None

    def look(
        self,
        key: CheckKey,
        queries: Sequence[Query],
        verdicts: Mapping[int, Verdict],
        serving: Serving,
        at: datetime,
    ) -> Withheld:
        """Note a batch and what it met, by place; what of the answers is to be withheld.

        Keys of the test lists learn nothing that is secret, so they are not watched. Raises
        IndexUnusable.
        """
        if key.terms.lists is ListsSeen.TEST:
            return NOTHING_WITHHELD
        watched = self._of_key(key, at)
        if watched.version != serving.version:
            _leave_to_heirs(watched, serving, key.terms.near_radius_bits)
        asked = as_asked(key, queries, verdicts, self.tag_of)
        return watched.watch.look(asked, limits_of(key), at.date())

    def count(self, key: CheckKey, blinded: Sequence[bytes], at: datetime) -> None:
        """Note fingerprints that nobody here can see: each counts, as none is known again."""
        if key.terms.lists is not ListsSeen.TEST:
            tags = np.array([self.tag_of(one) for one in blinded], np.uint64)
            self._of_key(key, at).watch.count(tags, at.date())

    def flush(self, at: datetime) -> None:
        """Write what was counted, learn what others noted, and judge; raises DatabaseError."""
        let_go = let_go_at()
        for key_id, watched in sorted(self._watched.items()):
            watched.hear_of_letting_go(let_go.get(key_id))
            if watched.limits is not None:
                self._write(key_id, watched, watched.limits, at)
        for key_id, ball in balls_seen_since(self._learned_at, at=at):
            self._of(key_id, at).learn(ball)
        self._learned_at = at - OVERLAP
        for watched in list(self._watched.values()):
            with watched.watch.lock:
                watched.watch.balls.make_room()

    def _of_key(self, key: CheckKey, at: datetime) -> _Watched:
        watched = self._of(key.key_id, at)
        watched.limits = limits_of(key)
        return watched

    def _of(self, key_id: str, at: datetime) -> _Watched:
        known = self._watched.get(key_id)
        if known is not None:
            return known
        with self._making:
            return self._watched.setdefault(key_id, _Watched(Watch(self.tag_of), at))

    def _write(self, key_id: str, watched: _Watched, limits: Limits, at: datetime) -> None:
        watch = watched.watch
        with watch.lock:
            balls, gone = watch.balls.fresh(), set(watched.gone)
            estimates, day = watch.counted.estimates(), watch.day
            due = day is not None and watched.written.is_old(day, estimates, at)
            counted = watch.counted.copy() if due else Counted()
            for ball in balls:
                ball.fresh = False
        if day is not None and watch.earlier_of != day:
            _recall(key_id, watch, day)
        if balls:
            _keep_balls(key_id, watched, limits, at, balls)
        if gone:
            actions.forget_balls(key_id=key_id, entry_ids=gone)
            watched.gone -= gone
        if due and day is not None:
            _keep_day(key_id, watched, day, counted)
            watched.written = _Written(day, *estimates, at)
        if balls or due:
            actions.judge_key(key_id=key_id, limits=limits, run_share=watch.run_share(), at=at)


def limits_of(key: CheckKey) -> Limits:
    """What this key may do on a day."""
    return rules.limits_of(LIMITS[key.tier], key.terms.daily_hashes, key.terms.daily_matches)


def _leave_to_heirs(watched: _Watched, serving: Serving, radius_bits: int) -> None:
    """The lists have changed: hand on, or forget, balls of entries that are listed no more."""
    balls = watched.watch.balls
    with watched.watch.lock:
        listed = still_listed((ball.entry_id for ball in balls), serving)
        for ball in [ball for ball in balls if ball.entry_id not in listed]:
            balls.hand_on(ball, heir_of(ball, serving, radius_bits))
            watched.gone.add(ball.entry_id)
        watched.version = serving.version


def _recall(key_id: str, watch: Watch, day: date) -> None:
    """Read what the key asked on the days before: once a day, and after a restart."""
    before = counted_before(key_id, day)
    with watch.lock:
        if watch.day == day:
            watch.earlier, watch.earlier_of = before, day


def _keep_balls(
    key_id: str, watched: _Watched, limits: Limits, at: datetime, balls: list[Ball]
) -> None:
    """Write copies, since a check must not wait for the database; what others knew comes back."""
    copies = [ball.copy() for ball in balls]
    kept = False
    try:
        kept = actions.keep_balls(
            key_id=key_id, balls=copies, limits=limits, at=at, let_go_at=watched.let_go_at
        )
    except BaseException:
        with watched.watch.lock:
            for ball in balls:
                ball.fresh = True
        raise
    if kept:
        for ball in copies:
            watched.learn(ball)


def _keep_day(key_id: str, watched: _Watched, day: date, counted: Counted) -> None:
    kept = actions.keep_day(key_id=key_id, day=day, counted=counted, let_go_at=watched.let_go_at)
    with watched.watch.lock:
        if kept and watched.watch.day == day:
            watched.watch.counted.merge(counted)

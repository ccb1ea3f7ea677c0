"""The guard of one process: a watch for each key that asks, and what travels to and from others."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tocsin.base.secrets import Keyring
from tocsin.domain.matching.guard import actions, rules
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.guard.queries import balls_seen_since, let_go_at
from tocsin.domain.matching.guard.shaping import as_asked, tag_maker
from tocsin.domain.matching.guard.sketch import Sketch
from tocsin.domain.matching.guard.types import LIMITS, NOTHING_WITHHELD, Limits, Withheld
from tocsin.domain.matching.guard.watch import Watch
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
    matched: int = 0
    at: datetime | None = None


@dataclass(slots=True)
class _Watched:
    """A key that asked in this process, or of which another process noted a ball."""

    watch: Watch
    limits: Limits | None = None
    let_go_at: datetime | None = None
    written: _Written = field(default_factory=_Written)


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
        self, key: CheckKey, queries: Sequence[Query], verdicts: Mapping[int, Verdict], at: datetime
    ) -> Withheld:
        """Note a batch and what it met, by place; what of the answers is to be withheld.

        Keys of the test lists learn nothing that is secret, so they are not watched.
        """
        if key.terms.lists is ListsSeen.TEST:
            return NOTHING_WITHHELD
        watched = self._of(key.key_id)
        watched.limits = rules.limits_of(
            LIMITS[key.tier], key.terms.daily_hashes, key.terms.daily_matches
        )
        asked = as_asked(key, queries, verdicts, self.tag_of)
        return watched.watch.look(asked, watched.limits, at.date())

    def flush(self, at: datetime) -> None:
        """Write what was counted, learn what others noted, and judge; raises DatabaseError."""
        let_go = let_go_at()
        for key_id, watched in sorted(self._watched.items()):
            _forget_if_let_go(watched, let_go.get(key_id))
            if watched.limits is not None:
                self._write(key_id, watched, watched.limits, at)
        for key_id, ball in balls_seen_since(self._learned_at, at=at):
            watched = self._of(key_id)
            with watched.watch.lock:
                watched.watch.balls.learn(ball)
        self._learned_at = at - OVERLAP

    def _of(self, key_id: str) -> _Watched:
        known = self._watched.get(key_id)
        if known is not None:
            return known
        with self._making:
            return self._watched.setdefault(key_id, _Watched(Watch(self.tag_of)))

    def _write(self, key_id: str, watched: _Watched, limits: Limits, at: datetime) -> None:
        watch, written = watched.watch, watched.written
        with watch.lock:
            balls = watch.balls.fresh()
            asked, matched, day = watch.asked.estimate(), watch.matched.estimate(), watch.day
            due = day is not None and _is_due(written, day, asked, matched, at)
            if due:
                copies = Sketch(watch.asked.as_text()), Sketch(watch.matched.as_text())
            for ball in balls:
                ball.fresh = False
        if balls:
            _keep_balls(key_id, watch, limits, at, balls)
        if due and day is not None:
            _keep_day(key_id, watch, day, copies)
            watched.written = _Written(day, asked, matched, at)
        if balls or due:
            actions.judge_key(key_id=key_id, limits=limits, run_share=watch.run_share(), at=at)


def _is_due(written: _Written, day: date, asked: int, matched: int, at: datetime) -> bool:
    if written.day != day or written.at is None:
        return True
    if asked > written.asked * WRITE_AFTER_GROWTH + WRITE_AFTER_MORE or matched > written.matched:
        return True
    return asked > written.asked and at - written.at >= WRITE_AFTER


def _keep_balls(key_id: str, watch: Watch, limits: Limits, at: datetime, balls: list[Ball]) -> None:
    """Write copies, since a check must not wait for the database; what others knew comes back."""
    copies = [ball.copy() for ball in balls]
    written = False
    try:
        actions.keep_balls(key_id=key_id, balls=copies, limits=limits, at=at)
        written = True
    finally:
        with watch.lock:
            if written:
                for ball in copies:
                    watch.balls.learn(ball)
            else:
                for ball in balls:
                    ball.fresh = True


def _keep_day(key_id: str, watch: Watch, day: date, copies: tuple[Sketch, Sketch]) -> None:
    asked, matched = copies
    actions.keep_day(key_id=key_id, day=day, asked=asked, matched=matched)
    with watch.lock:
        if watch.day == day:
            watch.asked.merge(asked)
            watch.matched.merge(matched)


def _forget_if_let_go(watched: _Watched, at: datetime | None) -> None:
    if at is not None and at != watched.let_go_at:
        with watched.watch.lock:
            watched.watch.balls.forget()
    watched.let_go_at = at

"""What every answer of a soak must be: the entries, what each was at every version, the judge.

The oracle knows by itself what it did to the lists and which number that change got; it asks the
service nothing. An answer is judged by the version it states, and only once the oracle knows of
that version. A release too large for a process's memory is a stretch of its own: until the index is
built again answers state the version before it, and may know of what was withdrawn since.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import Counter, deque
from dataclasses import dataclass, field

ABSENT, LISTED, HELD = "not_listed", "listed", "held"
MOST_TOLD = 50


@dataclass(slots=True, repr=False, eq=False)
class Known:
    """One entry and what it was from which version on; `picture` where a file stands behind it."""

    own_id: str
    md5: bytes
    sha1: bytes
    pdq: bytes
    picture: bytes | None = None
    entry_id: int = 0
    versions: list[int] = field(default_factory=lambda: [0])
    states: list[str] = field(default_factory=lambda: [ABSENT])

    def became(self, version: int, state: str) -> None:
        """This is what it is from that version on."""
        self.versions.append(version)
        self.states.append(state)

    def at(self, version: int) -> str:
        """What it was."""
        return self.states[bisect_right(self.versions, version) - 1]

    def between(self, first: int, last: int) -> set[str]:
        """All that it was from one version to another."""
        later = zip(self.versions, self.states, strict=True)
        return {self.at(first), *(state for version, state in later if first < version <= last)}


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One question and its answer. `known` None: on no list, ever. `exact`: a digest was asked.

    `version` is the stated one. None where the wire states none: then it lies somewhere between
    what counted shortly before the question and at the answer, `since` and `until`, which count
    the oracle's steps.
    """

    door: str
    known: Known | None
    exact: bool
    told: str
    version: int | None
    since: int
    until: int
    client_id: str = ""


class Oracle:
    """For any number of threads that ask, and one that changes the lists."""

    def __init__(self) -> None:
        self.version = 0
        self.is_changing = False
        self._steps = [0]
        self._step_times = [0.0]
        self.judged: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.wrong_count = 0
        self._large: set[int] = set()
        self._waiting: deque[Asked] = deque()
        self._lock = threading.Lock()

    @property
    def not_judged(self) -> int:
        """Answers of versions that the oracle never came to know."""
        return len(self._waiting)

    def step(self, at: float | None = None) -> int:
        """How many changes were made until a time; without one, those under way counted too."""
        with self._lock:
            if at is None:
                return len(self._steps) - 1 + self.is_changing
            return bisect_right(self._step_times, at) - 1

    def changed(self, version: int, states: dict[str, list[Known]], *, large: int = 0) -> None:
        """The lists are at `version` now, at which these entries became what the keys say.

        `large`: that release came in with more rows than a process carries in memory.
        """
        with self._lock:
            for state, entries in states.items():
                for known in entries:
                    known.became(version, state)
            if large:
                self._large.add(large)
            self.version = version
            self._steps.append(version)
            self._step_times.append(time.monotonic())
            self.is_changing = False
        self.judge()

    def hear(self, asked: Asked) -> None:
        """Take an answer."""
        with self._lock:
            self._waiting.append(asked)
        self.judge()

    def judge(self) -> None:
        """Judge what can be judged."""
        with self._lock:
            later: deque[Asked] = deque()
            while self._waiting:
                asked = self._waiting.popleft()
                if self._is_ripe(asked):
                    self._judge_one(asked)
                else:
                    later.append(asked)
            self._waiting = later

    def _is_ripe(self, asked: Asked) -> bool:
        if asked.version is None:
            return asked.until < len(self._steps)
        return asked.version <= self.version

    def _judge_one(self, asked: Asked) -> None:
        right = {_told(asked, state) for state in self._states(asked)}
        self.judged[asked.door] += 1
        if asked.told not in right:
            self.wrong_count += 1
            if len(self.wrong) < MOST_TOLD:
                self.wrong.append(self._in_words(asked, right))

    def _states(self, asked: Asked) -> set[str]:
        if asked.known is None:
            return {ABSENT}
        if asked.version is None:
            return asked.known.between(self._steps[asked.since], self._steps[asked.until])
        if asked.version + 1 in self._large:
            return asked.known.between(asked.version, self.version)
        return {asked.known.at(asked.version)}

    def _in_words(self, asked: Asked, right: set[str]) -> str:
        known = asked.known
        history = "" if known is None else str(list(zip(known.versions, known.states, strict=True)))
        return (
            f"{asked.door}, {'exact' if asked.exact else 'near'}: told {asked.told} at version "
            f"{asked.version} (steps {asked.since} to {asked.until}), right is {sorted(right)}; "
            f"entry {known.entry_id if known else None}, history {history}"
        )


def _told(asked: Asked, state: str) -> str:
    """How an entry of this state reads on the wire of the question."""
    if asked.door == "v1":
        return "true" if state == LISTED else "false"
    return "near" if state == LISTED and not asked.exact else state

"""The sweep itself, with lists and a plan that do as they are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.site.checking.types import CannotAsk, Known, Looked
from tocsin.site.sweeping.running import Sweep
from tocsin.site.sweeping.types import (
    CannotList,
    CannotRun,
    Fingerprinting,
    Stored,
    Taken,
)

LISTED_MD5 = "11" * 16
OTHER_MD5 = "22" * 16
PRINTS = Fingerprints(Status.OK, 1, b"m" * 16, b"s" * 20, b"t" * 32)


@dataclass
class Place:
    """Lists what it is given; breaks off after that when it is told to."""

    listed: list[list[Stored]]
    breaks_off: bool = False
    text: str = "s3://b/"

    def pages(self) -> Iterator[list[Stored]]:
        yield from self.listed
        if self.breaks_off:
            raise CannotList("the store does not list.")

    def named(self, key: str) -> str:
        return key

    def take(self, stored: Stored, fingerprint: Fingerprinting) -> Taken:
        raise AssertionError

    def confirm(self, stored: Stored) -> Taken:
        raise AssertionError


@dataclass
class Lists:
    """Knows one MD5; answers `content` for what was looked at; fails at the nth question."""

    content: Known = field(default_factory=lambda: Known("not_listed", "none"))
    etag: Known = field(default_factory=lambda: Known("listed", "block"))
    fails_at: int = 1_000
    most_at_once: int = 2
    version: int | None = 7
    identity: str = "x"
    name: str = "x"
    described: str = "x"
    asked: int = 0

    def ask_since(self, looked: Sequence[Looked], version: int) -> None:
        return None

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        self._count()
        return [self.content for _ in looked]

    def ask_md5(self, md5s: Sequence[bytes]) -> list[Known]:
        self._count()
        clean = Known("not_listed", "none")
        return [self.etag if md5.hex() == LISTED_MD5 else clean for md5 in md5s]

    def _count(self) -> None:
        self.asked += 1
        if self.asked == self.fails_at:
            raise CannotAsk("nobody answers.")


@dataclass
class Plan:
    gives: Taken = field(default_factory=lambda: Taken(PRINTS))
    wave: int = 3
    broken: bool = False
    taken: list[str] = field(default_factory=list)

    def take(self, stored: Sequence[Stored]) -> list[Taken]:
        if self.broken:
            raise CannotRun("the plan broke.")
        self.taken += [one.key for one in stored]
        return [self.gives] * len(stored)


def stored(key: str, etag: str = "") -> Stored:
    return Stored(key, 1, etag, "2026-01-01T00:00:00Z")


def swept(
    sweep: Sweep, answered: frozenset[str] = frozenset()
) -> list[tuple[str, str, str | None]]:
    waves = sweep.waves(lambda one: one.key in answered)
    return [(row.stored.key, row.status, row.checked_by) for rows in waves for row in rows]


def sweep_of(
    place: Place, lists: Lists | None = None, plan: Plan | None = None, *, exact_only: bool = False
) -> Sweep:
    return Sweep(place=place, lists=lists or Lists(), plan=plan or Plan(), exact_only=exact_only)


def test_what_the_etag_finds_is_not_fetched_and_all_else_is() -> None:
    plan = Plan()
    place = Place([[stored("a", LISTED_MD5), stored("b", OTHER_MD5), stored("c", "33-2")]])
    assert swept(sweep_of(place, plan=plan)) == [
        ("a", "listed", "etag"),
        ("b", "not_listed", "content"),
        ("c", "not_listed", "content"),
    ]
    assert plan.taken == ["b", "c"]


def test_a_disputed_find_by_etag_is_fetched_as_its_content_may_tell_more() -> None:
    lists = Lists(content=Known("listed", "block"), etag=Known("held", "hold"))
    place = Place([[stored("a", LISTED_MD5)]])
    assert swept(sweep_of(place, lists)) == [("a", "listed", "content")]
    assert swept(sweep_of(place, lists, exact_only=True)) == [("a", "held", "etag")]


def test_an_md5_that_is_on_no_list_is_no_all_clear_when_nothing_is_fetched() -> None:
    place = Place([[stored("a", OTHER_MD5)]])
    known = sweep_of(place, plan=Plan(Taken(etag_is_md5=True)), exact_only=True)
    assert swept(known) == [("a", "not_compared", "etag")]
    encrypted = sweep_of(place, plan=Plan(Taken(reason="is encrypted")), exact_only=True)
    assert swept(encrypted) == [("a", "unreadable", None)]


def test_waves_follow_the_listing_and_leave_out_what_is_answered() -> None:
    place = Place([[stored("a"), stored("b")], [], [stored("c"), stored("d"), stored("e")]])
    waves = list(sweep_of(place).waves(lambda one: one.key == "b"))
    assert [[row.stored.key for row in rows] for rows in waves] == [["a", "c", "d"], ["e"]]


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4])
def test_when_the_lists_go_away_nothing_in_hand_is_called_clean(fails_at: int) -> None:
    place = Place([[stored(key, OTHER_MD5) for key in "abcdef"]])
    sweep = sweep_of(place, Lists(fails_at=fails_at))
    told = swept(sweep)
    assert sweep.broken_off == "nobody answers."
    answered = 2 if fails_at == 4 else 0
    assert [status for _, status, _ in told] == (
        ["not_listed"] * answered + ["unavailable"] * (3 - answered)
    )


def test_a_plan_that_breaks_leaves_the_finds_by_etag_and_calls_nothing_clean() -> None:
    place = Place([[stored("a", LISTED_MD5), stored("b"), stored("c")], [stored("d")]])
    sweep = sweep_of(place, plan=Plan(broken=True))
    assert [status for _, status, _ in swept(sweep)] == ["listed", "unavailable", "unavailable"]
    assert sweep.broken_off == "the plan broke."


def test_a_listing_that_breaks_off_keeps_what_was_listed_and_says_so() -> None:
    sweep = sweep_of(Place([[stored("a")]], breaks_off=True))
    assert swept(sweep) == [("a", "not_listed", "content")]
    assert sweep.broken_off == "the store does not list."


def test_each_row_says_which_lists_answered() -> None:
    [[row]] = sweep_of(Place([[stored("a")]])).waves(lambda one: False)
    assert row.list_version == 7

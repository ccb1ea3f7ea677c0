"""Attackers who know the guard, and hide what they ask behind other entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations, islice
from random import Random

import pytest

from tests.domain.listing import ANALYST, Told, a_key, a_list, asked, digest, known, prints, put
from tests.support import run_worker_round
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.guard.types import LIMITS
from tocsin.domain.matching.hits import NewHit
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import AnswerStatus, CheckKey, Door, Outcome, Query

pytestmark = pytest.mark.django_db

MOST_TOLD = LIMITS[Tier.ACTION].edge_answers + 1
Check = Callable[[Sequence[Query]], tuple[Outcome, ...]]


@pytest.fixture
def check(checker: Checker, now: datetime) -> Check:
    """Asks with a key of the tier that is told everything, of what is listed by then."""
    issued = a_key(now, tier=Tier.DETAIL)

    def asking(queries: Sequence[Query]) -> tuple[Outcome, ...]:
        checker.follow(now)
        checker.keys.refresh(at=now)
        key: CheckKey = known(checker, issued, now)
        answer = checker.check(key, queries, door=Door.CHECKS, at=now)
        assert answer.problem is None
        return answer.outcomes

    return asking


def hash_of(name: str) -> int:
    return int.from_bytes(digest(Kind.PDQ, name), "big")


def turned(value: int, bits: Sequence[int]) -> int:
    for bit in bits:
        value ^= 1 << bit
    return value


def listed_as(value: int) -> Told:
    return Told(fingerprints=(FingerprintValue(Kind.PDQ, value.to_bytes(32, "big"), 90),))


def by_pdq(value: int) -> Query:
    return Query("q", pdq=value.to_bytes(32, "big"), pdq_quality=90)


def told_of(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those that say anything but a plain `held`."""
    return [o for o in outcomes if o.status is not AnswerStatus.HELD or o.match is not None]


def test_entries_next_to_a_picture_do_not_take_the_counting_upon_themselves(
    check: Check, now: datetime
) -> None:
    picture, number = hash_of("beach"), a_list(now)
    put(now, number, "beach", listed_as(picture))
    parts = [range(51 * n, 51 * (n + 1)) for n in range(5)]
    for n, part in enumerate(parts):
        put(now, number, f"decoy {n}", listed_as(turned(picture, part)))
    # Each decoy is met on the side of the picture, which opens a ball there.
    opened = check([by_pdq(turned(picture, part[:33])) for part in parts])
    assert {outcome.status for outcome in opened} == {AnswerStatus.NEAR}
    told: list[Outcome] = []
    for n, part in enumerate(parts):
        elsewhere = [bit for bit in range(256) if bit not in part]
        rng = Random(n)
        # Most of the way to the decoy's ball, and then around where the picture's matches end.
        told += check(
            [
                by_pdq(turned(picture, [*part[:16], *rng.sample(elsewhere, k)]))
                for k in (15, 16) * 10
            ]
        )
    assert len(told_of(told)) <= MOST_TOLD


def test_a_digest_of_a_held_entry_does_not_switch_the_counting_off(
    check: Check, now: datetime
) -> None:
    number = a_list(now)
    put(now, number, "beach")
    put(now, number, "icon", Told(held=True, fingerprints=prints("icon", Kind.MD5)))
    picture, rng = hash_of("beach"), Random(1)

    def with_icon(bits: int) -> Query:
        trial = by_pdq(turned(picture, rng.sample(range(256), bits)))
        return replace(trial, md5=digest(Kind.MD5, "icon"))

    assert check([with_icon(10)])[0].status is AnswerStatus.NEAR
    assert len(told_of(check([with_icon(33) for _ in range(80)]))) <= MOST_TOLD


def test_a_digest_that_is_listed_is_answered_as_ever_and_what_lies_near_is_counted(
    check: Check, now: datetime
) -> None:
    number = a_list(now)
    put(now, number, "beach")
    put(now, number, "hill", Told(fingerprints=prints("hill", Kind.MD5)))
    picture, rng = hash_of("beach"), Random(2)

    def with_hill(bits: int) -> Query:
        trial = by_pdq(turned(picture, rng.sample(range(256), bits)))
        return replace(trial, md5=digest(Kind.MD5, "hill"))

    found = check([with_hill(bits) for bits in (29, 33) * 40])
    assert {o.status for o in found} == {AnswerStatus.LISTED}
    # A correction of the picture would tell which of them lie near: of some only.
    assert sum(len(o.match.entry_ids) == 2 for o in found if o.match) <= MOST_TOLD


def test_the_edge_of_a_second_entry_cannot_be_read_from_the_number_of_sources(
    check: Check, now: datetime
) -> None:
    picture = hash_of("beach")
    put(now, a_list(now), "beach", listed_as(picture))
    near_it = turned(picture, range(24))
    put(now, a_list(now, "hotline", source="Hotline"), "near it", listed_as(near_it))
    outside = islice(combinations(range(30, 60), 8), 60)
    queries = [
        by_pdq(turned(picture, [*range(24 if n % 2 else 22), *bits]))
        for n, bits in enumerate(outside)
    ]
    found = told_of(check(queries))
    assert {o.match.sources for o in found if o.match} <= {1, 2}
    assert len(found) <= MOST_TOLD


def test_an_entry_cannot_be_hidden_behind_as_many_as_are_looked_at(
    check: Check, now: datetime
) -> None:
    crowd, number = hash_of("crowd"), a_list(now)
    for n in range(64):
        put(now, number, f"one of {n}", listed_as(crowd))
    put(now, a_list(now, "hotline", source="Hotline"), "alone", listed_as(turned(crowd, range(20))))
    beside = islice(combinations(range(30, 60), 2), 80)
    queries = [
        by_pdq(turned(crowd, [*range(12 if n % 2 else 8), *bits])) for n, bits in enumerate(beside)
    ]
    found = told_of(check(queries))
    assert {o.match.sources for o in found if o.match} == {1, 2}
    assert len(found) <= MOST_TOLD


def test_a_withheld_answer_takes_as_long_whether_it_matched_or_not(
    check: Check, checker: Checker, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(now, a_list(now), "beach")
    picture, rng = hash_of("beach"), Random(3)
    check([by_pdq(turned(picture, rng.sample(range(256), bits))) for bits in (27, 33) * 40])
    run_worker_round(now)
    before = Hit.objects.count()
    written: list[tuple[NewHit, ...]] = []
    append = checker._journal.append

    def seen(hits: tuple[NewHit, ...]) -> None:
        written.append(hits)
        append(hits)

    monkeypatch.setattr(checker._journal, "append", seen)
    for bits in (27, 33):
        [outcome] = check([by_pdq(turned(picture, rng.sample(range(256), bits)))])
        assert (outcome.status, outcome.match) == (AnswerStatus.HELD, None)
    assert [[bool(hit.entry_ids) for hit in hits] for hits in written] == [[True], [False]]
    # Only what matched is kept.
    run_worker_round(now)
    assert Hit.objects.count() == before + 1


def test_a_hit_holds_all_that_was_met_so_that_a_correction_of_any_reaches_who_got_it(
    check: Check, checker: Checker, now: datetime
) -> None:
    exact = put(now, a_list(now), "beach")
    near = put(now, a_list(now, "hotline"), "beach again", listed_as(turned(hash_of("beach"), [1])))
    held = put(now, a_list(now, "b"), "doubtful", replace(listed_as(hash_of("beach")), held=True))
    [outcome] = check([asked("beach")])
    assert outcome.match is not None
    assert outcome.match.entry_ids == (exact, near)
    run_worker_round(now)
    assert Hit.objects.get().entry_ids == [exact, near]
    for entry_id in (exact, near):
        hashlists.hold_entry(entry_id=entry_id, reason="many hits", actor=ANALYST, at=now)
    check([replace(asked("beach"), client_id="again")])
    run_worker_round(now)
    assert Hit.objects.get(client_id="again").entry_ids == [exact, held, near]

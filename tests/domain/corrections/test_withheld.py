"""What the answer did not tell, no correction tells: waiting must not undo the guard."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    corrections,
    new_hit,
    provider,
    put,
    refer,
    summary,
    told,
    withdraw,
    work,
)
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.matching.hits import as_told, hits_as_bytes, hits_from_bytes
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.queries import who_got
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    Door,
    Match,
    MatchKind,
    Outcome,
)

pytestmark = pytest.mark.django_db

HELD = {"status": AnswerStatus.HELD, "action": Action.REVIEW, "kind": MatchKind.NEAR}


def test_of_a_match_that_the_guard_held_back_nothing_is_told(now: datetime) -> None:
    entry, one, two = put(now, a_list(now), "logo"), provider(now), provider(now, "Picbin")
    told(now, one, entry, withheld_ids=(entry,), **HELD)
    told(now, two, entry)
    work(now)
    withdraw(now, entry)
    work(now)
    assert corrections(one) == []
    assert summary(two) == [("withdrawn", [("upload-1", "not_listed")])]
    [row] = AuditRow.objects.filter(action="corrections.tell")
    assert row.facts == {"parties": 1, "entries": 1, "hits": 1, "withheld": 1}


def test_that_nobody_was_told_stands_in_the_audit_all_the_same(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    told(now, one, entry, withheld_ids=(entry,), **HELD)
    work(now)
    hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=now)
    work(now)
    withdraw(now, entry)
    work(now)
    assert corrections(one) == []
    facts = [row.facts for row in AuditRow.objects.filter(action="corrections.tell")]
    assert facts == [{"parties": 0, "entries": 0, "hits": 0, "withheld": 1}]


def test_a_late_hit_that_was_held_back_is_not_told_either(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    withdraw(now, entry)
    work(now)
    told(now, one, entry, withheld_ids=(entry,), **HELD)
    work(now)
    assert corrections(one) == []


def test_an_entry_that_was_held_back_beside_another_weighs_nothing(now: datetime) -> None:
    open_one = put(now, a_list(now), "logo")
    closed = put(now, a_list(now, "other", source="Hotline"), "logo")
    one = provider(now)
    told(now, one, closed, open_one, withheld_ids=(closed,))
    withdraw(now, open_one)
    work(now)
    # `listed` would say that another entry is behind it.
    assert summary(one) == [("withdrawn", [("upload-1", "not_listed")])]
    assert corrections(one)[0].hits[0].references == (refer(one, open_one),)
    withdraw(now, closed)
    work(now)
    assert len(corrections(one)) == 1


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ({"action": Action.NONE, "shadow_action": Action.BLOCK}, ["withdrawn"]),
        ({"kind": MatchKind.NEAR, "status": AnswerStatus.NEAR}, ["withdrawn"]),
        ({"status": AnswerStatus.HELD}, ["withdrawn"]),
        # A row of the version before: it may have been the guard.
        (HELD, []),
    ],
)
def test_what_was_told_is_taken_back_in_shadow_too(
    changes: dict[str, object], heard: list[str], now: datetime
) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    told(now, one, entry, **changes)
    withdraw(now, entry)
    work(now)
    assert [what for what, _ in summary(one)] == heard


def test_a_hit_says_what_its_answer_told(now: datetime) -> None:
    one = provider(now)
    hit = new_hit(now, one, 1, 2)
    match = Match(MatchKind.EXACT, "", 1, (1, 2), "k1.x", 0)  # type: ignore[arg-type]
    some = Match(MatchKind.EXACT, "", 1, (2,), "k1.x", 0)  # type: ignore[arg-type]
    listed, held = AnswerStatus.LISTED, AnswerStatus.HELD
    block, review, none = Action.BLOCK, Action.REVIEW, Action.NONE
    cases = [
        (Outcome("u", listed, block, match), Door.CHECKS, ()),
        (Outcome("u", held, review, match), Door.CHECKS, ()),
        (Outcome("u", listed, none, match, block), Door.MEDIA, ()),
        (Outcome("u", listed, block, some), Door.CHECKS, (1,)),
        (Outcome("u", held, review), Door.CHECKS, (1, 2)),
        (Outcome("u", listed, block, match), Door.V1, ()),
        (Outcome("u", held, review, match), Door.V1, (1, 2)),
        (Outcome("u", listed, none, match, block), Door.V1_TEST, (1, 2)),
    ]
    for outcome, door, withheld in cases:
        [made] = as_told([(hit, outcome)], door)
        assert made.withheld_ids == withheld
        assert hits_from_bytes(hits_as_bytes((made,))) == (made,)


def test_it_is_kept_with_the_hit_and_counts_as_no_party_told(now: datetime) -> None:
    one, two = provider(now), provider(now, "Picbin")
    told(now, one, 7, 8, withheld_ids=(7,))
    assert Hit.objects.get().withheld_ids == [7]
    told(now, two, 7)
    assert [got.key_id for got in who_got(7)] == [two.key_id]
    assert [got.key_id for got in who_got(8)] == [one.key_id]

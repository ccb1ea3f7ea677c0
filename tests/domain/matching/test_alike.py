"""What a person found wrong is held on every other list, within a second, until one decides."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.listing import (
    ANALYST,
    Told,
    a_list,
    asked,
    digest,
    flipped,
    prints,
    put,
)
from tests.support import run_worker_round
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock.models import Due
from tocsin.domain.corrections import actions as corrections
from tocsin.domain.corrections import queries as held
from tocsin.domain.corrections.types import HeldFor
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry, LintNote
from tocsin.domain.hashlists.quarantine import put as set_aside
from tocsin.domain.hashlists.queries import standings
from tocsin.domain.hashlists.types import (
    Chosen,
    Decision,
    EntryStatus,
    FingerprintValue,
    Kind,
    LintReason,
    Purpose,
    Standing,
)
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.alike import LOOK_FOR_ALIKE
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey, Door
from tocsin.engine.knowngood import Doubt, Finding

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def withdraw(entry_id: int, now: datetime) -> None:
    assert hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)


def work(now: datetime) -> None:
    """What a worker does in the second behind `now`, each quarter of it."""
    for quarter in range(1, 5):
        run_worker_round(now + SECOND * quarter / 4)


def standing(entry_id: int) -> Standing:
    return standings([entry_id])[entry_id]


def of(*fingerprints: FingerprintValue) -> Told:
    return Told(fingerprints=fingerprints)


@pytest.mark.parametrize("built", [True, False], ids=["in the index", "beside it"])
@pytest.mark.parametrize("kind", [Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ])
def test_the_same_picture_on_another_list_answers_review_within_a_second(
    checker: Checker, key: CheckKey, now: datetime, kind: Kind, built: bool
) -> None:
    wrong = put(now, a_list(now), "logo", of(*prints("logo", *(set(Kind) & _MATCHED))))
    other = put(now, a_list(now, "other", source="Other"), "copy", of(*prints("logo", kind)))
    if built:
        build_index(at=now)
    checker.follow(now)

    withdraw(wrong, now)
    work(now)

    checker.follow(now)
    [outcome] = checker.check(key, [asked("logo")], door=Door.CHECKS, at=now).outcomes
    assert outcome.action.value == "review"
    assert standing(other) is Standing.HELD
    [view] = held.holds()
    assert (view.entry.id, view.like, view.held_for) == (other, wrong, HeldFor.NOBODY)


def test_what_a_quarantine_confirmed_as_benign_is_held_elsewhere_too(now: datetime) -> None:
    number = a_list(now)
    theme, other = put(now, number, "theme"), put(now, a_list(now, "other"), "copy", _like("theme"))
    build_index(at=now)
    set_aside(
        [Finding(theme, Doubt.KNOWN_SHA1, known_set="web")], run_id=None, actor=ANALYST, at=now
    )
    chosen = Chosen("national", LintReason.KNOWN_SHA1, "web", 1_000_000)
    hashlists.decide_all(
        chosen=chosen, decision=Decision.CONFIRM, words="a theme", actor=ANALYST, at=now
    )

    work(now)

    assert standing(theme) is Standing.WITHDRAWN
    assert standing(other) is Standing.HELD


def test_what_is_like_it_by_nearness_alone_goes_on(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo")
    near = FingerprintValue(Kind.PDQ, flipped(digest(Kind.PDQ, "logo"), 1), 90)
    other = put(now, a_list(now, "other"), "edit", of(near))
    build_index(at=now)

    withdraw(wrong, now)
    work(now)

    assert standing(other) is Standing.LISTED


def test_an_md5_alone_takes_no_exact_sha_away_and_is_noted(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo", of(*prints("logo", Kind.MD5, Kind.SHA1)))
    made_to_order = of(*prints("logo", Kind.MD5), *prints("another", Kind.SHA1))
    other = put(now, a_list(now, "other"), "twin", made_to_order)
    build_index(at=now)

    withdraw(wrong, now)
    work(now)

    assert standing(other) is Standing.LISTED
    assert LintNote.objects.get().entry_id == other


def test_tests_and_what_is_real_say_nothing_of_one_another(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo")
    rehearsal = put(now, a_list(now, "tests", purpose=Purpose.TEST), "copy", _like("logo"))
    harmless = put(now, a_list(now, "ours", purpose=Purpose.BENIGN_ALLOW), "copy", _like("logo"))
    build_index(at=now)

    withdraw(wrong, now)
    work(now)

    assert not Entry.objects.filter(pk__in=[rehearsal, harmless], held=True).exists()


def test_a_person_lets_it_count_again_or_withdraws_it(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo")
    right = put(now, a_list(now, "other"), "copy", _like("logo"))
    build_index(at=now)
    withdraw(wrong, now)
    work(now)

    corrections.let_count(entry_id=right, words="it is right", actor=ANALYST, at=now)
    work(now + SECOND)
    assert standing(right) is Standing.LISTED

    third = put(now, a_list(now, "third"), "copy", _like("logo"))
    withdraw(right, now)
    work(now + SECOND * 2)
    corrections.withdraw_held(entry_id=third, words="wrong too", actor=ANALYST, at=now)
    assert standing(third) is Standing.WITHDRAWN


def test_looking_twice_and_for_what_was_forgotten_changes_nothing(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo")
    other = put(now, a_list(now, "other"), "copy", _like("logo"))
    build_index(at=now)
    withdraw(wrong, now)
    work(now)
    hashlists.release_hold(entry_id=other, reason="it is right", actor=ANALYST, at=now)

    Due.objects.create(kind=LOOK_FOR_ALIKE, subject=str(wrong), due_at=now)
    work(now + SECOND)

    assert standing(other) is Standing.LISTED
    assert AuditRow.objects.filter(action="hashlists.hold_alike").count() == 1


def test_it_waits_in_quarantine_and_comes_out_held(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo")
    apart = Told(EntryStatus.QUARANTINED, fingerprints=prints("logo"))
    other = put(now, a_list(now, "other"), "copy", apart)
    build_index(at=now)

    withdraw(wrong, now)
    work(now)

    assert Entry.objects.get(pk=other).held


def test_without_an_index_it_is_looked_for_again(now: datetime) -> None:
    wrong = put(now, a_list(now), "logo")
    withdraw(wrong, now)
    due = Due.objects.filter(kind=LOOK_FOR_ALIKE)

    run_worker_round(now)  # which builds the first index
    run_worker_round(now + timedelta(minutes=1))

    assert not due.exists()


_MATCHED = {Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ}


def _like(name: str) -> Told:
    return Told(fingerprints=prints(name))

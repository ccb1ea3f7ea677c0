"""What the worker evaluates of what comes, and what becomes of that when things go wrong."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.conf import settings

from tests.domain.listing import ANALYST, Told, a_list, digest, prints, put, release_of
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.types import EntryStatus, Kind
from tocsin.domain.matching.private import evaluating, evaluations, keys
from tocsin.domain.matching.private.evaluating import Evaluator
from tocsin.engine.oprf import digest_input, kept_output

pytestmark = pytest.mark.django_db


def values() -> list[bytes]:
    epoch, _ = keys.key_of(keys.ring())
    state = evaluations.state_in(keys.folder(), epoch)
    assert state is not None
    return [row["kept"].tobytes() for row in evaluations.mapped(keys.folder(), state)]


def expected(name: str) -> list[bytes]:
    _, key = keys.key_of(keys.ring())
    kinds = {"md5": Kind.MD5, "sha1": Kind.SHA1}
    return [
        kept_output(key.output(digest_input(kind, digest(number, name))))
        for kind, number in kinds.items()
    ]


def test_an_epoch_begins_with_what_counts_and_evaluates_what_comes(now: datetime) -> None:
    list_no = a_list(now)
    put(now, list_no, "old")
    worker = Evaluator()
    worker.look(now)
    assert values() == []
    put(now, list_no, "new")
    worker.look(now)
    assert values() == expected("new")


def test_a_release_of_many_is_gone_through_in_parts_and_by_another_worker(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating, "ENTRIES_AT_ONCE", 2)
    list_no = a_list(now)
    Evaluator().look(now)
    names = [f"picture {n}" for n in range(5)]
    release_of(now, list_no, names)
    epoch, key = keys.key_of(keys.ring())
    state = evaluations.state_in(keys.folder(), epoch)
    for done, rows in ((2, 4), (4, 8), (0, 10)):
        assert state is not None
        Evaluator()._go_on(state, key)
        state = evaluations.state_in(keys.folder(), epoch)
        assert state is not None
        assert (state.done, state.rows) == (done, rows)
    assert state is not None
    assert values() == [value for name in names for value in expected(name)]
    assert state.through == queries.last_change_no()


def test_rows_that_no_state_counts_are_written_over(now: datetime) -> None:
    list_no = a_list(now)
    Evaluator().look(now)
    with (keys.folder() / "rows").open("ab") as file:
        file.write(b"left behind by a killed writer")
    put(now, list_no, "new")
    Evaluator().look(now)
    assert values() == expected("new")


@pytest.mark.parametrize("harm", ["state", "rows", "gone"])
def test_a_damaged_epoch_begins_again(harm: str, now: datetime) -> None:
    list_no = a_list(now)
    Evaluator().look(now)
    put(now, list_no, "new")
    Evaluator().look(now)
    match harm:
        case "state":
            (keys.folder() / "state.json").write_text("{")
        case "rows":
            (keys.folder() / "rows").write_bytes(b"short")
        case _:
            (keys.folder() / "rows").unlink()
    Evaluator().look(now)
    assert values() == []


def test_a_rotated_key_begins_another_epoch(now: datetime) -> None:
    list_no = a_list(now)
    Evaluator().look(now)
    put(now, list_no, "old")
    Evaluator().look(now)
    before = expected("new")
    settings.TOCSIN_KEYS.rotate(keys.RING)
    Evaluator().look(now)
    assert values() == []
    put(now, list_no, "new")
    Evaluator().look(now)
    assert values() == expected("new")
    assert values() != before


def test_a_database_that_went_back_begins_again(now: datetime) -> None:
    epoch, _ = keys.key_of(keys.ring())
    a_list(now)
    evaluations.begin(keys.folder(), epoch, 99)
    Evaluator().look(now)
    state = evaluations.state_in(keys.folder(), epoch)
    assert state is not None
    assert state.first == queries.last_change_no()


def test_what_never_counted_is_not_evaluated(now: datetime) -> None:
    list_no = a_list(now)
    Evaluator().look(now)
    put(now, list_no, "gone", Told(status=EntryStatus.WITHDRAWN))
    put(now, list_no, "near only", Told(fingerprints=prints("near only", Kind.PDQ)))
    Evaluator().look(now)
    assert values() == []


def test_a_withdrawal_adds_nothing(now: datetime) -> None:
    list_no = a_list(now)
    entry_id = put(now, list_no, "old")
    Evaluator().look(now)
    hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
    Evaluator().look(now)
    assert values() == []

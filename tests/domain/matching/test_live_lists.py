"""What a check sees while the lists change under it: one version, whole."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domain.listing import ACTOR, a_list, asked, put
from tests.support import in_threads
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries as hashlists_queries
from tocsin.domain.hashlists.types import IndexableEntry
from tocsin.domain.matching import live_lists
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import Answer, AnswerStatus, CheckKey, Door


def ask(checker: Checker, key: CheckKey, at: datetime) -> Answer:
    return checker.check(key, [asked("beach")], door=Door.CHECKS, at=at)


@pytest.mark.django_db
def test_a_check_made_while_a_change_is_worked_in_knows_nothing_of_it(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(checker, key, now)
    meanwhile: list[Answer] = []
    real = live_lists.bring_up_to_date

    def and_ask(*given: object, **named: object) -> None:
        real(*given, **named)  # type: ignore[arg-type]
        meanwhile.append(ask(checker, key, now))

    monkeypatch.setattr(live_lists, "bring_up_to_date", and_ask)
    put(now, a_list(now), "beach")
    checker.follow(now)
    after = ask(checker, key, now)
    assert [answer.list_version for answer in meanwhile] == [before.list_version]
    assert meanwhile[0].outcomes[0].status is AnswerStatus.NOT_LISTED
    assert after.list_version != before.list_version
    assert after.outcomes[0].status is AnswerStatus.LISTED


@pytest.mark.django_db(transaction=True)
def test_a_version_says_nothing_of_a_change_that_came_while_it_was_read(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_id = put(now, a_list(now), "beach")
    real = hashlists_queries.indexable

    def and_withdraw(entry_ids: list[int]) -> list[IndexableEntry]:
        # The log has been read up to the entry's own change.
        monkeypatch.undo()
        (won,) = in_threads(
            lambda: hashlists.withdraw_entry(entry_id=entry_id, reason="test", actor=ACTOR, at=now)
        )
        assert won is True
        return real(entry_ids)

    monkeypatch.setattr(hashlists_queries, "indexable", and_withdraw)
    checker.follow(now)
    first = ask(checker, key, now)
    checker.follow(now)
    then = ask(checker, key, now)
    assert first.outcomes[0].status is AnswerStatus.LISTED
    assert then.outcomes[0].status is AnswerStatus.NOT_LISTED
    assert (then.list_version or 0) > (first.list_version or 0)

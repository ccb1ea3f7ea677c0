"""A request with a key of its own is done once, whichever process it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support import in_threads
from tocsin.base.retention.actions import forget
from tocsin.domain.jobs import repeats, rules
from tocsin.domain.jobs.models import Repeat
from tocsin.domain.jobs.types import Answered, OtherRequest, StillAnswering

pytestmark = pytest.mark.django_db

REQUEST = repeats.Request("key-1", "/v2/reports", "again", b"body")
ANSWER = Answered(202, b'{"report": "R-2026-000001"}')


def test_the_same_is_answered_again_for_a_day(now: datetime) -> None:
    assert repeats.begin(REQUEST, at=now) is None
    repeats.finish(REQUEST, ANSWER, at=now)
    assert repeats.begin(REQUEST, at=now + timedelta(hours=23)) == ANSWER
    assert repeats.begin(REQUEST, at=now + rules.ANSWERS_KEPT) is None


def test_another_body_under_the_same_key_is_refused(now: datetime) -> None:
    repeats.begin(REQUEST, at=now)
    repeats.finish(REQUEST, ANSWER, at=now)
    with pytest.raises(OtherRequest):
        repeats.begin(replace(REQUEST, content=b"other"), at=now)


@pytest.mark.parametrize(
    "other", [{"key_id": "key-2"}, {"place": "/v2/feedback"}, {"again": "another"}]
)
def test_keys_do_not_meet_between_askers_and_places(now: datetime, other: dict[str, str]) -> None:
    repeats.begin(REQUEST, at=now)
    changed: repeats.Request = replace(REQUEST, **other)  # type: ignore[arg-type]
    assert repeats.begin(changed, at=now) is None


def test_while_it_is_answered_it_is_not_done_again_and_later_it_is(now: datetime) -> None:
    repeats.begin(REQUEST, at=now)
    with pytest.raises(StillAnswering):
        repeats.begin(REQUEST, at=now + timedelta(seconds=5))
    assert repeats.begin(REQUEST, at=now + rules.ANSWERING) is None


def test_what_was_broken_off_may_be_sent_again_at_once(now: datetime) -> None:
    repeats.begin(REQUEST, at=now)
    repeats.broken_off(REQUEST)
    assert repeats.begin(REQUEST, at=now) is None


def test_neither_key_nor_body_nor_answer_stands_in_the_table(now: datetime) -> None:
    repeats.begin(REQUEST, at=now)
    repeats.finish(REQUEST, ANSWER, at=now)
    (row,) = Repeat.objects.values_list()
    assert "again" not in row
    assert "R-2026-000001" not in str(row)


def test_old_answers_are_let_go_of(now: datetime) -> None:
    repeats.begin(REQUEST, at=now)
    repeats.finish(REQUEST, ANSWER, at=now)
    assert forget(at=now + rules.ANSWERS_KEPT) == 0
    assert forget(at=now + rules.ANSWERS_KEPT + timedelta(seconds=1)) == 1
    assert not Repeat.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_at_the_same_moment_one_does_it(now: datetime) -> None:
    done = in_threads(*[lambda: repeats.begin(REQUEST, at=now) for _ in range(4)])
    assert done.count(None) == 1
    assert [type(one) for one in done if one is not None] == [StillAnswering] * 3

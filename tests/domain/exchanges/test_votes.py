"""Our votes on entries, on their way to the services these came from."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from tests.domain.exchanges.scenes import (
    add_ncmec,
    add_stopncii,
    pull,
    seconds,
    send_votes,
    value,
)
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, answers, image, submitted
from tests.domain.hashlists.lists import ANALYST, bring, entry, make, write
from tocsin.base.audit.models import AuditRow
from tocsin.domain.exchanges import actions, due, rules
from tocsin.domain.exchanges.models import Vote
from tocsin.domain.exchanges.queries import dead_votes
from tocsin.domain.exchanges.types import Direction, Trouble, VoteState
from tocsin.domain.hashlists.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.server]

NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"


def queue(at: datetime, vote: Direction, reason: str = "") -> int:
    number = Entry.objects.get().pk
    return actions.queue_feedback(entry_id=number, vote=vote, reason=reason, actor=ANALYST, at=at)


def ncmec(now: datetime) -> Ncmec:
    prints = {"md5": value("a", 16), "sha1": value("a", 20)}
    return Ncmec(entries=[image("a b/c", seconds(now, hours=3), prints=prints)], clock=lambda: now)


def test_a_vote_against_goes_to_every_fingerprint_with_the_reason_it_has_there(
    now: datetime,
) -> None:
    stand_in = ncmec(now)
    stand_in.reasons = [("guid-1", "Adult"), ("guid-2", "Not CSAM")]
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        assert queue(now, Direction.DOWN, "not_csam") == 2
        send_votes(now)
    negative = (
        f'<feedbackSubmission xmlns="{NAMESPACE}"><negative><reasonIds><guid>guid-2</guid>'
        "</reasonIds></negative></feedbackSubmission>"
    ).encode()
    assert stand_in.votes == [
        ("/v2/entries/42/a%20b%2Fc/MD5/feedback", negative),
        ("/v2/entries/42/a%20b%2Fc/SHA1/feedback", negative),
    ]
    assert {vote.state for vote in Vote.objects.all()} == {VoteState.SENT}
    told = AuditRow.objects.filter(action__startswith="exchanges.vote_sent").count()
    assert told == 2
    assert AuditRow.objects.filter(action="exchanges.queue_feedback").count() == 1


def test_a_vote_for_needs_no_reason(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        queue(now, Direction.UP)
        send_votes(now)
    assert b"<affirmative/>" in stand_in.votes[0][1]


def test_the_same_vote_twice_is_one_and_another_takes_its_place(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        assert [queue(now, Direction.UP), queue(now, Direction.UP)] == [2, 0]
        send_votes(now)
        send_votes(now)
        assert len(stand_in.votes) == 2
        assert queue(now, Direction.UP) == 0
        assert queue(now, Direction.DOWN, "guid-1") == 2
        send_votes(now)
    assert len(stand_in.votes) == 4
    assert b"guid-1" in stand_in.votes[-1][1]


def test_a_reason_that_the_service_does_not_have_waits_for_a_person(now: datetime) -> None:
    stand_in = ncmec(now)
    stand_in.reasons = [("guid-1", "Adult"), ("guid-2", "Meme")]
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        queue(now, Direction.DOWN, "something else")
        send_votes(now)
        assert {vote.trouble for vote in dead_votes()} == {Trouble.NO_REASON}
        assert stand_in.votes == []
        first = dead_votes()[0].id
        stand_in.reasons = [("guid-3", "Something else")]
        assert actions.revive_vote(vote_id=first, actor=ANALYST, at=now)
        assert not actions.revive_vote(vote_id=first, actor=ANALYST, at=now)
        assert send_votes(now) == 1
    assert b"guid-3" in stand_in.votes[0][1]


@pytest.mark.django_db(transaction=True)
def test_a_vote_is_tried_again_by_the_worker_and_given_up_at_last(now: datetime) -> None:
    stand_in = StopNcii(records=[submitted(value("a", 32), seconds(now, hours=1))],
                        clock=lambda: now)  # fmt: skip
    voter = due.voter()

    def work(at: datetime) -> None:
        voter.look(at)
        voter.wait()

    with stand_in.serving() as peer:
        pull(add_stopncii(peer.url, now), now)
        stand_in.faults = [answers(503, Retry_After="600")]
        queue(now, Direction.DOWN, "meme")
        work(now)
        [vote] = Vote.objects.all()
        assert (vote.state, vote.failures, vote.trouble) == (VoteState.WAITING, 1, Trouble.BUSY)
        work(now + timedelta(minutes=9))
        assert not stand_in.feedback
        work(now + timedelta(minutes=11))
        value_told = {
            "count": 1,
            "hashFeedbacks": [
                {"tags": ["meme"], "feedbackValue": "NotBlocked", "hashValue": value("a", 32)}
            ],
        }
        assert stand_in.feedback == [value_told]
        queue(now, Direction.UP)
        stand_in.faults = [answers(500)] * (rules.DEAD_AFTER_FAILURES + 3)
        for days in range(rules.DEAD_AFTER_FAILURES + 3):
            work(now + timedelta(days=days + 1))
    assert len(stand_in.faults) == 3
    assert [one.trouble for one in dead_votes()] == [Trouble.SERVER]


def test_a_vote_goes_with_what_it_was_cast_with_or_not_at_all(now: datetime) -> None:
    with ncmec(now).serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        with transaction.atomic():
            queue(now, Direction.UP)
            transaction.set_rollback(True)
    assert not Vote.objects.exists()


def test_an_entry_of_no_exchange_takes_no_vote(now: datetime, tmp_path: object) -> None:
    make(now)
    bring(write(tmp_path / "list.jsonl", entry("1")), now)  # type: ignore[operator]
    with pytest.raises(actions.NotFromExchange):
        queue(now, Direction.UP)

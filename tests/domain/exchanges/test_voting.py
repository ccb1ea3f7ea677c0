"""How votes go out: a job of its own that leaves alone who does not answer, and who is off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.domain.exchanges.scenes import (
    add_ncmec,
    add_stopncii,
    pull,
    seconds,
    send_votes,
    value,
)
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, answers, image, submitted
from tests.domain.hashlists.lists import ACTOR, ANALYST
from tests.support import in_threads
from tocsin.base.clock.actions import pause, run_round, set_due
from tocsin.domain.exchanges import actions, due, queries, voting
from tocsin.domain.exchanges.models import Vote
from tocsin.domain.exchanges.types import Direction, Trouble, VoteState
from tocsin.domain.hashlists import queries as hashlist_queries
from tocsin.domain.hashlists.models import Entry
from tocsin.site.cli import main

pytestmark = [pytest.mark.django_db, pytest.mark.server]


def ncmec(now: datetime, **more: Any) -> Ncmec:
    found = [image(own, seconds(now, hours=3), prints={"md5": value(own, 16)}) for own in "ab"]
    return Ncmec(entries=found, clock=lambda: now, **more)


def vote(
    at: datetime, own_id: str = "a", direction: Direction = Direction.UP, *, reason: str = ""
) -> None:
    number = Entry.objects.get(source_entry_id=own_id).pk
    actions.queue_feedback(entry_id=number, vote=direction, reason=reason, actor=ANALYST, at=at)


def test_an_exchange_that_is_off_gets_none_until_it_is_on(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        vote(now, "b")
        actions.switch_off(slug="ncmec", actor=ACTOR, at=now)
        vote(now, "a", Direction.DOWN)
        assert (send_votes(now + timedelta(days=9)), stand_in.votes) == (0, [])
        assert queries.exchanges(at=now)[0].votes_waiting == 2
        actions.switch_on(slug="ncmec", actor=ACTOR, at=now)
        assert send_votes(now) == 2


def test_a_manager_may_let_no_votes_go(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        vote(now, "b")
        assert main(["exchanges", "votes", "ncmec", "off"]) == 0
        vote(now, "a", Direction.DOWN)
        assert list(Vote.objects.values_list("own_id", flat=True)) == ["b"]
        assert (send_votes(now), stand_in.votes) == (0, [])
        assert main(["exchanges", "votes", "ncmec", "on"]) == 0
        assert send_votes(now) == 1


def test_the_reason_is_one_of_the_service_s_own_or_a_person_chooses(now: datetime) -> None:
    stand_in = ncmec(now, reasons=[("g1", "Adult"), ("g2", "Not \n CSAM, certainly")])
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        for own_id in "ab":
            vote(now, own_id, Direction.DOWN)
        assert send_votes(now) == 0
        [view] = queries.exchanges(at=now)
        assert (view.votes_dead, view.reasons_heard) == (2, ("Adult", "Not CSAM, certainly"))
        actions.set_votes(slug="ncmec", send=True, reason=" not csam, CERTAINLY ", actor=ANALYST,
                          at=now)  # fmt: skip
        assert send_votes(now) == 2
        # A reason that the vote itself was cast with goes before it.
        vote(now, "a", Direction.DOWN, reason="Adult")
        assert send_votes(now) == 1
    assert [b"g2" in body for _, body in stand_in.votes] == [True, True, False]


def test_a_service_that_does_not_answer_is_left_alone_and_delays_no_other(now: datetime) -> None:
    bad = ncmec(now)
    good = StopNcii(records=[submitted(value("a", 32), seconds(now))], clock=lambda: now)
    with bad.serving() as one, good.serving() as two:
        pull(add_ncmec(one.url, now), now)
        pull(add_stopncii(two.url, now), now)
        for row in Entry.objects.all():
            vote(now, row.source_entry_id)
        bad.faults = [answers(500)] * 2
        bad.asked.clear()
        assert send_votes(now) == 1
        assert len(good.feedback) == 1
        # One request told enough; the other vote did not fail, and waits with it.
        assert len(bad.asked) == 1
        assert sorted(Vote.objects.values_list("failures", flat=True)) == [0, 0, 1]
        assert voting.due(at=now + timedelta(seconds=10)) == []
        assert send_votes(now + timedelta(seconds=31)) == 0
        assert sorted(Vote.objects.values_list("failures", flat=True)) == [0, 1, 1]
        # It rests for longer each time.
        assert voting.due(at=now + timedelta(seconds=31 + 29)) == []
        assert send_votes(now + timedelta(minutes=5)) == 2
        assert queries.exchanges(at=now)[0].votes_rest_until is None


def test_what_breaks_here_over_one_vote_stops_no_other(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[int] = []

    def breaks_once(entry_id: int, kind: Any) -> list[str]:
        if not broken:
            broken.append(entry_id)
            raise ZeroDivisionError
        return ["00"]

    monkeypatch.setattr(hashlist_queries, "values_of", breaks_once)
    with ncmec(now).serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        for own_id in "ab":
            vote(now, own_id)
        assert send_votes(now) == 1
    states = Vote.objects.order_by("pk").values_list("state", "trouble")
    assert list(states) == [(VoteState.WAITING, Trouble.OURS), (VoteState.SENT, "")]


def test_the_votes_of_one_exchange_have_their_time_and_no_more(now: datetime) -> None:
    stand_in, hands = ncmec(now), [now]

    def running() -> datetime:
        hands[0] += timedelta(seconds=20)
        return hands[0]

    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        for own_id in "ab":
            vote(now, own_id)
        assert voting.send_due(row.pk, clock=running) == 1
        assert voting.due(at=hands[0]) == [row.pk]


def test_a_vote_that_another_worker_sends_is_left_to_it_until_its_lease_is_over(
    now: datetime,
) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        vote(now)
        Vote.objects.update(leased_until=now + timedelta(minutes=3))
        assert send_votes(now + timedelta(minutes=2)) == 0
        assert send_votes(now + timedelta(minutes=3)) == 1


def test_a_vote_changed_while_it_is_sent_goes_out_again(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        vote(now)
        taken = voting._take(row.pk, now)
        assert taken is not None
        vote(now, "a", Direction.DOWN, reason="guid-1")
        # What is under way gets there first.
        assert send_votes(now) == 0
        voting._sent(taken, now)
        assert send_votes(now) == 1
    assert b"guid-1" in stand_in.votes[0][1]
    assert Vote.objects.get().state == VoteState.SENT


def test_what_the_version_before_put_on_the_clock_is_sent_with_the_others(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        vote(now)
        Vote.objects.update(due_at=None)
        assert send_votes(now) == 0
        set_due(kind=voting.SEND, subject=str(Vote.objects.get().pk), due_at=now)
        run_round(at=now, worker="test")
        assert send_votes(now) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_a_vote_once(now: datetime) -> None:
    stand_in = ncmec(now)

    def work() -> None:
        voter = due.voter()
        voter.look(now)
        voter.wait()

    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        for own_id in "ab":
            vote(now, own_id)
        assert in_threads(*[work] * 4) == [None] * 4
    assert len(stand_in.votes) == 2


@pytest.mark.django_db(transaction=True)
def test_no_vote_is_sent_while_clocks_stand_still(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        vote(now)
        pause(why="restored", at=now)
        voter = due.voter()
        voter.look(now)
        voter.wait()
    assert stand_in.votes == []

"""What people here decide about entries goes back, as a vote, to the service that brought them."""

from __future__ import annotations

from datetime import datetime
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
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, image, submitted
from tests.domain.hashlists.known_sets import know
from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, make, write
from tests.domain.hashlists.lists import entry as listed
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import run_round
from tocsin.base.outbox.models import Message
from tocsin.domain.corrections import actions as corrections
from tocsin.domain.exchanges.models import Vote
from tocsin.domain.exchanges.types import Direction
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.types import Chosen, Decision, LintReason

pytestmark = [pytest.mark.django_db, pytest.mark.server]

KEYBOARD = system("command line")


def ncmec(now: datetime, **more: Any) -> Ncmec:
    found = [image(own, seconds(now, hours=3), prints={"md5": value(own, 16)}) for own in "ab"]
    return Ncmec(entries=found, clock=lambda: now, **more)


def number(own_id: str = "a") -> int:
    return Entry.objects.get(source_entry_id=own_id).pk


def news_arrives(at: datetime) -> None:
    run_round(at=at, worker="test")


def cast() -> set[tuple[str, str]]:
    """Entry and direction of every vote."""
    return set(Vote.objects.values_list("own_id", "direction"))


def appeal(at: datetime, entry_id: int) -> str:
    told = corrections.open_appeal(
        entry_id=entry_id, reason="benign", words="A landscape.", actor=ANALYST, at=at
    )
    corrections.take(number=told, actor=ANALYST, at=at)
    return told


def test_an_appeal_that_is_upheld_is_a_vote_against_and_one_dismissed_a_vote_for(
    now: datetime,
) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        wrong, right = appeal(now, number("a")), appeal(now, number("b"))
        corrections.uphold(number=wrong, words="It is.", actor=ANALYST, at=now)
        corrections.dismiss(number=right, words="It is not.", actor=ANALYST, at=now)
        news_arrives(now)
        assert cast() == {("a", Direction.DOWN), ("b", Direction.UP)}
        assert {vote.cast_by for vote in Vote.objects.all()} == {ANALYST.text}
        assert send_votes(now) == 2
    assert [b"guid-1" in body for _, body in sorted(stand_in.votes)] == [True, False]


@pytest.mark.parametrize("all_of_them", [True, False])
def test_what_a_person_confirms_as_benign_is_a_vote_against(
    now: datetime, all_of_them: bool
) -> None:
    know("a", "b")
    with ncmec(now).serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        one, other = Quarantine.objects.order_by("pk")
        told: dict[str, Any] = {"words": "an icon", "actor": ANALYST, "at": now}
        if all_of_them:
            chosen = Chosen("ncmec-42", LintReason(one.reason), one.known_set, other.pk)
            hashlists.decide_all(chosen=chosen, decision=Decision.CONFIRM, **told)
            wanted = {("a", Direction.DOWN), ("b", Direction.DOWN)}
        else:
            hashlists.decide(number=one.pk, decision=Decision.CONFIRM, **told)
            hashlists.decide(number=other.pk, decision=Decision.RELEASE, **told)
            wanted = {(one.entry.source_entry_id, Direction.DOWN)}
        news_arrives(now)
    assert cast() == wanted


@pytest.mark.parametrize(
    ("actor", "votes"), [(ANALYST, 1), (KEYBOARD, 1), (system("restore"), 0), (ACTOR, 0)]
)
def test_only_what_a_person_withdraws_is_a_vote(now: datetime, actor: Actor, votes: int) -> None:
    with ncmec(now).serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        hashlists.withdraw_entry(entry_id=number(), reason="wrong", actor=actor, at=now)
        news_arrives(now)
    assert Vote.objects.count() == votes


def test_an_entry_of_no_exchange_is_nobody_s_to_be_told_of(now: datetime, tmp_path: Any) -> None:
    make(now)
    bring(write(tmp_path / "list", listed("a")), now)
    hashlists.withdraw_entry(entry_id=number(), reason="wrong", actor=ANALYST, at=now)
    news_arrives(now)
    assert not Vote.objects.exists()
    assert not Message.objects.exclude(state="done").exists()


def test_news_that_comes_twice_is_one_vote(now: datetime) -> None:
    stand_in = ncmec(now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
        for _ in range(2):
            hashlists.confirm_entry(entry_id=number(), actor=ANALYST, at=now)
            news_arrives(now)
            send_votes(now)
    assert len(stand_in.votes) == 1


def test_stopncii_hears_it_in_its_own_words(now: datetime) -> None:
    stand_in = StopNcii(records=[submitted(value("a", 32), seconds(now, hours=1))],
                        clock=lambda: now)  # fmt: skip
    with stand_in.serving() as peer:
        pull(add_stopncii(peer.url, now), now)
        [one] = Entry.objects.all()
        hashlists.withdraw_entry(entry_id=one.pk, reason="wrong", actor=ANALYST, at=now)
        news_arrives(now)
        send_votes(now)
    told = {"tags": [], "feedbackValue": "NotBlocked", "hashValue": value("a", 32)}
    assert stand_in.feedback == [{"count": 1, "hashFeedbacks": [told]}]

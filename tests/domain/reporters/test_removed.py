"""A reporter hears that it is gone once looks have confirmed it, and no longer when it is back."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domain import desk
from tests.domain.rechecks.conftest import outside, world
from tests.domain.rechecks.scenes import World, found, looks, until
from tocsin.domain.rechecks.types import FollowState
from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.actions import Form
from tocsin.domain.reporters.types import Pace, PlainState, Told
from tocsin.domain.visits.types import Outcome

pytestmark = pytest.mark.django_db
__all__ = ["outside", "world"]


def test_gone_is_told_when_it_is_confirmed_and_taken_back_when_it_returns(
    world: World, now: datetime
) -> None:
    form, told = Form("a" * 32, "en"), Told(urls=desk.URL)
    receipt = actions.send(form=form, told=told, pace=Pace.QUICK, at=now).receipt
    talk_id = queries.find(receipt)

    def hears() -> PlainState:
        [state] = queries.plain_talk(talk_id).items
        return state

    assert hears() is PlainState.RECEIVED
    item_id = found(now)
    assert hears() is PlainState.PASSED_ON
    looks(item_id, 2)
    world.outcome = Outcome.GONE_404
    until(item_id, FollowState.MAYBE_GONE)
    assert hears() is PlainState.PASSED_ON  # one look proves nothing
    until(item_id, FollowState.WATCHING)
    assert hears() is PlainState.REMOVED
    world.outcome = Outcome.PRESENT
    until(item_id, FollowState.CHECKING)
    assert hears() is PlainState.PASSED_ON

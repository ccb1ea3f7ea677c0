from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain import desk
from tests.domain.hosting.outside import ROUTING, Outside
from tests.domain.rechecks.scenes import World
from tocsin.base.outbox import actions as outbox
from tocsin.domain.rechecks.gone_pictures import gone_pictures
from tocsin.domain.visits import actions as visits


@pytest.fixture
def outside(tmp_path: Path, settings: Settings) -> Outside:
    """A recorded outside that nothing is in yet."""
    settings.TOCSIN_HOSTING_RECORDED = tmp_path / "recorded"
    settings.TOCSIN_ROUTING_URL = ROUTING
    return Outside(tmp_path / "recorded")


# What they do about a site that moved would be done before a test could see that it did.
ROOMS_ABOVE = ("tocsin.domain.takedown", "tocsin.domain.iccam", "tocsin.domain.referrals")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms above do not listen."""
    for topic, listeners in list(outbox._consumers.items()):
        below = {name: told for name, told in listeners.items() if not name.startswith(ROOMS_ABOVE)}
        monkeypatch.setitem(outbox._consumers, topic, below)


@pytest.fixture
def world(db: None, outside: Outside, now: datetime, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of which a test says what each visit finds; fetching is allowed."""
    gone_pictures.forget()
    made = World()
    monkeypatch.setattr(visits, "visit", made.visit)
    start = now - timedelta(days=1)
    visits.permit(basis="Mandate of the ministry", until=None, actor=desk.SYSTEM, at=start)
    return made

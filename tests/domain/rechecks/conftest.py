from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain import desk
from tests.domain.hosting.outside import ROUTING, Outside
from tests.domain.rechecks.scenes import World
from tocsin.domain.visits import actions as visits


@pytest.fixture
def outside(tmp_path: Path, settings: Settings) -> Outside:
    """A recorded outside that nothing is in yet."""
    settings.TOCSIN_HOSTING_RECORDED = tmp_path / "recorded"
    settings.TOCSIN_ROUTING_URL = ROUTING
    return Outside(tmp_path / "recorded")


@pytest.fixture
def world(db: None, outside: Outside, now: datetime, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of which a test says what each visit finds; fetching is allowed."""
    made = World()
    monkeypatch.setattr(visits, "visit", made.visit)
    start = now - timedelta(days=1)
    visits.permit(basis="Mandate of the ministry", until=None, actor=desk.SYSTEM, at=start)
    return made

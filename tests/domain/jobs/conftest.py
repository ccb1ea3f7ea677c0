from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.domain.jobs.scenes import let_in
from tests.domain.listing import a_list, put
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey


@pytest.fixture
def checker(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checker]:
    """The worker's checker, which knows the picture `beach` and follows when told to."""
    put(now, a_list(now), "beach")
    build_index(at=now)
    made = Checker.from_settings()
    made.follow(now)
    monkeypatch.setattr(matching, "checker", lambda: made)
    yield made
    made.stop()


@pytest.fixture
def key(checker: Checker, now: datetime) -> CheckKey:
    return let_in(checker, now)

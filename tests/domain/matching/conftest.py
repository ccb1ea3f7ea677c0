from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.domain.listing import a_key, known
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey


@pytest.fixture
def checker(db: None, now: datetime) -> Iterator[Checker]:
    """A checker over an empty index; `follow` brings it up to date, as its thread would."""
    build_index(at=now)
    made = Checker.from_settings()
    made.follow(now)
    yield made
    made.stop()


@pytest.fixture
def key(checker: Checker, now: datetime) -> CheckKey:
    """A live key of the tier that is told everything."""
    issued = a_key(now)
    checker.keys.refresh(at=now)
    return known(checker, issued, now)

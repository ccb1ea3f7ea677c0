"""Rounds are done by the tests themselves: no thread speaks with an ICCAM that is not there."""

from __future__ import annotations

import pytest

from tocsin.base.clock import rounds


@pytest.fixture(autouse=True)
def no_rounds_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(rounds._jobs, "iccam.round")

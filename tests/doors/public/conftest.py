"""Every test begins with nobody counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tocsin.doors.public import limits, load, work


@pytest.fixture(autouse=True)
def nobody_counted() -> Iterator[None]:
    yield from _forgotten()


@pytest.fixture
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puzzles that are solved at once."""
    monkeypatch.setattr(work, "LEAST_BITS", 2)


def _forgotten() -> Iterator[None]:
    for counted in (limits.visitors, limits.looks, limits.looks_without_work, load):
        counted.forget()
    yield

"""What stands on a provider's page: its keys, its traffic by day, and how to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.queries import OwnKey
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.types import DayCount, ListsSeen, MatchKind
from tocsin.domain.providers import queries as providers
from tocsin.domain.providers.queries import MAY_GO_LIVE, MAY_TRY
from tocsin.domain.providers.types import Application, ProviderState, ProviderView
from tocsin.doors.provider.snippets import Snippet, snippets

DAYS = 14
HEIGHT = 120
STEP = 40
_BAR = 24
STATES = {
    ProviderState.TRYING: _("trying out"),
    ProviderState.PROVEN: _("domain shown"),
    ProviderState.LOST: _("proof lost"),
    ProviderState.PAUSED: _("paused"),
    ProviderState.SUSPENDED: _("suspended"),
}
LISTS = {
    ListsSeen.TEST: _("the test lists"),
    ListsSeen.OPEN: _("lists open to all, exact matches"),
    ListsSeen.LIVE: _("all lists that count"),
}

CANARIES = {
    MatchKind.EXACT: _("the very file"),
    MatchKind.NEAR: _("the smaller one, by nearness"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the picture, in its units: y counts down from the top."""

    day: date
    x: int
    checks: int
    hits: int
    errors: int
    y: float
    height: float
    error_y: float
    error_height: float
    hit_y: float
    hit_height: float
    shows_label: bool


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A live key: what it asks."""

    key: OwnKey
    lists: ListsSeen
    asks: str


def page_of(provider: ProviderView, *, base_url: str, at: datetime) -> dict[str, Any]:
    """All that the page shows but what was just done."""
    keys = accounts.keys_of(provider.party_id or 0)
    live = [key for key in keys if key.is_live(at)]
    seen = matching.lists_of([key.key_id for key in live])
    counts = matching.counts_by_day([k.key_id for k in keys], since=at - timedelta(days=DAYS - 1))
    since = at - timedelta(days=DAYS - 1)
    sung = matching.canaries_seen([key.key_id for key in keys])
    shown_key = live[0].key_id if live else "KEY_ID"
    lines = [KeyLine(key, seen[key.key_id], str(LISTS[seen[key.key_id]])) for key in live]
    return {
        "provider": provider,
        "state": STATES[provider.state],
        "keys": lines,
        "may_try": provider.state in MAY_TRY,
        "may_go_live": provider.state in MAY_GO_LIVE,
        "vetted": provider.application is Application.GRANTED,
        "bars": bars(counts, today=at.date()),
        "measures": matching.measures_of([key.key_id for key in keys], since=since),
        "canaries": [(words, sung.get(kind)) for kind, words in CANARIES.items()],
        "lamps": [providers.WORDS[lamp] for lamp in providers.health(provider.id, at=at)],
        "width": STEP * DAYS,
        "height": HEIGHT,
        "snippets": _snippets(lines, shown_key, base_url),
    }


def _snippets(lines: list[KeyLine], key_id: str, base_url: str) -> list[Snippet]:
    tests_only = bool(lines) and lines[0].lists is ListsSeen.TEST
    return snippets(base_url, key_id, tests_only=tests_only)


def bars(counts: list[DayCount], *, today: date) -> list[Bar]:
    """Fourteen days, today last; days without a check too."""
    by_day = {count.day: count for count in counts}
    days = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    found = [by_day.get(day, DayCount(day, 0, 0, 0)) for day in days]
    most = max(1, *(count.checks for count in found))
    return [_bar(count, n, HEIGHT / most) for n, count in enumerate(found)]


def _bar(count: DayCount, n: int, scale: float) -> Bar:
    height = count.checks * scale
    errors = count.errors * scale
    # A hit is rare: it is shown by a mark of a height that can be seen.
    hits = 4.0 if count.hits else 0.0
    return Bar(
        day=count.day,
        x=n * STEP + (STEP - _BAR) // 2,
        checks=count.checks,
        hits=count.hits,
        errors=count.errors,
        y=round(HEIGHT - height, 1),
        height=round(height, 1),
        error_y=round(HEIGHT - errors, 1),
        error_height=round(errors, 1),
        hit_y=round(HEIGHT - height, 1),
        hit_height=hits,
        shows_label=n % 3 == (DAYS - 1) % 3,
    )

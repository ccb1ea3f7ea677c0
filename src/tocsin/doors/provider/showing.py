"""What stands on a provider's page: its keys, its traffic by day, and how to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.queries import OwnKey
from tocsin.domain.corrections import queries as corrections
from tocsin.domain.corrections.types import What
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.types import AnswerStatus, DayCount, HourCount, ListsSeen, MatchKind
from tocsin.domain.providers import queries as providers
from tocsin.domain.providers.queries import MAY_GO_LIVE, MAY_TRY
from tocsin.domain.providers.types import Application, ProviderState, ProviderView
from tocsin.domain.receipts import queries as receipts
from tocsin.doors.provider.picture import Counted, Picture, picture
from tocsin.doors.provider.snippets import Snippet, snippets, verifying

DAYS = 14
HOURS = 24
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

ANSWERS = {
    AnswerStatus.LISTED: _("listed"),
    AnswerStatus.NEAR: _("near"),
    AnswerStatus.HELD: _("held"),
    AnswerStatus.NOT_LISTED: _("not listed"),
    AnswerStatus.UNAVAILABLE: _("unavailable: not looked up"),
    AnswerStatus.PARTIAL: _("only in part looked at"),
    AnswerStatus.FLAT: _("too flat to compare"),
    AnswerStatus.TOO_SMALL: _("too small to compare"),
    AnswerStatus.UNSUPPORTED: _("of a kind that is not read"),
    AnswerStatus.CORRUPT: _("damaged"),
    AnswerStatus.TOO_LARGE: _("too large"),
}
WHAT = {
    What.LISTED: _("counts again"),
    What.HELD: _("held for review"),
    What.CHANGED: _("changed: check again"),
    What.WITHDRAWN: _("withdrawn"),
    What.EXPIRED: _("its time is over"),
    What.APPEAL_UPHELD: _("your appeal: the entry was wrong"),
    What.APPEAL_DISMISSED: _("your appeal: the entry is right"),
    What.APPEAL_MOOT: _("your appeal: the entry went meanwhile"),
}
CANARIES = {
    MatchKind.EXACT: _("the very file"),
    MatchKind.NEAR: _("the smaller one, by nearness"),
}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A live key: what it asks."""

    key: OwnKey
    lists: ListsSeen
    asks: str


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction that waits, and how many uploads it is about."""

    no: int
    at: datetime
    called: str
    uploads: int


def page_of(provider: ProviderView, *, base_url: str, at: datetime) -> dict[str, Any]:
    """All that the page shows but what was just done."""
    keys = accounts.keys_of(provider.party_id or 0)
    live = [key for key in keys if key.is_live(at)]
    seen = matching.lists_of([key.key_id for key in live])
    ids = [key.key_id for key in keys]
    since = at - timedelta(days=DAYS - 1)
    counts = matching.counts_by_day(ids, since=since)
    hours = matching.counts_by_hour(ids, since=at - timedelta(hours=HOURS - 1))
    sung = matching.canaries_seen(ids)
    shown_key = live[0].key_id if live else "KEY_ID"
    lines = [KeyLine(key, seen[key.key_id], str(LISTS[seen[key.key_id]])) for key in live]
    return {
        "provider": provider,
        "state": STATES[provider.state],
        "keys": lines,
        "may_try": provider.state in MAY_TRY,
        "may_go_live": provider.state in MAY_GO_LIVE,
        "vetted": provider.application is Application.GRANTED,
        "days": by_day(counts, today=at.date()),
        "hours": by_hour(hours, at=at),
        "answers": _answers(matching.counts_by_answer(ids, since=since)),
        "measures": matching.measures_of(ids, since=since),
        "unread": _unread(provider.party_id or 0),
        "webhook": corrections.endpoint_of(provider.party_id or 0),
        "log": receipts.log_head(),
        "verify": verifying(base_url),
        "canaries": [(words, sung.get(kind)) for kind, words in CANARIES.items()],
        "lamps": [providers.WORDS[lamp] for lamp in providers.health(provider.id, at=at)],
        "snippets": _snippets(lines, shown_key, base_url),
    }


def _unread(party_id: int) -> dict[str, Any]:
    found = corrections.unread(party_id)
    lines = [CorrectionLine(o.no, o.at, str(WHAT[o.what]), len(o.hits)) for o in found.first]
    return {"after": found.after, "count": found.count, "first": lines}


def _answers(counted: Mapping[AnswerStatus, int]) -> list[tuple[str, int]]:
    return [(str(words), counted[status]) for status, words in ANSWERS.items() if status in counted]


def _snippets(lines: list[KeyLine], key_id: str, base_url: str) -> list[Snippet]:
    tests_only = bool(lines) and lines[0].lists is ListsSeen.TEST
    return snippets(base_url, key_id, tests_only=tests_only)


def by_day(counts: Sequence[DayCount], *, today: date) -> Picture:
    """Fourteen days, today last; days without a check too."""
    found = {count.day: count for count in counts}
    days = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    return picture(
        [
            Counted(f"{day:%Y-%m-%d}", f"{day.day}/{day.month}", one.checks, one.hits, one.errors)
            for day in days
            for one in [found.get(day, DayCount(day, 0, 0, 0))]
        ],
        label_each=3,
    )


def by_hour(counts: Sequence[HourCount], *, at: datetime) -> Picture:
    """Twenty-four hours in UTC, the one of `at` last; hours without a check too."""
    found = {count.begins: count for count in counts}
    this = at.replace(minute=0, second=0, microsecond=0)
    hours = [this - timedelta(hours=HOURS - 1 - n) for n in range(HOURS)]
    return picture(
        [
            Counted(f"{hour:%Y-%m-%d %H}:00", f"{hour:%H}", one.checks, one.hits, one.errors)
            for hour in hours
            for one in [found.get(hour, HourCount(hour, 0, 0, 0))]
        ],
        label_each=4,
    )

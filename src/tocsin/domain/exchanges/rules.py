"""What follows from what in a pull: windows, checkpoints, waits. No Django, no clock, no network.

All moments are whole seconds since 1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

MINUTE, HOUR, DAY = 60, 3600, 86_400
OVERLAP_SECONDS = HOUR
"""Asked for again with each window: an entry may become visible after its own time."""
SETTLE_SECONDS = 2 * MINUTE
"""A window ends so long before the server's clock: what is being written then has its time."""
BLIND_SETTLE_SECONDS = 15 * MINUTE
"""The same where the server does not tell its time and only our clock is known."""
FIRST_WIDTH_SECONDS = 30 * DAY
LEAST_WIDTH_SECONDS = MINUTE
MOST_WIDTH_SECONDS = 1_024 * DAY
MOST_PAGES = 500
"""Of one window: where each record lies is held in memory, about 0.6 KB for each."""
MOST_PAGES_WITHOUT_END = 2_500
"""The same for a service whose windows cannot be made smaller; 800 records a page."""
FEW_PAGES = 50
CURSOR_LIVES_SECONDS = 11 * HOUR
"""NCMEC's `next` is said to hold for about twelve hours."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30, 6 * HOUR
LONGEST_ASKED_WAIT_SECONDS = DAY
BEGIN_AGAIN_AFTER_FAILURES = 3
DEAD_AFTER_FAILURES = 12
DEAD_AFTER_REFUSALS = 3
DEAD_AFTER_WINDOWS = 5
"""Windows begun and never brought to an end, though pages of them came."""
STALE_AFTER_DAYS = 30
LONGEST_MEMBER = 60
MOST_NEW_MEMBERS, MOST_MEMBERS = 50, 500
"""How many members met in one window, and of one exchange, get a list without a person. Each is a
source of its own: a service that invents them would also make anything look agreed on by many."""
MOST_REFUSED_OF_A_WINDOW, MOST_REFUSED_KEPT = 1_000, 5_000


def may_have_lists(*, known: int, new: int, allowed: int) -> bool:
    """Whether so many new members may each have a list, beside those that do; `allowed`: how many
    members in all a person has let in."""
    if known + new <= allowed or not new:
        return True
    return new <= MOST_NEW_MEMBERS and known + new <= MOST_MEMBERS


class LeadsElsewhere(Exception):
    """A page names a next one that is not of the same window of the same service."""


class Window(NamedTuple):
    """What is asked for: everything that changed from one moment up to another."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Word:
    """When a source last spoke of an entry, and whether it took it away."""

    updated: int | None
    gone: bool


def window(*, checkpoint: int, width: int, ours: int, theirs: int | None) -> Window | None:
    """The next window of a service that takes an end; None while there is nothing to ask for.

    It never ends behind the server's own clock: entries may still get a time before that end, and
    nobody would ask for them again. `theirs` None: the server does not tell its time.
    """
    settled = ours - BLIND_SETTLE_SECONDS if theirs is None else min(ours, theirs) - SETTLE_SECONDS
    stop = min(settled, checkpoint + width)
    if stop <= checkpoint:
        return None
    return Window(max(checkpoint - OVERLAP_SECONDS, 0), stop)


def checkpoint_after(
    *, before: int, told: int | None, asked: int, ours: int, theirs: int | None
) -> int:
    """The checkpoint of a service that names it itself, once its pages are exhausted.

    Never back in time, and never ahead of either clock, nor of when we began to ask (`asked`): an
    entry of a page that came first may have changed before the last one came. Where the service
    names none, some time before that: what records say does not decide, since a window may hold
    none that can be read.
    """
    most = min(asked, ours) if theirs is None else min(asked, ours, theirs)
    return max(before, most - BLIND_SETTLE_SECONDS if told is None else min(told, most))


def unusable_member(member: str) -> str:
    """Why entries of a member of that id cannot be kept apart; nothing where they can."""
    if len(member) > LONGEST_MEMBER:
        return f"its member's id is longer than {LONGEST_MEMBER} characters"
    return "" if member.isprintable() else "its member's id has a control character in it"


def believable(updated: int | None, now: int) -> int | None:
    """A source's time, unless it lies in the future: whatever comes later would look older."""
    return None if updated is not None and updated > now + HOUR else updated


def supersedes(new: Word, old: Word | None) -> bool:
    """Whether a source's word takes the place of an earlier one.

    By its own time, whatever the order of arrival; of two at one moment, the one that takes the
    entry away. A word without a time says nothing against one that takes away.
    """
    if old is None:
        return True
    if new.updated is not None and old.updated is not None and new.updated != old.updated:
        return new.updated > old.updated
    return new.gone or not old.gone


def wider(width: int, pages: int) -> int:
    """How wide the next window is, after one of so many pages."""
    return min(width * 2, MOST_WIDTH_SECONDS) if pages <= FEW_PAGES else width


def narrower(width: int) -> int | None:
    """How wide to try again after too many pages; None where it cannot be narrower."""
    return None if width <= LEAST_WIDTH_SECONDS else max(width // 4, LEAST_WIDTH_SECONDS)


def follow(next_page: str, asked: Window) -> str:
    """Path and query of the next page of NCMEC; raises LeadsElsewhere.

    Used with the same window only: with another one, entries would be passed over. Where the link
    leaves the window out, it is put there.
    """
    try:
        parts = urlsplit(next_page.strip())
        told = parse_qs(parts.query, strict_parsing=True)
        missing = ""
        for name, moment in zip(("from", "to"), asked, strict=True):
            if name not in told:
                missing += f"&{name}={quote(in_utc(moment))}"
            elif [instant(text) for text in told[name]] != [moment]:
                raise LeadsElsewhere
    except (ValueError, OverflowError):
        raise LeadsElsewhere from None
    if parts.scheme or parts.netloc or parts.path != "/v2/entries" or not parts.query:
        raise LeadsElsewhere
    return f"{parts.path}?{parts.query}{missing}"


def leaves_out(asked: str, following: str) -> bool:
    """Whether the next page begins behind the end of the one that was asked for, so that some lie
    between them; by `start` and `size`, where both links tell them."""
    here, there = _place(asked), _place(following)
    return here is not None and there is not None and there[0] > here[0] + here[1]


def _place(link: str) -> tuple[int, int] | None:
    told = parse_qs(urlsplit(link).query)
    numbers = [told.get(name, [""])[-1] for name in ("start", "size")]
    if not all(text.isascii() and text.isdigit() and len(text) < 12 for text in numbers):
        return None
    return int(numbers[0]), int(numbers[1])


def instant(text: str) -> int:
    """Seconds of an RFC 3339 time; one without a zone is UTC. Raises ValueError."""
    when = datetime.fromisoformat(text)
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def in_utc(seconds: int) -> str:
    """A moment as NCMEC takes it. By UTC, wherever this machine stands and whatever TZ says."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def server_time(date: str | None) -> int | None:
    """The moment in a Date header (RFC 9110); None where there is none that can be read."""
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, OverflowError):
        return None


def asked_wait(retry_after: str | None, now: int) -> int | None:
    """Seconds that a Retry-After asks us to wait (a number or a date), at most a day."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_ASKED_WAIT_SECONDS)
    moment = server_time(text)
    return None if moment is None else min(max(moment - now, 0), LONGEST_ASKED_WAIT_SECONDS)


def wait(failures: int, *, asked: int | None, chance: float) -> int:
    """Seconds until the next try after so many failures in a row. `chance` in [0, 1) spreads many
    clients over time; never sooner than the server asked."""
    doubled = FIRST_WAIT_SECONDS << min(max(failures - 1, 0), 20)
    spread = int(min(doubled, LONGEST_WAIT_SECONDS) * (0.5 + chance / 2))
    return max(spread, asked or 0)

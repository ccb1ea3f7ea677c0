"""Deciding: the lives of forms and conversations, what a form must say, what a reporter is told."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.reporters.types import (
    Addresses,
    Completeness,
    FormState,
    NothingTold,
    Pace,
    PlainState,
    Site,
    TalkState,
    Theme,
    Told,
    TooMuch,
)
from tocsin.domain.reports.types import ItemState
from tocsin.engine.addresses import UnusableAddress, canonical

FORM_LIES = "reporters.form_lies"
ANSWER_WAITS = "reporters.answer_waits"

LEFT_AFTER = timedelta(minutes=20)
AGAIN_WITHIN = timedelta(minutes=15)
"""How long somebody whose page got lost may send the same form for another receipt."""
ANSWER_WITHIN = timedelta(hours=48)
ASK_AGAIN_AFTER = timedelta(hours=24)
MESSAGES_A_DAY = 10
MOST_ADDRESSES = 100

MOST: Mapping[str, int] = {"urls": 40_000, "where": 1_000, "seen": 200, "words": 3_000}
MOST_MESSAGE = 4_000

FORM = Lifecycle(
    states=FormState,
    first=FormState.OPEN,
    moves=(
        move("leave", [FormState.OPEN], FormState.LEFT),
        # Whoever comes back to a form that was taken for left may still send it.
        move("send", [FormState.OPEN, FormState.LEFT], FormState.SENT),
    ),
    final=frozenset({FormState.LEFT, FormState.SENT}),
    waiting={FormState.OPEN: Waiting(LEFT_AFTER, FORM_LIES)},
)

TALK = Lifecycle(
    states=TalkState,
    first=TalkState.QUIET,
    moves=(
        move("write", [TalkState.QUIET, TalkState.WAITING], TalkState.WAITING),
        move("answer", [TalkState.QUIET, TalkState.WAITING], TalkState.QUIET),
        move("settle", [TalkState.WAITING], TalkState.QUIET),
    ),
    final=frozenset({TalkState.QUIET}),
    waiting={TalkState.WAITING: Waiting(ANSWER_WITHIN, ANSWER_WAITS)},
)

_WEIGHTS = {"urls": 50, "theme": 15, "where": 15, "seen": 10, "site": 10}

# A state that is not here is "being looked at": what goes on inside is not told.
_PLAIN = {
    ItemState.NEW: PlainState.RECEIVED,
    ItemState.UNLAWFUL: PlainState.PASSED_ON,
    ItemState.NOT_UNLAWFUL: PlainState.NOT_UNLAWFUL,
}

RECEIPT_DIGITS = 16


def addresses(urls: str) -> Addresses:
    """The lines that are addresses, each once, and the others, which are kept as text.

    `example.org/page` is taken for `https://example.org/page`, as a browser does.
    """
    usable: dict[str, str] = {}
    texts: dict[str, None] = {}
    for line in filter(None, (line.strip() for line in urls.splitlines())):
        url = _address(line)
        if url is None or (len(usable) >= MOST_ADDRESSES and url[0] not in usable):
            texts[line] = None
        else:
            usable.setdefault(*url)
    return Addresses(tuple(usable.values()), tuple(texts))


def _address(line: str) -> tuple[str, str] | None:
    """What tells the address from others, and the address; None for what is none."""
    for spelling in (line, f"https://{line}"):
        if spelling is not line and ("://" in line or " " in line or "." not in line):
            return None
        try:
            return canonical(spelling).identity_key, spelling
        except UnusableAddress:
            continue
    return None


def refuse(told: Told) -> None:
    """Raise TooMuch or NothingTold for what cannot be sent; an address alone can, words can."""
    refuse_long(told)
    if not told.urls.strip() and not told.words.strip():
        raise NothingTold


def refuse_long(told: Told) -> None:
    """Raise TooMuch for a field that is longer than what is kept of it."""
    for field, most in MOST.items():
        if len(getattr(told, field)) > most:
            raise TooMuch(field, most)


def completeness(told: Told) -> Completeness:
    """How much of what helps a report has; the heaviest gap first.

    Words alone are a report too: they count half of what an address does.
    """
    there = {
        "urls": bool(addresses(told.urls).urls),
        "theme": told.theme is not Theme.NONE,
        "where": bool(told.where.strip()),
        "seen": bool(told.seen.strip()),
        "site": told.site is not Site.NONE,
    }
    score = sum(_WEIGHTS[field] for field, is_there in there.items() if is_there)
    if not there["urls"] and told.words.strip():
        score += _WEIGHTS["urls"] // 2
    missing = sorted((field for field in there if not there[field]), key=lambda f: -_WEIGHTS[f])
    return Completeness(score, tuple(missing))


def pace(asked: Pace, *, sent_in_the_last_hour: int, most_in_an_hour: int) -> Pace:
    """The queue a form goes into: in a flood the slow one, whatever was asked."""
    return Pace.SLOW if sent_in_the_last_hour >= most_in_an_hour else asked


def plain(state: ItemState, *, removed: bool = False) -> PlainState:
    """What a reporter is told of an item."""
    told = _PLAIN.get(state, PlainState.LOOKED_AT)
    return PlainState.REMOVED if removed and told is PlainState.PASSED_ON else told


def report_words(told: Told, texts: tuple[str, ...] = ()) -> str:
    """What goes to the desk with each address, in one text."""
    parts = [told.words.strip()]
    parts += [f"[{name}] {text.strip()}" for name, text in _beside(told) if text.strip()]
    parts += [f"[address?] {text}" for text in texts]
    return "\n".join(part for part in parts if part)[:4_000]


def _beside(told: Told) -> tuple[tuple[str, str], ...]:
    return (("where", told.where), ("when", told.seen), ("site", told.site.value))


def new_receipt() -> str:
    """16 digits, 53 bits: found by nobody who may try a few times a second."""
    return "".join(secrets.choice("0123456789") for _ in range(RECEIPT_DIGITS))


def receipt_digits(typed: str) -> str | None:
    """The 16 digits of a receipt as somebody typed it, with spaces or dashes; None for others."""
    digits = "".join(c for c in typed if not c.isspace() and c not in "-\N{EN DASH}.")
    if len(digits) == RECEIPT_DIGITS and digits.isascii() and digits.isdigit():
        return digits
    return None


def in_fours(receipt: str) -> str:
    """`1234 5678 9012 3456`."""
    return " ".join(receipt[i : i + 4] for i in range(0, len(receipt), 4))

"""Deciding: a referral's life, what may be asked, how long anything may be held."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.referrals.types import (
    HoldKind,
    HoldTerms,
    PoliceAnswer,
    ReferralRefused,
    ReferralState,
)

STUCK, UNSENT, UNDELIVERED = "referrals.stuck", "referrals.unsent", "referrals.undelivered"
UNACKNOWLEDGED, UNANSWERED = "referrals.unacknowledged", "referrals.unanswered"
HOLD_ENDS = "referrals.hold_ends"

LONGEST_IN_PLACE = timedelta(days=14)
"""Nothing stays online for longer on one word; an extension is another word, with its reason."""
LONGEST_PRESERVED = timedelta(days=365)
MOST_WORDS = 4_000
MOST_REFERENCE = 200

_KEY, _QUEUED, _SENT = (
    ReferralState.WAITING_FOR_KEY,
    ReferralState.QUEUED,
    ReferralState.SENT,
)
_LOST, _ACK, _ANSWERED = (
    ReferralState.UNDELIVERED,
    ReferralState.ACKNOWLEDGED,
    ReferralState.ANSWERED,
)

LIFE = Lifecycle(
    states=ReferralState,
    first=_KEY,
    moves=(
        move("queue", [_KEY, _LOST], _QUEUED),
        move("sent", [_QUEUED], _SENT),
        move("give_up", [_QUEUED], _LOST),
        move("acknowledge", [_SENT], _ACK),
        move("answer", [_SENT, _ACK, _ANSWERED], _ANSWERED),
        move("cancel", [_KEY, _QUEUED, _LOST], ReferralState.CANCELLED),
        move("correct", [_SENT, _ACK, _ANSWERED], ReferralState.CORRECTED),
    ),
    final=frozenset({_ANSWERED, ReferralState.CANCELLED, ReferralState.CORRECTED}),
    waiting={
        _KEY: Waiting(timedelta(hours=1), STUCK),
        _QUEUED: Waiting(timedelta(hours=1), UNSENT),
        _LOST: Waiting(timedelta(hours=1), UNDELIVERED),
        _SENT: Waiting(timedelta(hours=24), UNACKNOWLEDGED),
        _ACK: Waiting(timedelta(days=7), UNANSWERED),
    },
)


def refuse_hold(terms: HoldTerms, at: datetime) -> None:
    """Raise ReferralRefused unless something may be held like this."""
    if not 0 < len(terms.basis.strip()) <= MOST_REFERENCE:
        raise ReferralRefused("basis", "Name the law or the order that the hold rests on.")
    if len(terms.order_reference) > MOST_REFERENCE or not terms.order_reference.isprintable():
        raise ReferralRefused("order_reference", f"At most {MOST_REFERENCE} printable characters.")
    longest = LONGEST_IN_PLACE if terms.kind is HoldKind.LEAVE_IN_PLACE else LONGEST_PRESERVED
    if terms.until <= at:
        raise ReferralRefused("until", "The end lies in the past.")
    if terms.until > at + longest:
        raise ReferralRefused("until", f"At most {longest.days} days at once; extend it then.")
    if terms.do_not_notify and terms.kind is not HoldKind.LEAVE_IN_PLACE:
        raise ReferralRefused("do_not_notify", "Who must not be told is told by no removal either.")


def refuse_answer(answer: PoliceAnswer, words: str) -> None:
    """Raise ReferralRefused unless the answer says what has to be known with it."""
    if len(words) > MOST_WORDS:
        raise ReferralRefused("words", f"Write at most {MOST_WORDS} characters.")
    if answer in {PoliceAnswer.KNOWN, PoliceAnswer.TAKEN_OVER} and not words.strip():
        raise ReferralRefused("words", "Write the number of the case.")

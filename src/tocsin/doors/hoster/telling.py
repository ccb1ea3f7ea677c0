"""What states and answers are called to a hoster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.takedown.types import NoticeState, Shown
from tocsin.doors.hoster.forms import KINDS

STATES: dict[NoticeState, Promise] = {
    NoticeState.WAITING_FOR_CONTACT: _("about to be sent"),
    NoticeState.QUEUED: _("about to be sent"),
    NoticeState.SENT: _("asks you to act"),
    NoticeState.DEAD: _("asks you to act"),
    NoticeState.DONE: _("asks nothing more of you"),
    NoticeState.RECALLING: _("withdrawn"),
    NoticeState.RECALLED: _("withdrawn"),
    NoticeState.CANCELLED: _("withdrawn"),
}
OUTCOMES = {
    "upheld": _("You were right; the notice is withdrawn."),
    "dismissed": _("We looked again; the notice stands."),
    "moot": _("The notice is withdrawn."),
    "": "",
}
_CALLED = dict(KINDS)


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """An answer as the page shows it."""

    at: datetime
    called: str
    words: str
    outcome: str


def answers(shown: Shown) -> list[AnswerLine]:
    """What was answered so far, oldest first."""
    return [
        AnswerLine(each.at, str(_CALLED[each.kind]), each.words, str(OUTCOMES[each.outcome]))
        for each in shown.answers
    ]


def children(shown: Shown) -> list[tuple[str, str]]:
    """Notices of those it was passed on to, and how they stand."""
    return [(number, str(STATES[state])) for number, state in shown.children]

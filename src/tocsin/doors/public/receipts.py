"""By a receipt: what became of a report, and talking with the hotline.

Everything is a POST to one address, and a receipt never stands in one. Whoever is in carries a
sealed pass in a hidden field for half an hour: no cookie says so to anybody later.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.types import (
    EmptyMessage,
    NoSuchReceipt,
    NoSuchTalk,
    PlainState,
    TooManyMessages,
    TooMuch,
)
from tocsin.doors.public import limits, tokens, work
from tocsin.doors.public.pages import page, public
from tocsin.doors.public.tokens import Purpose, Token, TooOld, WrongToken
from tocsin.doors.public.words import PLAIN

LOOK_LASTS = timedelta(minutes=30)
LOOK_BITS = 15
_MOST_REMEMBERED = 100_000


class _Used:
    """Which work was shown already: one piece of it opens one receipt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}

    def first_time(self, number: str, at: datetime) -> bool:
        """Remember a token's number; False when it was here before."""
        with self._lock:
            if len(self._until) >= _MOST_REMEMBERED:
                self._until = {n: until for n, until in self._until.items() if until > at}
            if number in self._until or len(self._until) >= _MOST_REMEMBERED:
                return False
            self._until[number] = at + LOOK_LASTS
            return True


_used = _Used()


@require_http_methods(["GET", "HEAD", "POST"])
@public
def receipt(request: HttpRequest, language: str) -> HttpResponse:
    """Ask for a receipt, show what it opens, take a message."""
    at = datetime.now(UTC)
    if request.method != "POST":
        return _ask(request, language, at)
    if request.POST.get("pass"):
        return _inside(request, language, at)
    return _look(request, language, at)


def _look(request: HttpRequest, language: str, at: datetime) -> HttpResponse:
    allowance = limits.looks if _worked(request, at) else limits.looks_without_work
    if not allowance.take():
        words = _("Many people look at their reports just now. Wait a minute and try again.")
        return _ask(request, language, at, wrong=words, status=429)
    try:
        talk_id = queries.find(request.POST.get("receipt", ""))
    except NoSuchReceipt:
        words = _("We know no such receipt. Look whether all 16 digits are right.")
        return _ask(request, language, at, wrong=words, status=422)
    return _talk(request, language, talk_id, at)


def _inside(request: HttpRequest, language: str, at: datetime) -> HttpResponse:
    try:
        talk_id = tokens.read_pass(request.POST["pass"], at=at)
    except (WrongToken, TooOld):
        words = _("You were away for a while. Please type your receipt again.")
        return _ask(request, language, at, wrong=words, status=403)
    typed = request.POST.get("words", "").replace("\0", "")
    try:
        actions.write(talk_id=talk_id, words=typed, at=at)
    except EmptyMessage:
        return _talk(request, language, talk_id, at)  # only to see whether there is news
    except TooMuch as error:
        words = _("This is too long: at most %(most)d characters.") % {"most": error.most}
        return _talk(request, language, talk_id, at, typed=typed, wrong=words, status=422)
    except TooManyMessages:
        words = _("You wrote ten times today. Please go on tomorrow.")
        return _talk(request, language, talk_id, at, typed=typed, wrong=words, status=429)
    except NoSuchTalk:
        return _gone(request, language, at)
    return _talk(request, language, talk_id, at, said=_("Your message is with us."))


def _talk(
    request: HttpRequest,
    language: str,
    talk_id: int,
    at: datetime,
    *,
    typed: str = "",
    wrong: str = "",
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    try:
        talk = queries.plain_talk(talk_id)
    except NoSuchTalk:
        return _gone(request, language, at)
    return page(
        request,
        language,
        "talk.html",
        status=status,
        talk=talk,
        items=[PLAIN[state] for state in talk.items],
        removed=PlainState.REMOVED in talk.items,
        let_in=tokens.make_pass(talk_id, at=at),
        typed=typed,
        wrong=wrong,
        said=said,
    )


def _gone(request: HttpRequest, language: str, at: datetime) -> HttpResponse:
    words = _("This conversation is over and deleted, as it was not used for half a year.")
    return _ask(request, language, at, wrong=words, status=410)


def _ask(
    request: HttpRequest, language: str, at: datetime, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    return page(
        request,
        language,
        "receipt.html",
        status=status,
        wrong=wrong,
        token=tokens.make(Purpose.LOOK, bits=LOOK_BITS, at=at),
        puzzles=work.PUZZLES,
    )


def _worked(request: HttpRequest, at: datetime) -> bool:
    """Whether this look comes with work of its own that was not shown before."""
    try:
        token: Token = tokens.read(
            request.POST.get("token", ""), Purpose.LOOK, lasts=LOOK_LASTS, at=at
        )
    except (WrongToken, TooOld):
        return False
    done = work.is_done(token, request.POST.get("work", ""))
    return done and _used.first_time(token.number, at)

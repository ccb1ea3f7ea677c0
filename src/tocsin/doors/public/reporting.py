"""The report form: all at once with a script, one question a page without."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.actions import Form
from tocsin.domain.reporters.types import (
    FIELDS,
    FORM_LASTS,
    NOTHING,
    AlreadySent,
    Completeness,
    NothingTold,
    Pace,
    Theme,
    Told,
    TooMuch,
)
from tocsin.doors.public import limits, load, tokens, work
from tocsin.doors.public.forms import MISSING, report_form, shown, told_in
from tocsin.doors.public.pages import page, public
from tocsin.doors.public.tokens import Purpose, Token, TooOld, WrongToken

STEPS = (*FIELDS, "check")
JSON_BYTES = 2_048


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it came in. `token` is None when the one it came with is over or not ours."""

    told: Told
    token: Token | None
    at: datetime

    def __repr__(self) -> str:
        return "Filled(…)"


@require_http_methods(["GET", "HEAD", "POST"])
@public
def report(request: HttpRequest, language: str) -> HttpResponse:
    """The form; each page of it; and what comes of it. One address for all: none tells a step."""
    at = datetime.now(UTC)
    if request.method != "POST":
        return _ask(request, language, Filled(NOTHING, None, at), "urls")
    filled = Filled(told_in(request.POST), _token(request, at), at)
    if request.POST.get("whole") or request.POST.get("go") == "send":
        return _send(request, language, filled)
    return _next(request, language, filled)


@require_POST
@public
def draft(request: HttpRequest, language: str) -> HttpResponse:
    """Keep what was typed so far; the script asks for this at each field."""
    at = datetime.now(UTC)
    told, token = told_in(request.POST), _token(request, at)
    kept = token is not None and not limits.comes_often(request, "draft", limits.DRAFTS_AN_HOUR)
    if kept and token is not None:
        try:
            actions.keep(form=Form(token.number, language), told=told, at=at)
        except (TooMuch, AlreadySent):
            kept = False
    return _json(
        {
            "kept": kept,
            "said": _("Kept.") if kept else _("Not kept yet: it is, when you send it."),
            "complete": _complete(queries.completeness(told)),
            "lines": _lines(told),
        }
    )


@require_safe
@public
def leave(request: HttpRequest, language: str) -> HttpResponse:
    """Away from here, quickly: the browser forgets what it kept of us."""
    if limits.is_onion(request) or not settings.TOCSIN_PUBLIC_EXIT:
        # Nobody is sent from the onion service to the open web.
        answer = page(request, language, "left.html")
    else:
        answer = HttpResponse(status=303, headers={"Location": settings.TOCSIN_PUBLIC_EXIT})
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


def _next(request: HttpRequest, language: str, filled: Filled) -> HttpResponse:
    """The page of the form that follows, or the one before."""
    step = request.POST.get("step", "")
    here = STEPS.index(step) if step in STEPS else 0
    there = here - 1 if request.POST.get("go") == "back" else here + 1
    if filled.token is not None and not limits.comes_often(request, "draft", limits.DRAFTS_AN_HOUR):
        try:
            form = Form(filled.token.number, language)
            actions.keep(form=form, told=filled.told, at=filled.at)
        except TooMuch as error:
            wrong = {error.field: _too_much(error)}
            return _ask(request, language, filled, error.field, errors=wrong)
        except AlreadySent:
            return page(request, language, "already.html", status=409)
    return _ask(request, language, filled, STEPS[min(max(there, 0), len(STEPS) - 1)])


def _send(request: HttpRequest, language: str, filled: Filled) -> HttpResponse:
    if filled.token is None:
        note = _("This page was open too long. Nothing is lost: please press “Send” once more.")
        return _ask(request, language, filled, "check", note=note)
    try:
        sent = actions.send(
            form=Form(filled.token.number, language),
            told=filled.told,
            pace=_pace(request, filled.token),
            at=filled.at,
        )
    except NothingTold:
        wrong = _("Give an address, or describe what you found. One of the two is enough.")
        return _ask(request, language, filled, "urls", errors={"urls": wrong})
    except TooMuch as error:
        wrong = _too_much(error)
        return _ask(request, language, filled, error.field, errors={error.field: wrong})
    except AlreadySent:
        return page(request, language, "already.html", status=409)
    return page(
        request,
        language,
        "sent.html",
        sent=sent,
        receipt=queries.in_fours(sent.receipt),
        complete=_complete(sent.complete),
        slow=sent.pace is Pace.SLOW,
        urgent=filled.told.theme is Theme.LIVE,
    )


def _pace(request: HttpRequest, token: Token) -> Pace:
    """Quick for who has done the work and does not come often."""
    often = limits.comes_often(request, "form", limits.FORMS_AN_HOUR)
    done = work.is_done(token, request.POST.get("work", ""))
    return Pace.QUICK if done and not often else Pace.SLOW


def _ask(
    request: HttpRequest,
    language: str,
    filled: Filled,
    step: str,
    *,
    errors: dict[str, str] | None = None,
    note: str = "",
) -> HttpResponse:
    """The form: the question of a step, and all of it for who has a script."""
    token = filled.token or tokens.make(
        Purpose.REPORT, bits=work.bits_for(load.sent_in_the_last_hour(filled.at)), at=filled.at
    )
    again = bool(errors or note)
    wrong = errors or {}
    one, whole = (report_form(filled.told, name, wrong) for name in ("step", "whole"))
    return page(
        request,
        language,
        "report.html",
        status=422 if again else 200,
        step=step,
        place=STEPS.index(step) + 1,
        steps=len(STEPS),
        field=one[step] if step in FIELDS else None,
        others=[(name, value) for name, value in asdict(filled.told).items() if name != step],
        whole=[(whole[name], wrong.get(name, "")) for name in FIELDS],
        error=wrong.get(step, ""),
        note=note,
        shown=shown(filled.told),
        token=token,
        puzzles=work.PUZZLES,
        complete=_complete(queries.completeness(filled.told)),
    )


def _token(request: HttpRequest, at: datetime) -> Token | None:
    try:
        return tokens.read(request.POST.get("token", ""), Purpose.REPORT, lasts=FORM_LASTS, at=at)
    except (WrongToken, TooOld):
        return None


def _too_much(error: TooMuch) -> str:
    return _("This is too long: at most %(most)d characters.") % {"most": error.most}


def _complete(found: Completeness) -> str:
    """How complete a report is, in words."""
    if not found.missing:
        return _("Your report has all that helps us.")
    names = ", ".join(str(MISSING[name]) for name in found.missing)
    said = _("Completeness: %(score)d of 100. It would help to know: %(names)s.")
    return said % {"score": found.score, "names": names}


def _lines(told: Told) -> str:
    """What to say of lines that are no address."""
    found = len(queries.unusable_lines(told))
    if not found:
        return ""
    said = _("Lines that are no web address, kept as words: %(count)d.")
    return said % {"count": found}


def _json(told: dict[str, object]) -> HttpResponse:
    """An answer to the script, always of the same size."""
    text = json.dumps(told, ensure_ascii=False)
    lacking = max(JSON_BYTES - len(text.encode()) - len(', "pad": ""'), 0)
    text = json.dumps(
        {**told, "pad": secrets.token_hex(lacking // 2) + "x" * (lacking % 2)}, ensure_ascii=False
    )
    return HttpResponse(text.encode(), "application/json")

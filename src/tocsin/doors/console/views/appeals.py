"""Appeals: what providers hold to be wrong, reviewed by one person at a time."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.corrections import actions, queries
from tocsin.domain.corrections.types import (
    AlreadyAppealed,
    NothingToAppeal,
    ReviewedByAnother,
    UnknownAppeal,
    WordsNeeded,
)
from tocsin.domain.hashlists.queries import NoSuchEntry
from tocsin.doors.console.forms_corrections import AppealForm, Decision
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may

APPEALS_ON_A_PAGE = 50


@require_safe
@may(Permission.SEE_ITEMS)
def appeals(request: StaffRequest) -> HttpResponse:
    """Those that wait for somebody, most pressing first; or those decided."""
    number = page_number(request.GET.get("page"))
    decided = request.GET.get("state") == "decided"
    found = queries.appeals(
        decided=decided,
        limit=APPEALS_ON_A_PAGE + 1,
        offset=(number - 1) * APPEALS_ON_A_PAGE,
    )
    page = {
        "appeals": found[:APPEALS_ON_A_PAGE],
        "decided": decided,
        "shown": "decided" if decided else "waiting",
        "extra": "decided" if decided else "",
        "page_number": number,
        "more": len(found) > APPEALS_ON_A_PAGE,
        "names": _names(),
    }
    return render(request, "console/appeals.html", page)


@may(Permission.ASSESS)
def open_appeal(request: StaffRequest) -> HttpResponse:
    """Ask for a decision on an entry."""
    form = AppealForm(request.POST or None, initial={"entry": request.GET.get("entry", "")[:20]})
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "console/appeal_new.html", {"form": form}, status=status)
    try:
        number = actions.open_appeal(
            entry_id=form.cleaned_data["entry"],
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            actor=request.actor,
            at=request.at,
        )
    except AlreadyAppealed as known:
        messages.info(request, _("This entry is under appeal already."))
        return redirect("console:appeal", number=known.number)
    except (NoSuchEntry, NothingToAppeal):
        form.add_error("entry", _("No entry of that number counts."))
        return render(request, "console/appeal_new.html", {"form": form}, status=422)
    return redirect("console:appeal", number=number)


@require_safe
@may(Permission.SEE_ITEMS)
def appeal(request: StaffRequest, number: str) -> HttpResponse:
    """One appeal with all that was said of its entry."""
    return _page(request, number, Decision())


@require_POST
@may(Permission.CORRECT)
def take(request: StaffRequest, number: str) -> HttpResponse:
    """Take it for review."""
    return _acted(
        request, number, lambda: actions.take(number=number, actor=request.actor, at=request.at)
    )


@require_POST
@may(Permission.CORRECT)
def give_back(request: StaffRequest, number: str) -> HttpResponse:
    """Let somebody else review it."""
    return _acted(
        request,
        number,
        lambda: actions.give_back(number=number, actor=request.actor, at=request.at),
    )


@require_POST
@may(Permission.CORRECT)
def decide(request: StaffRequest, number: str) -> HttpResponse:
    """Withdraw the entry, let it stand, or wait for its source."""
    form = Decision(request.POST)
    if not form.is_valid():
        return _page(request, number, form, status=422)
    acts = {
        Decision.UPHOLD: actions.uphold,
        Decision.DISMISS: actions.dismiss,
        Decision.ASK: actions.ask_source,
    }
    act, words = acts[form.cleaned_data["verdict"]], form.cleaned_data["words"]
    return _acted(
        request,
        number,
        lambda: act(number=number, words=words, actor=request.actor, at=request.at),
    )


def _acted(request: StaffRequest, number: str, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
    except UnknownAppeal as error:
        raise Http404 from error
    except ReviewedByAnother as refused:
        by = _names().get(refused.by, refused.by)
        text = _("%(name)s is reviewing it.") % {"name": by} if by else _("Take it first.")
        return _refused(request, number, text)
    except MoveRefused:
        return _refused(request, number, _("It has been decided in the meantime."))
    except WordsNeeded:
        return _refused(request, number, _("Write why."))
    return redirect("console:appeal", number=number)


def _refused(request: StaffRequest, number: str, text: str) -> HttpResponse:
    messages.error(request, text)
    return _page(request, number, Decision(), status=409)


def _page(request: StaffRequest, number: str, form: Decision, status: int = 200) -> HttpResponse:
    try:
        detail = queries.appeal(number)
    except UnknownAppeal as error:
        raise Http404 from error
    page = {
        "detail": detail,
        "appeal": detail.appeal,
        "form": form,
        "names": _names(),
        "mine": detail.appeal.reviewer == request.actor.text,
    }
    return render(request, "console/appeal.html", page, status=status)


def _names() -> dict[str, str]:
    return {f"user:{person.pk}": person.username for person in accounts.people()}

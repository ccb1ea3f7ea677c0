"""Appeals on items: reviewed by somebody who had no part in the finding."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.desk_types import NotIndependent, UnknownItemAppeal
from tocsin.doors.console.forms_desk import ItemAppealDecision
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_ITEMS)
def appeals(request: StaffRequest) -> HttpResponse:
    """Those that wait first, then the newest decided ones."""
    return render(request, "console/item_appeals.html", {"appeals": queries.appeals()})


@require_safe
@may(Permission.SEE_ITEMS)
def appeal(request: StaffRequest, number: str) -> HttpResponse:
    """One appeal: what is said, and what may be done."""
    return _page(request, number, ItemAppealDecision())


@require_POST
@may(Permission.CORRECT)
def take(request: StaffRequest, number: str) -> HttpResponse:
    """Take it for review."""
    return _acted(
        request,
        number,
        lambda: actions.take_appeal(number=number, actor=request.actor, at=request.at),
    )


@require_POST
@may(Permission.CORRECT)
def give_back(request: StaffRequest, number: str) -> HttpResponse:
    """Let somebody else review it."""
    return _acted(
        request,
        number,
        lambda: actions.give_appeal_back(number=number, actor=request.actor, at=request.at),
    )


@require_POST
@may(Permission.CORRECT)
def decide(request: StaffRequest, number: str) -> HttpResponse:
    """Correct the finding, or let it stand."""
    form = ItemAppealDecision(request.POST)
    if not form.is_valid():
        return _page(request, number, form, status=422)
    acts = {
        ItemAppealDecision.UPHOLD: actions.uphold_appeal,
        ItemAppealDecision.DISMISS: actions.dismiss_appeal,
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
    except UnknownItemAppeal as error:
        raise Http404 from error
    except NotIndependent:
        messages.error(request, _("Somebody who has not judged this item must review it."))
        return _page(request, number, ItemAppealDecision(), status=409)
    except MoveRefused:
        messages.error(request, _("Somebody else has it, or it has been decided."))
        return _page(request, number, ItemAppealDecision(), status=409)
    return redirect("console:item_appeal", number=number)


def _page(
    request: StaffRequest, number: str, form: ItemAppealDecision, status: int = 200
) -> HttpResponse:
    try:
        shown = queries.appeal(number)
    except UnknownItemAppeal as error:
        raise Http404 from error
    context = {
        "appeal": shown,
        "form": form,
        "mine": shown.reviewer == request.person.username,
    }
    return render(request, "console/item_appeal.html", context, status=status)

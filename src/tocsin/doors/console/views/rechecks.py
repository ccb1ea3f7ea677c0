"""Whether what was found is still there: what waits for a person, the ledger of hops, the brake."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Permission
from tocsin.domain.rechecks import actions, queries
from tocsin.doors.console.forms_rechecks import StopForm
from tocsin.doors.console.numbers import page_number
from tocsin.doors.console.permissions import StaffRequest, may

ROWS_ON_A_PAGE = 50


@require_safe
@may(Permission.SEE_NOTICES)
def rechecks(request: StaffRequest) -> HttpResponse:
    """Items of which looks cannot tell, longest first, and how many there are of each state."""
    return _page(request, StopForm())


@require_safe
@may(Permission.SEE_NOTICES)
def hops(request: StaffRequest) -> HttpResponse:
    """The ledger: steps across networks and countries, newest first."""
    on_page = page_number(request.GET.get("page"))
    rows, total = queries.hops(limit=ROWS_ON_A_PAGE, offset=(on_page - 1) * ROWS_ON_A_PAGE)
    page = {
        "hops": rows,
        "total": total,
        "page_number": on_page,
        "more": total > on_page * ROWS_ON_A_PAGE,
    }
    return render(request, "console/hops.html", page)


@require_POST
@may(Permission.KEEP_DESK)
def stop(request: StaffRequest) -> HttpResponse:
    """Let nothing be looked at, from the next look on."""
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    actions.stop_traffic(why=form.cleaned_data["why"], actor=request.actor, at=request.at)
    messages.success(request, _("Nothing is looked at until you let it go on."))
    return redirect("console:rechecks")


@require_POST
@may(Permission.KEEP_DESK)
def resume(request: StaffRequest) -> HttpResponse:
    """Let looks go on."""
    actions.resume_traffic(actor=request.actor, at=request.at)
    messages.success(request, _("Looks go on."))
    return redirect("console:rechecks")


def _page(request: StaffRequest, form: StopForm, status: int = 200) -> HttpResponse:
    on_page = page_number(request.GET.get("page"))
    rows, total = queries.uncertain(limit=ROWS_ON_A_PAGE, offset=(on_page - 1) * ROWS_ON_A_PAGE)
    page = {
        "rows": rows,
        "total": total,
        "counts": queries.counts().items(),
        "stopped": queries.stopped(),
        "names": {f"user:{person.pk}": person.username for person in accounts.people()},
        "form": form,
        "page_number": on_page,
        "more": total > on_page * ROWS_ON_A_PAGE,
    }
    return render(request, "console/rechecks.html", page, status=status)

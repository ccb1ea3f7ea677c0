"""How well decisions agree; golden items. For quality and managers only."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.types import UnknownItem
from tocsin.doors.console.forms_desk import GoldenForm
from tocsin.doors.console.permissions import StaffRequest, may

DAYS = 90


@require_safe
@may(Permission.SEE_QUALITY)
def quality(request: StaffRequest) -> HttpResponse:
    """Agreement of the last 90 days, person by person."""
    return _page(request, GoldenForm())


@require_POST
@may(Permission.SEE_QUALITY)
def make_golden(request: StaffRequest) -> HttpResponse:
    """Vouch for an item as one that everybody should judge alike."""
    form = GoldenForm(request.POST)
    if form.is_valid():
        try:
            number = form.cleaned_data["number"]
            actions.make_golden(number=number, actor=request.actor, at=request.at)
        except (UnknownItem, MoveRefused):
            form.add_error("number", _("No decided item has this number."))
        else:
            return redirect("console:quality")
    return _page(request, form, status=422)


@require_POST
@may(Permission.SEE_QUALITY)
def plant(request: StaffRequest, number: str) -> HttpResponse:
    """Put it into the queue once more, under another number."""
    try:
        actions.plant(number=number, actor=request.actor, at=request.at)
    except UnknownItem:
        messages.error(request, _("This is no golden item any more."))
        return _page(request, GoldenForm(), status=404)
    messages.success(request, _("It waits in the queue under another number."))
    return redirect("console:quality")


@require_POST
@may(Permission.SEE_QUALITY)
def retire(request: StaffRequest, number: str) -> HttpResponse:
    """Plant it no more."""
    try:
        actions.retire(number=number, actor=request.actor, at=request.at)
    except UnknownItem:
        messages.error(request, _("This is no golden item any more."))
        return _page(request, GoldenForm(), status=404)
    return redirect("console:quality")


def _page(request: StaffRequest, form: GoldenForm, status: int = 200) -> HttpResponse:
    context = {
        "days": DAYS,
        "quality": queries.quality(since=request.at - timedelta(days=DAYS), until=request.at),
        "golden": queries.golden(),
        "form": form,
    }
    return render(request, "console/quality.html", context, status=status)

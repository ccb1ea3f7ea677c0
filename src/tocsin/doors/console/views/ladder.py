"""The ladder's hours, partner hotlines and regulators, and the switch that stops all sending."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.accounts.types import Permission
from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.types import LadderMovedOn, LadderRefused
from tocsin.doors.console.forms_notices import LadderForm, OfficeForm, StopForm
from tocsin.doors.console.permissions import StaffRequest, may


@may(Permission.KEEP_HOSTERS)
def ladder(request: StaffRequest) -> HttpResponse:
    """Who is told after how many hours; each change is a version of its own."""
    versions = queries.versions()
    steps = versions[0].steps
    form = LadderForm(request.POST or None, steps=steps, initial={"was": versions[0].version})
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, OfficeForm(), 422 if form.is_bound else 200)
    told = form.cleaned_data
    try:
        actions.set_ladder(
            steps=form.steps(),
            was=told["was"],
            why=told["why"],
            actor=request.actor,
            at=request.at,
        )
    except LadderRefused:
        form.add_error(
            None,
            _("The hoster is told at once and reminded; hours are from 0 to 2160, or nothing."),
        )
        return _page(request, form, OfficeForm(), 422)
    except LadderMovedOn:
        form.add_error(None, _("Somebody else has changed it meanwhile: look again."))
        return _page(request, form, OfficeForm(), 409)
    messages.success(request, _("The hours hold from now on."))
    return redirect("console:ladder")


@require_POST
@may(Permission.KEEP_HOSTERS)
def keep_office(request: StaffRequest) -> HttpResponse:
    """Write down a partner hotline or a regulator."""
    form = OfficeForm(request.POST)
    if not form.is_valid():
        versions = queries.versions()
        unchanged = LadderForm(steps=versions[0].steps, initial={"was": versions[0].version})
        return _page(request, unchanged, form, 422)
    actions.keep_office(terms=form.terms(), actor=request.actor, at=request.at)
    messages.success(request, _("It is on file."))
    return redirect("console:ladder")


@require_POST
@may(Permission.KEEP_HOSTERS)
def remove_office(request: StaffRequest, office_id: int) -> HttpResponse:
    """Take an office out of use."""
    actions.remove_office(office_id=office_id, actor=request.actor, at=request.at)
    return redirect("console:ladder")


@require_POST
@may(Permission.KEEP_HOSTERS)
def stop(request: StaffRequest) -> HttpResponse:
    """Let no notice leave."""
    form = StopForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why no notice is to leave."))
        return redirect("console:notices")
    actions.stop(why=form.cleaned_data["why"], actor=request.actor, at=request.at)
    return redirect("console:notices")


@require_POST
@may(Permission.KEEP_HOSTERS)
def go_on(request: StaffRequest) -> HttpResponse:
    """Let notices leave again."""
    actions.go_on(actor=request.actor, at=request.at)
    return redirect("console:notices")


def _page(
    request: StaffRequest, form: LadderForm, office_form: OfficeForm, status: int = 200
) -> HttpResponse:
    page = {
        "form": form,
        "rows": form.rows(),
        "office_form": office_form,
        "versions": queries.versions(),
        "offices": queries.offices(),
    }
    return render(request, "console/ladder.html", page, status=status)

"""ICCAM: how the exchange goes, what waits to be told, and what needs somebody."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.iccam import actions, queries
from tocsin.domain.iccam.types import StepRefused
from tocsin.doors.console.forms_partners import PassOver
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_SYSTEM)
def iccam(request: StaffRequest) -> HttpResponse:
    """The exchange, dead letters first."""
    page = {
        "link": queries.link(),
        "dead": [(step, PassOver(auto_id=f"id_{step.id}_%s")) for step in queries.dead_steps()],
        "waiting": queries.waiting_steps(limit=50),
    }
    return render(request, "console/iccam.html", page)


@require_POST
@may(Permission.SEE_SYSTEM)
def try_now(request: StaffRequest) -> HttpResponse:
    """Do a round at once."""
    if actions.try_now(actor=request.actor, at=request.at):
        messages.success(request, _("It is tried again."))
    return redirect("console:iccam")


@require_POST
@may(Permission.SEE_SYSTEM)
def revive(request: StaffRequest, step_id: int) -> HttpResponse:
    """Tell a step that was given up."""
    if actions.revive(step_id=step_id, actor=request.actor, at=request.at):
        messages.success(request, _("It is tried again."))
    return redirect("console:iccam")


@require_POST
@may(Permission.CORRECT)
def pass_over(request: StaffRequest, step_id: int) -> HttpResponse:
    """Do not tell a step; what comes behind it goes on."""
    form = PassOver(request.POST)
    try:
        why = form.cleaned_data["why"] if form.is_valid() else ""
        done = actions.pass_over(step_id=step_id, why=why, actor=request.actor, at=request.at)
    except StepRefused:
        messages.error(request, _("Write why, in at most 1,000 characters."))
    else:
        if done:
            messages.success(request, _("Passed over. What comes behind it goes on."))
    return redirect("console:iccam")

"""What this organisation states that it may: fetch what is reported, and look at it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.viewing import actions as viewing
from tocsin.domain.viewing import queries as viewed
from tocsin.domain.viewing.types import MandateRefused
from tocsin.domain.viewing.types import NothingInForce as NoMandate
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits import queries as visited
from tocsin.domain.visits.types import NothingInForce as NoPermit
from tocsin.domain.visits.types import PermitRefused
from tocsin.doors.console.forms_looking import StatementForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.KEEP_DESK)
def mandate(request: StaffRequest) -> HttpResponse:
    """What is stated now, and every statement there was."""
    return _page(request)


@require_POST
@may(Permission.KEEP_DESK)
def permit(request: StaffRequest) -> HttpResponse:
    """State that this organisation may fetch."""
    form = StatementForm(request.POST, prefix="fetch")
    if not form.is_valid():
        return _page(request, fetch=form, status=422)
    try:
        visits.permit(
            basis=form.cleaned_data["basis"],
            until=form.ends_at(),
            actor=request.actor,
            at=request.at,
        )
    except PermitRefused as refusal:
        form.add_error(refusal.field, _past())
        return _page(request, fetch=form, status=422)
    messages.success(request, _("Reported addresses are fetched from now on."))
    return redirect("console:mandate")


@require_POST
@may(Permission.KEEP_DESK)
def stop(request: StaffRequest) -> HttpResponse:
    """Fetch nothing any more."""
    try:
        visits.stop(actor=request.actor, at=request.at)
    except NoPermit:
        return redirect("console:mandate")
    messages.success(request, _("Nothing is fetched any more."))
    return redirect("console:mandate")


@require_POST
@may(Permission.KEEP_DESK)
def state(request: StaffRequest) -> HttpResponse:
    """State that people here may look."""
    form = StatementForm(request.POST, prefix="look")
    if not form.is_valid():
        return _page(request, look=form, status=422)
    try:
        viewing.state_mandate(
            basis=form.cleaned_data["basis"],
            until=form.ends_at(),
            actor=request.actor,
            at=request.at,
        )
    except MandateRefused as refusal:
        form.add_error(refusal.field, _past())
        return _page(request, look=form, status=422)
    messages.success(request, _("People here may look from now on, step by step."))
    return redirect("console:mandate")


@require_POST
@may(Permission.KEEP_DESK)
def end(request: StaffRequest) -> HttpResponse:
    """Nobody looks any more."""
    try:
        viewing.end_mandate(actor=request.actor, at=request.at)
    except NoMandate:
        return redirect("console:mandate")
    messages.success(request, _("Nobody here looks any more."))
    return redirect("console:mandate")


def _past() -> str:
    return _("The last day lies in the past.")


def _page(
    request: StaffRequest,
    *,
    fetch: StatementForm | None = None,
    look: StatementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = {
        "fetching": visited.in_force(at=request.at),
        "permits": visited.permits(),
        "looking": viewed.in_force(at=request.at),
        "mandates": viewed.mandates(),
        "fetch_form": fetch or StatementForm(prefix="fetch"),
        "look_form": look or StatementForm(prefix="look"),
        "limits": viewed.limits(),
    }
    return render(request, "console/mandate.html", page, status=status)

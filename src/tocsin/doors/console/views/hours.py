"""When people work: hours by weekday, and letting somebody in out of hours."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import actions, queries
from tocsin.base.accounts.queries import PersonHours
from tocsin.base.accounts.types import Permission
from tocsin.doors.console.forms_desk import AdmitForm, HoursForm
from tocsin.doors.console.permissions import StaffRequest, may


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody with their two forms."""

    person: PersonHours
    hours: HoursForm
    admit: AdmitForm


@require_safe
@may(Permission.KEEP_DESK)
def hours(request: StaffRequest) -> HttpResponse:
    """Everybody's hours."""
    return _page(request)


@require_POST
@may(Permission.KEEP_DESK)
def set_hours(request: StaffRequest, person_id: int) -> HttpResponse:
    """Write somebody's hours down."""
    form = HoursForm(request.POST, auto_id=f"id_h{person_id}_%s")
    if not form.is_valid():
        return _page(request, person_id, filled_hours=form, status=422)
    try:
        actions.set_hours(
            person_id=person_id, hours=form.hours(), actor=request.actor, at=request.at
        )
    except actions.NobodyThere as error:
        raise Http404 from error
    except actions.UnusableHours:
        form.add_error(None, _("Hours must begin and end at different times."))
        return _page(request, person_id, filled_hours=form, status=422)
    messages.success(request, _("The hours are written down."))
    return redirect("console:hours")


@require_POST
@may(Permission.KEEP_DESK)
def admit(request: StaffRequest, person_id: int) -> HttpResponse:
    """Let somebody in out of hours, with a reason."""
    form = AdmitForm(request.POST, auto_id=f"id_a{person_id}_%s")
    if not form.is_valid():
        return _page(request, person_id, filled_admit=form, status=422)
    told = form.cleaned_data
    try:
        actions.admit(
            person_id=person_id,
            hours=told["hours"],
            why=told["why"],
            actor=request.actor,
            at=request.at,
        )
    except actions.NobodyThere as error:
        raise Http404 from error
    messages.success(request, _("They may work now; it is written down why."))
    return redirect("console:hours")


def _page(
    request: StaffRequest,
    about: int = 0,
    *,
    filled_hours: HoursForm | None = None,
    filled_admit: AdmitForm | None = None,
    status: int = 200,
) -> HttpResponse:
    people = queries.everybodys_hours(at=request.at)
    if about and about not in {one.person_id for one in people}:
        raise Http404
    rows = [
        Row(
            one,
            (filled_hours if one.person_id == about else None) or _hours(one),
            (filled_admit if one.person_id == about else None)
            or AdmitForm(auto_id=f"id_a{one.person_id}_%s"),
        )
        for one in people
    ]
    context = {"rows": rows, "zone": str(settings.TOCSIN_ZONE)}
    return render(request, "console/hours.html", context, status=status)


def _hours(one: PersonHours) -> HoursForm:
    initial = {
        str(day): f"{kept.begins:%H:%M}-{kept.ends:%H:%M}" for day, kept in one.hours.items()
    }
    return HoursForm(initial=initial, auto_id=f"id_h{one.person_id}_%s")

"""The plain front page, and where somebody lands after log-in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tocsin.base.accounts.types import Permission, Role
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this is, whom to call for help, and the way in."""
    return render(request, "console/front.html", {"organisation": settings.TOCSIN_ORGANISATION})


@may(Permission.ENTER)
def start(request: StaffRequest) -> HttpResponse:
    """The first page of a person's work."""
    if request.person.role is Role.ADMINISTRATOR:
        return redirect("console:people")
    if request.person.may(Permission.SEE_ITEMS):
        return redirect("console:queue")
    if request.person.may(Permission.SEE_FIGURES):
        return redirect("console:figures")
    return redirect("console:me")

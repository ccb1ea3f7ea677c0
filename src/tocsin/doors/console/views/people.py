"""People who log in: invite, renew a link, forget a lost authenticator, shut out."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import actions, queries
from tocsin.base.accounts.types import Permission, Role
from tocsin.doors.console.forms import Invitation
from tocsin.doors.console.login import forget_second_factor
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.KEEP_PEOPLE)
def people(request: StaffRequest) -> HttpResponse:
    """Everybody with a log-in."""
    return _page(request, Invitation())


@require_POST
@may(Permission.KEEP_PEOPLE)
def invite(request: StaffRequest) -> HttpResponse:
    """Make a person; the one-time link is on the answer and nowhere else."""
    form = Invitation(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    username = form.cleaned_data["username"]
    try:
        secret = actions.invite(
            username=username,
            role=Role(form.cleaned_data["role"]),
            language=form.cleaned_data["language"],
            actor=request.actor,
            at=request.at,
        )
    except actions.NameTaken:
        form.add_error("username", _("There is already somebody of that name."))
        return _page(request, form, status=409)
    return _page(request, Invitation(), link=_link(request, secret), invited=username)


@require_POST
@may(Permission.KEEP_PEOPLE)
def renew_link(request: StaffRequest, username: str) -> HttpResponse:
    """A new one-time link for somebody who lost the first one, or the password."""
    try:
        secret = actions.renew_link(username=username, actor=request.actor, at=request.at)
    except actions.UnknownPerson as unknown:
        raise Http404 from unknown
    return _page(request, Invitation(), link=_link(request, secret), invited=username)


@require_POST
@may(Permission.KEEP_PEOPLE)
def forget_authenticator(request: StaffRequest, person_id: int) -> HttpResponse:
    """Somebody lost the phone and the recovery codes."""
    if forget_second_factor(person_id=person_id, actor=request.actor, at=request.at):
        messages.success(
            request,
            _("Their authenticator is forgotten; at the next log-in they set up another."),
        )
    return redirect("console:people")


@require_POST
@may(Permission.KEEP_PEOPLE)
def deactivate(request: StaffRequest, person_id: int) -> HttpResponse:
    """Shut somebody out, at once."""
    try:
        actions.deactivate(person_id=person_id, actor=request.actor, at=request.at)
    except actions.UnknownPerson as unknown:
        raise Http404 from unknown
    except actions.LastAdministrator:
        messages.error(request, _("Invite another administrator first."))
        return _page(request, Invitation(), status=409)
    messages.success(request, _("They can no longer log in."))
    return redirect("console:people")


def _page(
    request: StaffRequest,
    form: Invitation,
    *,
    status: int = 200,
    link: str | None = None,
    invited: str = "",
) -> HttpResponse:
    page = {"people": queries.people(), "form": form, "link": link, "invited": invited}
    return render(request, "console/people.html", page, status=status)


def _link(request: StaffRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("console:welcome", args=[secret]))

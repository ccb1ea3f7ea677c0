"""The table of hosters, kept by hand for now."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission
from tocsin.domain.hosters import actions, queries
from tocsin.domain.hosters.types import HosterRefused, HosterView, PlaceTaken, UnknownHoster
from tocsin.doors.console.forms_hosters import HosterForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.KEEP_HOSTERS)
def hosters(request: StaffRequest) -> HttpResponse:
    """Every hoster on file."""
    return render(request, "console/hosters.html", {"hosters": queries.hosters()})


@may(Permission.KEEP_HOSTERS)
def add(request: StaffRequest) -> HttpResponse:
    """Write a hoster down; notices that waited for it leave by themselves."""
    form = HosterForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, 422 if form.is_bound else 200)
    try:
        actions.add(terms=form.terms(), actor=request.actor, at=request.at)
    except (HosterRefused, PlaceTaken) as refusal:
        return _form_page(request, _told(form, refusal), 422)
    messages.success(request, _("The hoster is on file."))
    return redirect("console:hosters")


@may(Permission.KEEP_HOSTERS)
def change(request: StaffRequest, hoster_id: int) -> HttpResponse:
    """Change what is on file of a hoster."""
    hoster = _hoster(hoster_id)
    if request.method != "POST":
        return _form_page(request, HosterForm.showing(hoster), 200, hoster)
    form = HosterForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, 422, hoster)
    try:
        actions.update(hoster_id=hoster_id, terms=form.terms(), actor=request.actor, at=request.at)
    except (HosterRefused, PlaceTaken) as refusal:
        return _form_page(request, _told(form, refusal), 422, hoster)
    messages.success(request, _("The hoster is on file."))
    return redirect("console:hosters")


@require_POST
@may(Permission.KEEP_HOSTERS)
def remove(request: StaffRequest, hoster_id: int) -> HttpResponse:
    """Take a hoster out of use."""
    _hoster(hoster_id)
    actions.remove(hoster_id=hoster_id, actor=request.actor, at=request.at)
    messages.success(request, _("The hoster is out of use."))
    return redirect("console:hosters")


def _hoster(hoster_id: int) -> HosterView:
    try:
        return queries.hoster(hoster_id)
    except UnknownHoster as error:
        raise Http404 from error


def _told(form: HosterForm, refusal: HosterRefused | PlaceTaken) -> HosterForm:
    if isinstance(refusal, HosterRefused):
        form.say(refusal.problems)
    else:
        words = _("%(place)s belongs to %(hoster)s already.")
        form.add_error("places", words % {"place": refusal.value, "hoster": refusal.by})
    return form


def _form_page(
    request: StaffRequest, form: HosterForm, status: int, hoster: HosterView | None = None
) -> HttpResponse:
    page = {"form": form, "hoster": hoster}
    return render(request, "console/hoster.html", page, status=status)

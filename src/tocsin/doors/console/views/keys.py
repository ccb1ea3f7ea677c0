"""Parties and their keys: register, issue, revoke."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import actions, queries
from tocsin.base.accounts.types import IssuedKey, Permission
from tocsin.domain.matching import actions as matching
from tocsin.doors.console.forms import KeyForm, PartyForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.KEEP_KEYS)
def keys(request: StaffRequest) -> HttpResponse:
    """Every party and its keys."""
    return _page(request, party_form=PartyForm())


@require_POST
@may(Permission.KEEP_KEYS)
def make_party(request: StaffRequest) -> HttpResponse:
    """Register an organisation."""
    form = PartyForm(request.POST)
    if not form.is_valid():
        return _page(request, party_form=form, status=422)
    try:
        actions.make_party(
            name=form.cleaned_data["name"],
            kind=form.party_kind(),
            contact_email=form.cleaned_data["contact_email"],
            actor=request.actor,
            at=request.at,
        )
    except actions.NameTaken:
        form.add_error("name", _("There is already a party of that name."))
        return _page(request, party_form=form, status=409)
    return redirect("console:keys")


@may(Permission.KEEP_KEYS)
def issue(request: StaffRequest, party_id: int) -> HttpResponse:
    """The terms of a new key, and then its secret, once."""
    party = queries.party(party_id)
    if party is None:
        raise Http404
    form = KeyForm(request.POST or None)
    page = {"form": form, "party": party}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "console/key_new.html", page, status=status)
    try:
        issued = matching.issue_provider_key(
            party_id=party_id,
            terms=form.terms(),
            policy=form.policy(),
            actor=request.actor,
            at=request.at,
        )
    except actions.TooManyKeys:
        form.add_error(None, _("This party has two live keys; revoke one first."))
        return render(request, "console/key_new.html", page, status=409)
    return _page(request, party_form=PartyForm(), issued=issued, party_name=party.name)


@require_POST
@may(Permission.KEEP_KEYS)
def revoke(request: StaffRequest, key_id: str) -> HttpResponse:
    """The key stops working within a second."""
    if actions.revoke_key(key_id=key_id, actor=request.actor, at=request.at):
        messages.success(request, _("The key no longer works."))
    return redirect("console:keys")


def _page(
    request: StaffRequest,
    *,
    party_form: PartyForm,
    status: int = 200,
    issued: IssuedKey | None = None,
    party_name: str = "",
) -> HttpResponse:
    page = {
        "parties": queries.parties(),
        "form": party_form,
        "issued": issued,
        "party_name": party_name,
    }
    return render(request, "console/keys.html", page, status=status)

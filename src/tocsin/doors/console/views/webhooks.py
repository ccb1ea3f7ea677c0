"""Webhooks of partners: where corrections are sent, and which do not arrive."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.types import Permission
from tocsin.domain.corrections import actions, queries
from tocsin.domain.corrections.types import UnusableEndpoint
from tocsin.doors.console.forms_corrections import WebhookForm
from tocsin.doors.console.permissions import StaffRequest, may


@require_safe
@may(Permission.SEE_SYSTEM)
def webhooks(request: StaffRequest) -> HttpResponse:
    """Those that were given up on first."""
    page = {"webhooks": queries.endpoints(), "parties": accounts.parties()}
    return render(request, "console/webhooks.html", page)


@require_POST
@may(Permission.SEE_SYSTEM)
def resend(request: StaffRequest, party_id: int) -> HttpResponse:
    """Try a webhook again now."""
    if actions.resend(party_id=party_id, after=None, actor=request.actor, at=request.at):
        messages.success(request, _("It is tried again."))
    return redirect("console:webhooks")


@may(Permission.KEEP_KEYS)
def webhook(request: StaffRequest, party_id: int) -> HttpResponse:
    """Set the address of a party's webhook, or take it away."""
    party = accounts.party(party_id)
    if party is None:
        raise Http404
    form = WebhookForm(request.POST or None)
    page = {"form": form, "party": party, "webhook": queries.endpoint_of(party_id)}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "console/webhook.html", page, status=status)
    url = form.cleaned_data["url"]
    if not url:
        actions.remove_endpoint(party_id=party_id, actor=request.actor, at=request.at)
        return redirect("console:webhooks")
    try:
        actions.set_endpoint(party_id=party_id, url=url, actor=request.actor, at=request.at)
    except UnusableEndpoint:
        form.add_error("url", _("It must begin with https:// and use its own port."))
        return render(request, "console/webhook.html", page, status=422)
    messages.success(request, _("It is used as soon as it has answered our challenge."))
    return redirect("console:webhooks")

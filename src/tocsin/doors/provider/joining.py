"""Signing up, and confirming it: the first key is shown once."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.domain.providers import actions, queries
from tocsin.domain.providers.types import LinkUse
from tocsin.doors.provider.forms import JoinForm
from tocsin.doors.provider.visitors import come_in, few_posts, link_to, private


@require_http_methods(["GET", "POST"])
@few_posts("join", most=10, each_seconds=3600)
def join(request: HttpRequest) -> HttpResponse:
    """Sign up. Whether an address is known shows in the letter only."""
    form = JoinForm(request.POST or None)
    if not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "provider/join.html", {"form": form}, status=status)
    try:
        actions.sign_up(told=form.told(), url_of=link_to(request), at=datetime.now(UTC))
    except actions.WrongDomain:
        form.add_error("domain", _("This is no domain: write it like example.org."))
        return render(request, "provider/join.html", {"form": form}, status=422)
    return private(render(request, "provider/sent.html", {"email": form.cleaned_data["email"]}))


@require_http_methods(["GET", "POST"])
@few_posts("confirm", most=30, each_seconds=3600)
def confirm(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind the link of a letter. Opening it changes nothing."""
    at = datetime.now(UTC)
    if request.method == "GET":
        if not queries.is_usable(secret, LinkUse.CONFIRM, at):
            return private(render(request, "provider/too_late.html", status=410))
        return private(render(request, "provider/confirm.html"))
    try:
        provider_id, issued = actions.confirm(secret=secret, at=at)
    except actions.LinkUnusable:
        return private(render(request, "provider/too_late.html", status=410))
    come_in(request, provider_id, at)
    return private(render(request, "provider/welcome.html", {"issued": issued}))

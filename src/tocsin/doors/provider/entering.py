"""The way in by letter, and out."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.domain.providers import actions, queries
from tocsin.domain.providers.types import LinkUse
from tocsin.doors.provider.forms import EmailForm
from tocsin.doors.provider.visitors import come_in, few_posts, go_out, link_to, private


@require_http_methods(["GET", "POST"])
@few_posts("ask", most=10, each_seconds=3600)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for every address."""
    form = EmailForm(request.POST or None)
    if not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "provider/ask.html", {"form": form}, status=status)
    email = form.cleaned_data["email"]
    actions.ask_link(email=email, url_of=link_to(request), at=datetime.now(UTC))
    return private(render(request, "provider/sent.html", {"email": email}))


@require_http_methods(["GET", "POST"])
@few_posts("enter", most=30, each_seconds=3600)
def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind a link. Opening it uses nothing up: mail scanners open links."""
    at = datetime.now(UTC)
    if request.method == "GET":
        if not queries.is_usable(secret, LinkUse.ENTER, at):
            return private(render(request, "provider/too_late.html", status=410))
        return private(render(request, "provider/enter.html"))
    try:
        provider_id = actions.enter(secret=secret, at=at)
    except actions.LinkUnusable:
        return private(render(request, "provider/too_late.html", status=410))
    come_in(request, provider_id, at)
    return redirect("provider:page")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the session."""
    go_out(request)
    return redirect("provider:ask")

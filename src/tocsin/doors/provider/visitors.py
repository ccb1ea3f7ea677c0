"""Who comes: a stranger, of whom few questions are taken, or a provider who came in by a letter."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control

from tocsin.domain.providers import queries
from tocsin.domain.providers.types import LinkUse, ProviderView

SESSION_SECONDS = 30 * 60
_IN = "tocsin.provider"
_UNTIL = "tocsin.provider_until"

P = ParamSpec("P")
# Made anew with each process: what is counted by it says nothing of an address to anybody later.
_SALT = secrets.token_bytes(32)


def come_in(request: HttpRequest, provider_id: int, at: datetime) -> None:
    """From now on, and for half an hour, this browser is the provider's."""
    request.session.cycle_key()
    request.session[_IN] = provider_id
    request.session[_UNTIL] = at.timestamp() + SESSION_SECONDS


def go_out(request: HttpRequest) -> None:
    """It is nobody's any more."""
    request.session.pop(_IN, None)
    request.session.pop(_UNTIL, None)


def provider_of(request: HttpRequest, at: datetime) -> ProviderView | None:
    """Whose browser this is, None for a stranger's."""
    number = request.session.get(_IN)
    if number is None or at.timestamp() > float(request.session.get(_UNTIL, 0)):
        return None
    return queries.provider(int(number))


def known(
    view: Callable[Concatenate[HttpRequest, ProviderView, datetime, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let a view be opened only by a provider who is in; a stranger is sent to the way in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        at = datetime.now(UTC)
        provider = provider_of(request, at)
        if provider is None:
            return redirect("provider:ask")
        return private(view(request, provider, at, *args, **kwargs))

    return guarded


def few_posts(
    name: str, *, most: int, each_seconds: int
) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """Take few posts from one network address; more are answered 429. GET is not counted."""

    def decorate(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            request = args[0]
            if not isinstance(request, HttpRequest):
                raise TypeError("a view takes its request first")
            if request.method == "POST" and _count(request, name, each_seconds) > most:
                return render(request, "429.html", status=429)
            return view(*args, **kwargs)

        return guarded

    return decorate


def private(response: HttpResponse) -> HttpResponse:
    """Kept by no browser and no proxy: it may show a secret."""
    patch_cache_control(response, no_store=True, private=True)
    return response


def link_to(request: HttpRequest) -> Callable[[LinkUse, str], str]:
    """Makes whole addresses of the pages behind links."""
    paths = {LinkUse.CONFIRM: "/join/", LinkUse.ENTER: "/provider/enter/"}
    return lambda use, secret: request.build_absolute_uri(paths[use] + secret)


def _count(request: HttpRequest, name: str, each_seconds: int) -> int:
    digest = hmac.digest(_SALT, f"{name}:{_address(request)}".encode(), "sha256").hex()
    cache.add(digest, 0, timeout=each_seconds)
    try:
        return int(cache.incr(digest))
    except ValueError:  # it ran out between the two
        return 1


def _address(request: HttpRequest) -> str:
    """Where a visitor comes from: behind the proxy that TLS asks for, the last one it names."""
    named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
    direct = str(request.META.get("REMOTE_ADDR", ""))
    return named if settings.ALLAUTH_TRUSTED_PROXY_COUNT and named else direct

"""Who comes: somebody with a link, of whom few questions an hour are taken, in their language."""

from __future__ import annotations

import hmac
import secrets

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language

HOUR = 3600
MOST_FROM_ADDRESS = 300
MOST_OF_LINK = 120
LANGUAGES = ("en", "nl", "fr")

# Made anew with each process: what is counted by it says nothing of an address to anybody later.
_SALT = secrets.token_bytes(32)


def is_too_much(request: HttpRequest, secret: str) -> bool:
    """Whether more was asked in this hour from one address, or behind one link, than is taken."""
    from_address = _count(f"address:{_address(request)}") > MOST_FROM_ADDRESS
    return (bool(secret) and _count(f"link:{secret}") > MOST_OF_LINK) or from_address


def wants_json(request: HttpRequest) -> bool:
    """Whether a programme asks: by what it accepts, or by what it sends."""
    return request.content_type == "application/json" or (
        request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    )


def language_of(request: HttpRequest) -> str:
    """The language to answer in: as chosen on the page, else as the browser says."""
    chosen = request.POST.get("language", "") or request.GET.get("language", "")
    known = chosen or (get_language() or "en")[:2]
    return known if known in LANGUAGES else "en"


def private(response: HttpResponse) -> HttpResponse:
    """Kept by no browser and no proxy, and named to no other site: the link is a secret."""
    patch_cache_control(response, no_store=True, private=True)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _count(name: str) -> int:
    digest = "hoster:" + hmac.digest(_SALT, name.encode(), "sha256").hex()
    cache.add(digest, 0, timeout=HOUR)
    try:
        return int(cache.incr(digest))
    except ValueError:  # it ran out between the two
        return 1


def _address(request: HttpRequest) -> str:
    """Where a visitor comes from: behind the proxy that TLS asks for, the last one it names."""
    named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
    direct = str(request.META.get("REMOTE_ADDR", ""))
    return named if settings.ALLAUTH_TRUSTED_PROXY_COUNT and named else direct

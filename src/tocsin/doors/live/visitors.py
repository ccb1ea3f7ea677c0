"""Who may listen: a session of the console, of somebody who may see items."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from tocsin.base.accounts.types import SECOND_FACTOR_MARK, Permission


def session_key(cookie_header: str) -> str | None:
    """The console's session key among a browser's cookies."""
    try:
        cookie = SimpleCookie(cookie_header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return cookie.value if cookie else None


def may_listen(key: str) -> bool:
    """Whether the session is alive, through the second factor, and of somebody who sees items."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    person = get_user(request)
    return (
        person.is_authenticated
        and request.session.get(SECOND_FACTOR_MARK) == person.pk
        and person.may(Permission.SEE_ITEMS)
    )


def is_ours(origin: str, host: str) -> bool:
    """Whether a page of `origin` is our own console: it runs on the host this stream is on.

    `host` is the stream's own Host header; the console is at the same name, on its own port.
    """
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    name, _port = split_domain_port(host)
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    places = [host] if settings.TOCSIN_LIVE_SAME_ORIGIN else [f"{name}:{settings.TOCSIN_PORT}"]
    if settings.TOCSIN_PORT in {80, 443}:
        places.append(name)  # browsers leave the usual port out
    return origin in {f"{scheme}://{place}" for scheme in ("http", "https") for place in places}

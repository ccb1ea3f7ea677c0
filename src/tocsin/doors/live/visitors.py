"""Who may listen: a session of the console, of somebody who may see items."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.request import validate_host

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
    asked, mine = urlsplit(origin), urlsplit(f"//{host}")
    if asked.scheme not in {"http", "https"} or not asked.hostname:
        return False
    port = asked.port or {"http": 80, "https": 443}[asked.scheme]
    same_port = settings.TOCSIN_LIVE_SAME_ORIGIN and asked.netloc == mine.netloc
    return (
        asked.hostname == mine.hostname
        and validate_host(asked.hostname, settings.ALLOWED_HOSTS)
        and (port == settings.TOCSIN_PORT or same_port)
    )

"""What every public page has in common: its language, its headers, its size, and no files."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from tocsin.doors.public import help_lines, words
from tocsin.doors.public.limits import is_onion

View = Callable[[HttpRequest, str], HttpResponse]

STEP_BYTES = 16_384
_URLENCODED = "application/x-www-form-urlencoded"
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def public(view: View) -> View:
    """Make a page of a view: `language` from its address, no cookie, nothing kept anywhere.

    Without the protection by cookie that other pages have: whoever sends our form from another
    site does nothing that they could not do themselves, as nobody is logged in here.
    """

    @csrf_exempt
    @wraps(view)
    def shown(request: HttpRequest, language: str) -> HttpResponse:
        with translation.override(language):
            return dress(request, language, _refusal(request, language) or view(request, language))

    return shown


def page(
    request: HttpRequest,
    language: str,
    template: str,
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    """Render one of our templates."""
    common = {
        "language": language,
        "organisation": settings.TOCSIN_ORGANISATION,
        "languages": settings.LANGUAGES,
        "help": words.help_groups(language),
        "as_of": help_lines.as_of(),
    }
    return render(request, f"public/{template}", common | context, status=status)


def dress(request: HttpRequest, language: str, answer: HttpResponse) -> HttpResponse:
    """Add the headers, and fill the answer up to a size that tells nothing of what it says."""
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    answer.headers["Content-Language"] = language
    if settings.TOCSIN_PUBLIC_ONION and not is_onion(request):
        answer.headers["Onion-Location"] = settings.TOCSIN_PUBLIC_ONION.rstrip("/") + request.path
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        answer.content += _filling(len(answer.content))
    return answer


def _filling(there: int) -> bytes:
    """A comment that makes the whole a multiple of STEP_BYTES; random, so that no proxy's
    compression takes it out again."""
    lacking = -(there + 9) % STEP_BYTES
    return f"\n<!--{secrets.token_hex(lacking // 2)}{'x' * (lacking % 2)}-->\n".encode()


def _refusal(request: HttpRequest, language: str) -> HttpResponse | None:
    """The answer to a request that carries a file or is too large; None for all others."""
    if request.method != "POST":
        return None
    if request.content_type != _URLENCODED:
        # Before anything of it is read: not even a form that only says it carries files.
        return page(request, language, "no_files.html", status=415)
    try:
        _ = request.POST
    except (RequestDataTooBig, SuspiciousOperation):
        return page(request, language, "too_large.html", status=413)
    return None

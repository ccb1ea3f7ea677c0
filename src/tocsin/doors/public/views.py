"""The front of the public's pages, and the choice of a language."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from tocsin.doors.public.pages import page, public


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """To the front page in the language the browser asks for. Nothing of that is kept."""
    language = translation.get_language_from_request(request)[:2]
    answer = redirect("public:front", language)
    answer.headers["Cache-Control"] = "no-store"
    patch_vary_headers(answer, ["Accept-Language"])
    return answer


@require_safe
@public
def front(request: HttpRequest, language: str) -> HttpResponse:
    """What this is, what to do, and whom to call."""
    return page(request, language, "front.html")

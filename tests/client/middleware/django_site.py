"""A small Django site that takes uploads, with the check in front."""

from __future__ import annotations

from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tocsin.client import Client
from tocsin.client.middleware import Screen

kept: list[tuple[str, bytes]] = []
screens: list[Screen[Client]] = []


def screen() -> Screen[Client]:
    """The screen that the test at hand has put here."""
    return screens[-1]


def upload(request: HttpRequest) -> HttpResponse:
    """Keeps what it is given, and says what became of the check."""
    files = [cast("UploadedFile[Any]", one) for one in request.FILES.values()]
    kept.extend((type(one).__name__, one.read()) for one in files)
    checked = request.tocsin_verdicts  # type: ignore[attr-defined]
    words = ", ".join(c.verdict.decision.value for c in checked)
    return HttpResponse(f"{request.POST['title']}: {words}")


async def upload_later(request: HttpRequest) -> HttpResponse:
    """The same in an asynchronous view."""
    from asgiref.sync import sync_to_async

    return await sync_to_async(upload)(request)


urlpatterns = [path("upload", upload), path("later", upload_later)]

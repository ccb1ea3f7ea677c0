"""A small Django site with the upload handler and the middleware."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import AsyncClient as AsyncBrowser
from django.test import Client as Browser

from tests.client.faulty import Faulty, Says
from tests.client.middleware import django_site
from tests.client.middleware.uploads import FREE, LISTED
from tocsin.client import Client
from tocsin.client.middleware import Handling, Screen
from tocsin.client.middleware import django as plugged

pytestmark = pytest.mark.server
HANDLERS = "django.core.files.uploadhandler"


@pytest.fixture(autouse=True)
def site(settings: LazySettings, client: Client, tmp_path: Path) -> Iterator[Screen[Client]]:
    """The site's settings; its files are spooled to a folder of this test."""
    (tmp_path / "spool").mkdir()
    settings.ROOT_URLCONF = "tests.client.middleware.django_site"
    settings.TEMPLATES = []
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    settings.MIDDLEWARE = [
        "tocsin.client.middleware.django.screened",
        "django.middleware.csrf.CsrfViewMiddleware",
    ]
    settings.FILE_UPLOAD_HANDLERS = [
        "tocsin.client.middleware.django.UploadCheck",
        f"{HANDLERS}.MemoryFileUploadHandler",
        f"{HANDLERS}.TemporaryFileUploadHandler",
    ]
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "spool")
    settings.TOCSIN_SCREEN = "tests.client.middleware.django_site.screen"
    django_site.screens.append(Screen(client))
    plugged._screen.cache_clear()
    yield django_site.screens[-1]
    django_site.screens.clear()
    django_site.kept.clear()


def form(*files: bytes) -> dict[str, Any]:
    named = {
        f"file{n}": SimpleUploadedFile(f"{n}.png", data, "image/png")
        for n, data in enumerate(files)
    }
    return {"title": "hello", "csrfmiddlewaretoken": "x" * 32, **named}


def send(*files: bytes, path: str = "/upload") -> HttpResponse:
    """Through Django's own check of forged requests, which reads the form before any view."""
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies["csrftoken"] = "x" * 32
    return browser.post(path, form(*files))  # type: ignore[return-value]


def test_pictures_on_no_list_reach_the_view() -> None:
    said = send(FREE, FREE)
    assert (said.status_code, said.content) == (200, b"hello: allow, allow")
    assert [data for _, data in django_site.kept] == [FREE, FREE]


def test_what_was_found_is_451_and_no_view_is_called() -> None:
    assert send(FREE, LISTED).status_code == 451
    assert django_site.kept == []


def test_a_service_that_is_away_is_503(server: Faulty) -> None:
    server.answer = lambda asked: Says(500, b"")
    said = send(FREE)
    assert (said.status_code, said["Retry-After"]) == (503, "30")
    assert django_site.kept == []


def test_files_are_spooled_where_django_puts_them_and_go_when_refused(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert send(FREE).status_code == 200
    assert [kind for kind, _ in django_site.kept] == ["TemporaryUploadedFile"]
    assert send(FREE, LISTED).status_code == 451
    assert list((tmp_path / "spool").iterdir()) == []


def test_marked_uploads_reach_the_view_with_their_verdicts(site: Screen[Client]) -> None:
    django_site.screens.append(replace(site, handling=Handling.MARK))
    plugged._screen.cache_clear()
    said = send(LISTED, FREE)
    assert (said.status_code, said.content) == (200, b"hello: block, allow")


def test_without_the_middleware_django_itself_refuses(settings: LazySettings) -> None:
    settings.MIDDLEWARE = []
    assert send(LISTED).status_code == 400
    assert django_site.kept == []


def test_an_asynchronous_site_is_checked_too() -> None:
    async def both() -> list[int]:
        browser = AsyncBrowser()
        browser.cookies["csrftoken"] = "x" * 32
        said = [await browser.post("/later", form(data)) for data in (FREE, LISTED)]
        return [one.status_code for one in said]

    assert asyncio.run(both()) == [200, 451]
    assert [data for _, data in django_site.kept] == [FREE]

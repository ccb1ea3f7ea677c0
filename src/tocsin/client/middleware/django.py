"""Checks in Django: an upload handler that looks, and a middleware that answers.

    TOCSIN_SCREEN = "mysite.uploads.screen"     # a Screen with a Client, or what makes one
    FILE_UPLOAD_HANDLERS = [
        "tocsin.client.middleware.django.UploadCheck",      # first
        "django.core.files.uploadhandler.MemoryFileUploadHandler",
        "django.core.files.uploadhandler.TemporaryFileUploadHandler",
    ]
    MIDDLEWARE = ["tocsin.client.middleware.django.screened", ...]      # first

Verdicts are in `request.tocsin_verdicts`, a list of `Checked`, once the form has been read.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.module_loading import import_string

from tocsin.client.intake import Intake
from tocsin.client.middleware.screening import Checked, Handling, Refusal, Screen, Upload
from tocsin.client.synchronous import Client
from tocsin.client.types import Decision


class UploadRefused(BadRequest):
    """The form holds a file that is not let in. Without the middleware, Django answers 400."""


class UploadCheck(FileUploadHandler):
    """Fingerprints each file while it streams in, and lets none be complete before its verdict.

    The pieces pass on to the handlers after it, which keep them in memory or on disk as they do.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._screen = _screen(str(getattr(settings, "TOCSIN_SCREEN")))  # noqa: B009 - not ours
        self._upload = Upload("", None, "")
        self._intake: Intake | None = None
        self._checked: list[Checked] = []
        if request is not None:
            request.tocsin_verdicts = self._checked  # type: ignore[attr-defined]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._let_go()
        self._upload = Upload(
            self.field_name or "", self.file_name or None, self.content_type or ""
        )
        if self._screen.wants(self._upload):
            self._intake = self._screen.client.intake()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if self._intake is not None:
            self._intake.feed(bytes(raw_data))
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Raises UploadRefused. None otherwise: the file is for the handlers after it to give."""
        intake = self._intake
        if intake is None or not intake.size:
            return
        upload_id = self._screen.upload_id(self._upload)
        verdict = self._screen.client.check_intake(intake, id=upload_id)
        checked = Checked(self._upload, intake.size, verdict)
        self._let_go()
        self._checked.append(checked)
        self._screen.told(checked)
        if self._screen.handling is Handling.REFUSE and verdict.decision is not Decision.ALLOW:
            refusal = self._screen.refusal(checked)
            if self.request is not None:
                self.request.tocsin_refusal = refusal  # type: ignore[attr-defined]
                _throw_away(self.request)
            raise UploadRefused(refusal.message)

    def upload_interrupted(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._intake is not None:
            self._intake.close()
            self._intake = None


def _throw_away(request: HttpRequest) -> None:
    """What the other handlers have of the file at hand: Django closes only those complete, and
    would leave this one on the disk until the garbage collector comes."""
    for handler in request.upload_handlers:
        spooled = getattr(handler, "file", None)
        if spooled is not None:
            spooled.close()


@sync_and_async_middleware
def screened(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Answers a request whose upload was refused, whatever the views made of it."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            given: HttpResponseBase | None
            try:
                given = await cast("Awaitable[HttpResponseBase]", get_response(request))
            except Exception:
                # Even the site's own page of errors may fail; the refusal stands all the same.
                given = _refused(request)
                if given is None:
                    raise
            return _refused(request) or given

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        given: HttpResponseBase | None
        try:
            given = cast("HttpResponseBase", get_response(request))
        except Exception:
            given = _refused(request)
            if given is None:
                raise
        return _refused(request) or given

    return answer


def _refused(request: HttpRequest) -> HttpResponseBase | None:
    refusal: Refusal | None = getattr(request, "tocsin_refusal", None)
    if refusal is None:
        return None
    return HttpResponse(refusal.body, status=refusal.status, headers=dict(refusal.all_headers))


@functools.cache
def _screen(named: str) -> Screen[Client]:
    found = import_string(named)
    return cast("Screen[Client]", found if isinstance(found, Screen) else found())

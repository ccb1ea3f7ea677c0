"""Which door answers which address: the hot paths before Django, everything else by it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from tocsin.domain.matching.queries import Checker, checker
from tocsin.doors.api.door import PREFIXES, ApiDoor
from tocsin.doors.api.facade import refusal
from tocsin.doors.api.http import (
    NDJSON,
    Environ,
    Refused,
    Reply,
    StartResponse,
    WsgiApp,
    media_type,
)
from tocsin.doors.api.v2.media import Wanted
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import DecoderPool, MediaOptions, PoolState, Precision
from tocsin.site.metrics import noting

log = structlog.get_logger()

HEALTH = "/healthz"
PAGES = {"console", "hoster", "provider", "public"}
# These look into memory only. Everything else may have to wait: for a slow upload, for the
# database. A few threads are kept free of that, so that no number of waiting requests stops checks.
PROMPT = ("/v1/", "/v2/checks")
PATIENT_AT_ONCE = 16
KEPT_FOR_CHECKS = 8
THREADS = PATIENT_AT_ONCE + KEPT_FOR_CHECKS


class Dispatch:
    """The web process as one WSGI application; a door that is not open does not exist."""

    def __init__(self, *, api: WsgiApp | None, pages: WsgiApp | None) -> None:
        self._api = api
        self._pages = pages
        self._room = threading.BoundedSemaphore(PATIENT_AT_ONCE)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == HEALTH:
            return Reply(200, b"ok", "text/plain").send(start_response)
        if path.startswith(PROMPT) and not _is_stream(environ):
            return self._through_api(environ, start_response)
        if not self._room.acquire(blocking=False):
            return _busy(path).send(start_response)
        return self._in_the_room(path, environ, start_response)

    def _in_the_room(
        self, path: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """The answer; the place in the room is given back when all of it has been sent."""
        place = _Place(self._room)
        try:
            answer = self._in_its_time(path, environ, start_response)
        except BaseException:
            place.give_back()
            raise
        if isinstance(answer, Iterator):
            return _Held(answer, place)
        place.give_back()
        return answer

    def _in_its_time(
        self, path: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        if path.startswith(PREFIXES):
            return self._through_api(environ, start_response)
        if self._pages is None:
            return _nothing_here().send(start_response)
        return self._pages(environ, start_response)

    def _through_api(
        self, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        if self._api is None:
            return _nothing_here().send(start_response)
        try:
            return self._api(environ, start_response)
        except Exception as error:  # noqa: BLE001 - the one place where the unexpected ends
            # Not the traceback: its values are hashes and addresses.
            log.error("request_failed", error=type(error).__name__)
            problem = Refused(500, "internal", "Something broke here; try again.")
            return refusal(environ["PATH_INFO"], problem).send(start_response)


class _Place:
    """One place in the room, given back once."""

    def __init__(self, room: threading.BoundedSemaphore) -> None:
        self._room: threading.BoundedSemaphore | None = room

    def give_back(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.release()


class _Held:
    """An answer that is still being made, with the place that its maker holds.

    The server calls `close` when all is sent and when the other side is gone (PEP 3333).
    """

    def __init__(self, answer: Iterator[bytes], place: _Place) -> None:
        self._answer, self._place = answer, place

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._answer)
        except BaseException:
            self._place.give_back()
            raise

    def close(self) -> None:
        """Let go of the answer and of the place."""
        try:
            if (close := getattr(self._answer, "close", None)) is not None:
                close()
        finally:
            self._place.give_back()


class Decoders:
    """The decoder processes of this web process, started with the first file."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._pool: DecoderPool | None = None
        # Every pixel, though scaled luma is many times faster: what a hit was found by becomes an
        # entry of our own list when somebody finds the picture unlawful.
        self._options = MediaOptions(precision=Precision.LIST, tiff=settings.TOCSIN_TIFF)
        os.register_at_fork(after_in_child=self._forget)

    def fingerprint(self, data: bytes) -> Fingerprints:
        """The plain fingerprints of a file; raises DecoderUnavailable."""
        return self._started().fingerprint(data, self._options)

    def look(self, data: bytes, wanted: Wanted) -> Fingerprints:
        """Those and what else is wanted; raises DecoderUnavailable."""
        options = replace(self._options, battery=wanted.battery, data_uris=wanted.document)
        return self._started().fingerprint(data, options)

    def _started(self) -> DecoderPool:
        with self._making:
            if self._pool is None:
                self._pool = DecoderPool(settings.TOCSIN_DECODERS)
            return self._pool

    def state(self) -> tuple[PoolState, dict[str, int]] | None:
        """What the decoders are doing, and how those ended that nobody bade end; None before the
        first file."""
        pool = self._pool
        return None if pool is None else (pool.state(), pool.deaths())

    def close(self) -> None:
        """End the decoder processes; the next file starts new ones."""
        with self._making:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _forget(self) -> None:
        # The pipes of the parent's decoders must have one reader only.
        self._making, self._pool = threading.Lock(), None


def build() -> WsgiApp:
    """The application with the doors that TOCSIN_DOORS names."""
    doors = set(settings.TOCSIN_DOORS)
    api = None
    if "api" in doors:
        facades = settings.TOCSIN_FACADES
        decoders = Decoders()
        note = noting.for_process("web", decoders.state)

        def noted_checker() -> Checker:
            note()
            return checker()

        api = ApiDoor(
            checker=noted_checker,
            fingerprint=decoders.fingerprint,
            look=decoders.look,
            facades=facades,
            refused=noting.refused,
        )
    return Dispatch(api=api, pages=WSGIHandler() if doors & PAGES else None)


def _is_stream(environ: Environ) -> bool:
    """A batch that is answered while it is sent, which may take as long as its sender likes."""
    return media_type(environ) == NDJSON


def _busy(path: str) -> Reply:
    words = "Too many requests at once; send this one again."
    return refusal(path, Refused(503, "busy", words, headers=(("Retry-After", "2"),)))


def _nothing_here() -> Reply:
    return Refused(404, "not_found", "There is nothing here.").reply()

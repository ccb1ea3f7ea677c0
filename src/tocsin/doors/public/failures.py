"""A public page that breaks says so in the log: which page, what error, where in our code."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.http import HttpRequest

log = structlog.get_logger()


def connect() -> None:
    """Listen for pages that break; where the console is open too, one of us listens."""
    got_request_exception.connect(_note, dispatch_uid="tocsin.page_failed")


def _note(sender: object, request: HttpRequest | None = None, **_: Any) -> None:
    # Neither the address nor the error's words: they may hold what somebody reported.
    kind, _value, trace = sys.exc_info()
    match = getattr(request, "resolver_match", None)
    log.error(
        "page_failed",
        page=match.view_name if match else "",
        error=kind.__name__ if kind else "",
        where=_where(traceback.extract_tb(trace)),
    )


def _where(frames: traceback.StackSummary) -> str:
    own = [frame for frame in frames if "/tocsin/" in frame.filename] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""

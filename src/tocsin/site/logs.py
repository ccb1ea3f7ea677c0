"""One way of logging for all processes: fixed event names and ids, to standard error."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

import structlog


def configure(style: str) -> None:
    """`console` for people, `json` for machines."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Exceptions carry values of the running program; only their kind is logged.
            renderer,
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    # Django's own request log names paths, which may carry a one-time link.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)


def where(error: BaseException) -> str:
    """The last line of our own that was run before the error, as `worker.py:42`."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/tocsin/" in frame.filename] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""

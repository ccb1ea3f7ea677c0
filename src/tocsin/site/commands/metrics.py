"""`tocsin metrics`: figures for Prometheus on a port of loopback."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tocsin.site.commands import Stop

HELP = "Answer Prometheus on TOCSIN_METRICS_PORT; `tocsin up` does so by itself."
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """`--once` prints the page and ends."""
    parser.add_argument("--once", action="store_true", help="print the figures and end")


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    from datetime import UTC, datetime

    from django.conf import settings

    from tocsin.site.metrics.gathering import families
    from tocsin.site.metrics.serving import Server
    from tocsin.site.metrics.text import written

    if options.once:
        sys.stdout.write(written(families(at=datetime.now(UTC))))
        return 0
    if not settings.TOCSIN_METRICS_PORT:
        raise Stop("set TOCSIN_METRICS_PORT to the port of loopback to answer on.")
    try:
        server = Server(settings.TOCSIN_METRICS_PORT)
    except OSError as error:
        raise Stop(f"port {settings.TOCSIN_METRICS_PORT} is taken: {error.strerror}.") from error
    until = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: until.set())
    with server:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        until.wait()
        server.shutdown()
    return 0

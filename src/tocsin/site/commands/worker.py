"""`tocsin worker`: one worker; any number may run over the same database."""

from __future__ import annotations

import argparse
import signal
import threading

HELP = "Run one worker: clocks, notices, the audit seal, the index builder."
NEEDS_DATABASE = True


def arguments(parser: argparse.ArgumentParser) -> None:
    """Takes none."""


def run(options: argparse.Namespace) -> int:
    """Work until SIGTERM or Ctrl-C."""
    from tocsin.base.clock.worker import work

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    work(stop)
    return 0

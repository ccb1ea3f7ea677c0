"""The worker's loop: regular jobs and due things, until told to stop."""

from __future__ import annotations

import os
import socket
import threading
from datetime import UTC, datetime

import structlog
from django.db import DatabaseError, close_old_connections, connection

from tocsin.base.clock import actions, queries, rounds

log = structlog.get_logger()

TICK_SECONDS = 0.25
WAIT_FOR_DATABASE_SECONDS = 1.0


def work(stop: threading.Event, *, tick_seconds: float = TICK_SECONDS) -> None:
    """Run rounds until `stop` is set. A database that is away is waited for, not died of.

    While clocks stand still nothing is done at all: no job either, since some tell the outside.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"
    next_run: dict[str, datetime] = {}
    log.info("worker_started", worker=worker)
    while not stop.is_set():
        at = datetime.now(UTC)
        try:
            if queries.paused() is None:
                run_jobs(at, next_run)
                actions.run_round(at=at, worker=worker)
        except DatabaseError as error:
            log.error("worker_waits_for_database", error=type(error).__name__)
            connection.close()
            stop.wait(WAIT_FOR_DATABASE_SECONDS)
        close_old_connections()
        stop.wait(tick_seconds)
    log.info("worker_stopped", worker=worker)


def run_jobs(at: datetime, next_run: dict[str, datetime]) -> None:
    """Run every regular job whose time has come; one that fails does not stop the others."""
    for job in rounds.jobs():
        if at < next_run.get(job.name, at):
            continue
        next_run[job.name] = at + job.interval
        try:
            job.run(at)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - logged, and tried again at its next turn
            log.error("job_failed", job=job.name, error=type(error).__name__)

"""A worker killed in the middle of a notice: sent once, or twice under one id, never not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from tests.domain.desk import found, hoster, person, picture, report
from tests.domain.takedown.killed_worker import MOMENTS, Counting
from tests.support import run_worker_round
from tocsin.base.audit.models import AuditRow
from tocsin.base.letters.models import Letter
from tocsin.domain.takedown import queries
from tocsin.domain.takedown.types import NoticeState

ROOT = Path(__file__).parents[3]
LEASE_OVER = timedelta(seconds=61)


def kill_a_worker(moment: str, folder: Path, at: datetime) -> None:
    """Run a worker of its own process until it dies by its own hand."""
    arguments = [str(connection.settings_dict["NAME"]), str(folder), moment, at.isoformat()]
    connection.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.domain.takedown.killed_worker", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2_000:]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_worker_loses_no_notice(
    moment: str, now: datetime, data_folder: Path, settings: Settings
) -> None:
    settings.TOCSIN_MAIL = Counting(data_folder / "sent.txt")
    hoster(now)
    found(report(now, fingerprints=picture("new")), person("anna"), now)
    kill_a_worker(moment, data_folder, now)
    run_worker_round(now + LEASE_OVER)
    sent = (data_folder / "sent.txt").read_text("ascii").split()
    assert set(sent) == {"<N-2026-000001@hotline.example>"}
    assert len(sent) == (2 if moment == "after-sending" else 1)
    assert Letter.objects.count() == 1
    (notice,) = queries.notices()
    assert notice.state is NoticeState.SENT
    assert AuditRow.objects.filter(action="takedown.sent").count() == 1

"""A worker killed in the middle of a job: every item answered, every hit written down once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.domain.jobs.killed_worker import MOMENTS
from tests.domain.jobs.scenes import WRONG, a_job, question
from tests.support import run_worker_round
from tocsin.domain.jobs import queries
from tocsin.domain.jobs.types import JobState
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import CheckKey

ROOT = Path(__file__).parents[3]
LEASE_OVER = timedelta(seconds=61)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    moment: str, checker: Checker, key: CheckKey, now: datetime, data_folder: Path
) -> None:
    job_id = a_job(key, [question("beach"), WRONG, question("hill"), question("beach")], now)
    arguments = [str(connection.settings_dict["NAME"]), str(data_folder), moment, now.isoformat()]
    connection.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.domain.jobs.killed_worker", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(data_folder)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2_000:]
    run_worker_round(now + LEASE_OVER)
    view = queries.job(party_id=key.party_id, job_id=job_id)
    assert view.state is JobState.DONE
    assert view.counts == {"listed": 2, "refused": 1, "not_listed": 1}
    assert len(queries.results(view, offset=0, limit=10)) == 4
    run_worker_round(now + 2 * LEASE_OVER)
    assert Hit.objects.count() == 2

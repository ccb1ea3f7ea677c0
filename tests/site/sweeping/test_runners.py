"""The local runner and a Ray cluster give the same report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("daft", reason="sweeping needs Daft (requirements/sweep.txt)")
pytest.importorskip(
    "ray", reason="no Ray: the plan was not run on a cluster (requirements/dev.txt)"
)

from tests.site.sweeping.conftest import rows_of

pytestmark = [pytest.mark.server, pytest.mark.timeout(500)]


def report_by(runner: str, place: list[str], lists: Path, folder: Path) -> dict[str, Any]:
    report = folder / runner
    command = [sys.executable, "-m", "tocsin.site.cli", "sweep", *place, "--runner", runner]
    command += ["--data", str(lists), "--report", str(report), "--with-hashes", "--workers", "1"]
    # Ray keeps a token in the home folder.
    environment = {**os.environ, "HOME": str(folder), "RAY_ADDRESS": ""}
    done = subprocess.run(
        command, env=environment, check=False, timeout=350, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert "a-secret-of-tests" not in done.stdout + done.stderr
    return rows_of(report)


def test_both_runners_give_the_same_report_on_a_bucket(
    store: str, lists: Path, tmp_path: Path
) -> None:
    place = ["s3://photos/", "--endpoint", store]
    local = report_by("local", place, lists, tmp_path)
    assert local == report_by("ray", place, lists, tmp_path)
    assert {row["checked_by"] for row in local.values()} == {"etag", "content"}

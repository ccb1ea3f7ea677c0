"""A Python client generated from our OpenAPI can be used as it is."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.domain.listing import a_list, digest, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.facade.serving import serving
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.http import NDJSON
from tocsin.doors.api.v2 import openapi
from tocsin.engine.media import fingerprint

SCRIPT = Path(__file__).parent / "generated_client.py"
TOOL = "openapi_python_client"

pytestmark = [
    pytest.mark.server,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        importlib.util.find_spec(TOOL) is None,
        reason="no generator of clients: openapi-python-client is not installed",
    ),
]
# What no generated client can speak: the Dutch wire's bare text, and lines.
NOT_GENERATED = {"POST /v2/jobs", *(f"POST {path}" for path in openapi.document()["paths"]
                                    if path.startswith("/v1/"))}  # fmt: skip


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """The folder with the client's package."""
    document = tmp_path / "openapi.json"
    document.write_bytes(msgspec.json.encode(openapi.document()))
    package = tmp_path / "client" / "tocsin_client"
    done = subprocess.run(
        [sys.executable, "-m", TOOL, "generate", "--path", str(document), "--meta", "none",
         "--output-path", str(package)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    left_out = {line.split("parsing ")[1].split(" within")[0]
                for line in said.splitlines() if line.startswith("WARNING parsing")}  # fmt: skip
    assert left_out <= NOT_GENERATED | {"POST /v2/checks", "GET /v2/jobs/{job_id}/results"}
    return package.parent


def test_a_generated_client_is_served(
    generated: Path, checker: Checker, issue: Issue, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)
    key = issue()
    door = ApiDoor(checker=lambda: checker, fingerprint=fingerprint, now=lambda: now)
    line = msgspec.json.encode({"id": "a", "md5": "ab" * 16})
    job = Client(door).with_bearer(key).post("/v2/jobs", line, CONTENT_TYPE=NDJSON).json["id"]
    with serving(door) as base:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), base, key.bearer, digest(Kind.MD5, "beach").hex(), job],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(generated), *sys.path])},
            check=False, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    told: dict[str, dict[str, Any]] = json.loads(done.stdout)
    assert {name: (one["status"], one["kind"]) for name, one in told.items()} == {
        "checks": (200, "Answered"),
        "on_error": (200, "Answered"),
        "report": (202, "Reported"),
        "again": (202, "Reported"),
        "corrections": (200, "CorrectionsAnswered"),
        "job": (200, "JobView"),
        "deleted": (204, "NoneType"),
        "gone": (404, "ErrorAnswer"),
    }
    checks, wrong = told["checks"]["body"], told["on_error"]["body"]
    assert [one["status"] for one in checks["results"]] == ["listed", "not_listed"]
    assert [one["status"] for one in wrong["results"]] == ["listed", "not_listed", "refused"]
    assert told["report"]["body"] == told["again"]["body"]
    assert told["job"]["body"]["items"] == 1

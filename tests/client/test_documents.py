"""The examples in the documents of the client run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.client.faulty import Asked, Faulty, Says, a_client, answered, result
from tests.client.middleware.uploads import FREE
from tests.house.source import ROOT
from tocsin.client.synapse import TocsinMediaCheck

pytestmark = pytest.mark.server
DOORS = ROOT / "docs" / "doors"
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples() -> list[Any]:
    return [
        pytest.param(code, id=f"{name}-{number}")
        for name in ("client", "middleware")
        for number, code in enumerate(_PYTHON.findall((DOORS / f"{name}.md").read_text("utf-8")))
    ]


def everything(asked: Asked) -> Says:
    """What a server answers to each call in the examples."""
    told: dict[str, Any] = {
        "/v2/reports": {"report": "r1", "repeated": False},
        "/v2/feedback": {"results": [_said()]},
        "/v2/corrections/acknowledge": {"cursor": 0},
        "/v2/webhook/keys": {"keys": []},
    }
    if asked.path == "/v2/checks":
        return Says(told=answered([result(item) for item in asked.items]))
    if asked.path.startswith("/v2/corrections?"):
        return Says(told={"corrections": [], "cursor": 0, "more": False})
    return Says(told=told[asked.path])


def _said() -> dict[str, Any]:
    return {"reference": "k1.pQ", "status": "kept", "now": "held", "appeal": "A-2026-000001"}


@pytest.mark.parametrize("code", examples())
def test_every_example_runs(code: str, faulty: Faulty, tmp_path: Path) -> None:
    faulty.answer = everything
    (tmp_path / "key").write_text("k-test.c2VjcmV0\n")
    (tmp_path / "upload.jpg").write_bytes(FREE)
    for place, here in (
        ("https://tocsin.example", faulty.url),
        ("/etc/tocsin/key", str(tmp_path / "key")),
        ("/var/lib/tocsin", str(tmp_path)),
        ("upload.jpg", str(tmp_path / "upload.jpg")),
    ):
        code = code.replace(place, here)
    with a_client(faulty.url) as client:
        names = {"client": client, "files": {"a": FREE}, "stream": [FREE]}
        exec(code, {**names, "app": None, "application": None})  # noqa: S102 - our own documents


def test_the_configuration_for_synapse_is_one_that_the_module_reads(tmp_path: Path) -> None:
    written = (DOORS / "synapse.md").read_text("utf-8")
    lines = re.findall(r"^      (\w+): (\S+)$", written, re.MULTILINE)
    (tmp_path / "key").write_text("k-test.c2VjcmV0\n")
    config = {**dict(lines), "key_file": str(tmp_path / "key")}
    assert TocsinMediaCheck.parse_config(config).server == "https://tocsin.example"

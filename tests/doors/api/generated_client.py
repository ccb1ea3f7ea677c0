"""A client that a tool made from our OpenAPI, as a programme: `generated_client.py URL KEY …`.

The folder with the client stands in PYTHONPATH. Prints what it got for each request as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

MD5 = "ab" * 16


def ask(url: str, key: str, listed: str, job: str) -> dict[str, Any]:
    """One request of each kind that the client knows."""
    package = importlib.import_module("tocsin_client")
    client = package.AuthenticatedClient(base_url=url, token=key, timeout=20)

    def call(name: str, **named: Any) -> Any:
        module = importlib.import_module(f"tocsin_client.api.default.{name}")
        return module.sync_detailed(client=client, **named)

    def model(name: str, value: dict[str, Any]) -> Any:
        return getattr(importlib.import_module("tocsin_client.models"), name).from_dict(value)

    named = {"listed": listed, "other": MD5, "wrong": "zz"}
    items = [{"id": name, "md5": md5} for name, md5 in named.items()]
    batch = model("ChecksRequest", {"items": items[:2]})
    wrong = model("ChecksRequest", {"items": items, "on_error": "item"})
    report = model("ReportRequest", {"url": "https://pictures.example/a.jpg"})
    return {
        "checks": told(call("check", body=batch)),
        "on_error": told(call("check", body=wrong)),
        "report": told(call("report", body=report, idempotency_key='"r-1"')),
        "again": told(call("report", body=report, idempotency_key='"r-1"')),
        "corrections": told(call("poll_corrections", after=0)),
        "job": told(call("describe_job", job_id=job)),
        "deleted": told(call("delete_job", job_id=job)),
        "gone": told(call("describe_job", job_id=job)),
    }


def told(answer: Any) -> dict[str, Any]:
    """The status and what the client made of the body."""
    parsed = answer.parsed
    body = parsed.to_dict() if hasattr(parsed, "to_dict") else None
    return {"status": int(answer.status_code), "kind": type(parsed).__name__, "body": body}


if __name__ == "__main__":
    json.dump(ask(*sys.argv[1:5]), sys.stdout)

"""What OpenAPI says of jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.domain.jobs.types import MOST_ITEMS, JobView
from tocsin.doors.api.http import NDJSON
from tocsin.doors.api.v2 import jobs, repeats, wire_jobs
from tocsin.engine.search import Level

Json = dict[str, Any]
Parts = Callable[..., Json]

SHOWN = [JobView, wire_jobs.JobPageEnd]

REPEATED: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A string of your own for this request, the same when you send it again.",
    "schema": {"type": "string", "pattern": repeats.PATTERN},
}
LEVEL: Json = {
    "name": "Tocsin-Level",
    "in": "header",
    "required": False,
    "description": "How much of what is sent is asked; `level` in the body of a batch.",
    "schema": {"type": "string", "enum": [level.value for level in Level]},
}
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


def lines(schema: str) -> Json:
    """Content of lines; OpenAPI 3.1 has no word for the schema of one."""
    return {NDJSON: {"schema": {"type": "string", "description": f"Each line is a `{schema}`."}}}


def paths(*, answer: Parts, refusals: Parts) -> Json:
    """The paths of jobs, built with the same parts as all others."""
    results = answer("JobPageEnd", "A page of results; the last line is a `JobPageEnd`.")
    return {
        jobs.PLACE: {
            "post": {
                "operationId": "makeJob",
                "summary": f"Check up to {MOST_ITEMS:,} pictures by their fingerprints, later",
                "description": "A wrong line is answered as such and stops nothing.",
                "security": _BEARER,
                "parameters": [REPEATED, LEVEL],
                "requestBody": {
                    "required": True,
                    "description": f"At most {jobs.MOST_BYTES:,} bytes.",
                    "content": lines("CheckItem"),
                },
                "responses": {
                    "202": answer("JobView", "The job is kept and will be worked off."),
                    **refusals(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
                },
            }
        },
        f"{jobs.ONE}{{job_id}}": {
            "get": {
                "operationId": "describeJob",
                "summary": "How a job stands",
                "security": _BEARER,
                "parameters": [_job_id()],
                "responses": {
                    "200": answer("JobView", "The job of your party."),
                    **refusals(401, 404, 429, 503),
                },
            },
            "delete": {
                "operationId": "deleteJob",
                "summary": "Delete a job with all that was asked and answered",
                "security": _BEARER,
                "parameters": [_job_id()],
                "responses": {
                    "204": {"description": "Nothing of it is left."},
                    **refusals(401, 404, 429, 503),
                },
            },
        },
        f"{jobs.ONE}{{job_id}}/results": {
            "get": {
                "operationId": "fetchResults",
                "summary": "A page of a job's results, as far as it is",
                "security": _BEARER,
                "parameters": [
                    _job_id(),
                    _number("offset", 0, jobs.MOST_OFFSET),
                    _number("limit", 1, wire_jobs.MOST_RESULTS),
                ],
                "responses": {
                    "200": {**results, "content": lines("Result")},
                    **refusals(401, 404, 410, 422, 429, 503),
                },
            }
        },
    }


def _job_id() -> Json:
    return {
        "name": "job_id",
        "in": "path",
        "required": True,
        "description": "The `id` of the job.",
        "schema": {"type": "string", "format": "uuid"},
    }


def _number(name: str, least: int, most: int) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": least, "maximum": most},
    }

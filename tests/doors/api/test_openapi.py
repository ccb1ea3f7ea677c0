"""The description, and that the door does what it says: schemathesis asks hundreds of things."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

from tests.domain.listing import a_list, put
from tests.doors.api.asking import Client, basic
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.types import IssuedKey
from tocsin.domain.jobs import actions as jobs
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.private.evaluating import Evaluator
from tocsin.domain.receipts.queries import Issuer
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.http import NDJSON
from tocsin.doors.api.v2 import openapi
from tocsin.engine.media import fingerprint
from tocsin.engine.oprf import blind

DOCUMENT = openapi.document()
SUCCESS = {200, 202, 204}
# A job is deleted once, and nobody guesses the id of a receipt.
PROOF = "/v2/receipts/{receipt_id}/proof"
DELTA = "/v2/private/delta"
ALSO = {("/v2/jobs/{job_id}", "delete"): {404}, (PROOF, "get"): {404}}


@schemathesis.serializer(NDJSON)
def as_lines(ctx: Any, value: Any) -> bytes:
    """A stream goes over the wire as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


# Nothing wrong can be sent where nothing is asked for, or lines that are answered one by one.
NONE: dict[str, Any] = {"content": {}}
ASKED = [
    (path, method, mode)
    for path, methods in sorted(DOCUMENT["paths"].items())
    for method, told in sorted(methods.items())
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or set(told.get("requestBody", NONE)["content"]) - {NDJSON}
]


def test_the_description_is_open_to_everybody(client: Client) -> None:
    said = client.ask("GET", "/v2/openapi.json")
    assert said.status == 200
    assert said.json["openapi"] == "3.1.0"
    assert said.json == DOCUMENT


def test_every_schema_in_it_is_a_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_schema_of_an_item_knows_which_fields_belong_together() -> None:
    schema = {"$ref": "#/components/schemas/CheckItem", "components": DOCUMENT["components"]}
    validator = Draft202012Validator(schema)
    md5 = "ab" * 16
    assert validator.is_valid({"id": "a", "md5": md5})
    assert validator.is_valid({"id": "a", "md5": md5, "pdq": None})
    assert validator.is_valid({"id": "a", "pdq": "ab" * 32, "pdq_quality": 3})
    assert not validator.is_valid({"id": "a"})
    assert not validator.is_valid({"id": "a", "md5": None})
    assert not validator.is_valid({"id": "a", "pdq": "ab" * 32})
    assert not validator.is_valid({"id": "a", "md5": md5, "pdq_quality": 3})


def test_the_document_names_what_a_stream_is_made_of() -> None:
    for part in (
        DOCUMENT["paths"]["/v2/checks"]["post"]["requestBody"],
        DOCUMENT["paths"]["/v2/checks"]["post"]["responses"]["200"],
    ):
        assert part["content"].keys() == {"application/json", "application/x-ndjson"}
    assert {"Result", "StreamEnd", "StreamStopped"} <= DOCUMENT["components"]["schemas"].keys()


def test_every_path_in_it_is_answered_and_no_other(client: Client) -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method in methods:
            assert client.ask(method.upper(), path).status in {200, 401}
        assert client.ask("PATCH", path).status == 405
    assert client.ask("GET", "/v2/else").status == 404
    assert client.ask("POST", "/v2/checks/").status == 404


@pytest.fixture
def door_and_key(
    checker: Checker, issuer: Issuer, issue: Issue, now: datetime
) -> tuple[ApiDoor, IssuedKey]:
    put(now, a_list(now), "beach")
    checker.follow(now)
    Evaluator().look(now)
    door = ApiDoor(
        checker=lambda: checker, fingerprint=fingerprint, now=lambda: now, issuer=lambda: issuer
    )
    return door, issue(burst=1_000_000)


@pytest.fixture
def a_job(door_and_key: tuple[ApiDoor, IssuedKey]) -> str:
    """The id of a job of the key's party."""
    door, key = door_and_key
    body = b'{"id": "a", "md5": "%s"}\n' % (b"ab" * 16)
    client = Client(door).with_bearer(key)
    return str(client.post("/v2/jobs", body, CONTENT_TYPE=NDJSON).json["id"])


@pytest.mark.parametrize(("path", "method", "mode"), ASKED)
def test_the_door_does_what_its_description_says(
    path: str,
    method: str,
    mode: GenerationMode,
    door_and_key: tuple[ApiDoor, IssuedKey],
    a_job: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door, key = door_and_key
    # Each of them is kept: what a party may have of them at once is another test's matter.
    monkeypatch.setattr(jobs, "MOST_UNFINISHED", 1_000)
    headers = _headers(DOCUMENT["paths"][path][method]["security"], key)
    operation = schemathesis.openapi.from_wsgi("/v2/openapi.json", door)[path][method.upper()]
    statuses: set[int] = set()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _make_possible(case, path, a_job)
        assume(mode is GenerationMode.POSITIVE or not by_items(case))
        statuses.add(case.call_and_validate(headers=headers).status_code)

    ask()
    if mode is GenerationMode.POSITIVE:
        assert statuses <= {int(one) for one in DOCUMENT["paths"][path][method]["responses"]}
        assert statuses & SUCCESS or path == PROOF
        assert not statuses - SUCCESS - ALSO.get((path, method), set())
    else:
        assert statuses - {200, 202}


def _make_possible(case: Any, path: str, job_id: str) -> None:
    """What no schema can say: what is a web address that we can work with, which job there is,
    that a key of a request is for that request alone, that a job has an item, which version of the
    lists and which pages there are, and what is an element of a group; that there is no receipt
    for what is new only, and that the level exact asks digests."""
    if path == "/v2/checks" and isinstance(case.body, dict):
        _make_batch_possible(case.body)
    if path == "/v2/reports":
        case.body["url"] = "https://pictures.example/a.jpg"
    if path == "/v2/webhook":
        case.body["url"] = None if case.body["url"] is None else "https://hooks.example/a"
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f'"{uuid4()}"'
    if path == "/v2/jobs":
        case.body = f"{case.body}\n{{}}"
    if path.startswith("/v2/jobs/"):
        case.path_parameters["job_id"] = job_id
    if path == DELTA:
        case.query = {"since": 1}
    if path == "/v2/private/evaluate":
        case.body["elements"] = [b64encode(blind(b"a").element).decode()]


def _make_batch_possible(body: dict[str, Any]) -> None:
    if body.get("since_version") is not None:
        body |= {"since_version": 1, "receipt": False}
    if body.get("level") == "exact":
        body["level"] = "near"


def by_items(case: Any) -> bool:
    """Whether wrong items are answered one by one, so that nothing is refused as a whole."""
    choice = case.body.get("on_error") if isinstance(case.body, dict) else None
    return bool(case.media_type == NDJSON or choice == "item")


def _headers(security: list[dict[str, list[str]]], key: IssuedKey) -> dict[str, str]:
    schemes = {name for entry in security for name in entry}
    if "bearer" in schemes:
        return {"Authorization": f"Bearer {key.bearer}"}
    return {"Authorization": basic(key.key_id, key.secret)} if schemes else {}

"""`/v2/jobs`: taken in as lines, worked off later, fetched page by page."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.listing import a_list, digest, put
from tests.doors.api.asking import Client, Said
from tests.doors.api.conftest import Issue
from tests.support import run_worker_round
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.jobs import actions as jobs
from tocsin.domain.jobs import spool, types
from tocsin.domain.jobs.models import Job
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit

pytestmark = pytest.mark.django_db
PATH = "/v2/jobs"
NDJSON = "application/x-ndjson"


def line(name: str) -> bytes:
    return msgspec.json.encode({"id": name, "md5": digest(Kind.MD5, name).hex()}) + b"\n"


LINES = line("hill") + b"no json\n" + line("beach") + line("dune")


@pytest.fixture(autouse=True)
def beach(checker: Checker, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture `beach` is listed, and the worker has the test's checker."""
    put(now, a_list(now), "beach")
    checker.follow(now)
    monkeypatch.setattr(matching, "checker", lambda: checker)


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


def send(provider: Client, body: bytes = LINES, **environ: Any) -> Said:
    return provider.post(PATH, body, CONTENT_TYPE=NDJSON, **environ)


def lines_of(said: Said) -> list[Any]:
    assert said.status == 200
    assert said.headers["Content-Type"] == NDJSON
    return [msgspec.json.decode(one) for one in said.body.splitlines()]


def test_a_job_is_taken_worked_off_and_fetched(provider: Client, now: datetime) -> None:
    said = send(provider)
    assert said.status == 202
    made = said.json
    assert (made["state"], made["items"], made["done"], made["ahead"]) == ("waiting", 4, 0, 4)
    assert made["forget_at"] == "2026-03-10T10:00:00Z"
    one = f"{PATH}/{made['id']}"
    assert lines_of(provider.ask("GET", f"{one}/results")) == [{"end": 0, "next_offset": 0}]
    run_worker_round(now)
    stands = provider.ask("GET", one).json
    assert (stands["state"], stands["done"], stands["ahead"]) == ("done", 4, 0)
    assert stands["counts"] == {"not_listed": 2, "refused": 1, "listed": 1}
    assert stands["list_version"] == 1
    hill, wrong, beach, dune, end = lines_of(provider.ask("GET", f"{one}/results"))
    assert [x["status"] for x in (hill, beach, dune)] == ["not_listed", "listed", "not_listed"]
    assert beach["match"]["kind"] == "exact"
    assert (wrong["status"], wrong["error"]["index"]) == ("refused", 1)
    assert end == {"end": 4, "next_offset": None}
    run_worker_round(now)
    assert Hit.objects.get().client_id == "beach"


def test_results_come_in_pages(provider: Client, now: datetime) -> None:
    one = f"{PATH}/{send(provider).json['id']}"
    run_worker_round(now)
    found: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        query = f"offset={offset}&limit=3"
        *some, end = lines_of(provider.ask("GET", f"{one}/results", QUERY_STRING=query))
        assert end["end"] == len(some)
        found += some
        offset = end["next_offset"]
    assert [x["id"] for x in found] == ["hill", None, "beach", "dune"]


def test_an_answer_is_told_as_the_tier_of_who_fetches_it_may_hear_it(
    client: Client, issue: Issue, now: datetime
) -> None:
    boolean = client.with_bearer(issue(Tier.BOOLEAN))
    one = f"{PATH}/{send(boolean).json['id']}"
    run_worker_round(now)
    _, wrong, beach, *_ = lines_of(boolean.ask("GET", f"{one}/results"))
    assert (beach["status"], beach["action"], beach["match"]) == ("listed", None, None)
    assert wrong["action"] is None


def test_a_job_belongs_to_its_party(client: Client, issue: Issue, provider: Client) -> None:
    one = f"{PATH}/{send(provider).json['id']}"
    other = client.with_bearer(issue(Tier.ACTION))
    for method, place in (("GET", one), ("GET", f"{one}/results"), ("DELETE", one)):
        assert other.ask(method, place).code == "no_such_job"
        assert client.ask(method, place).status == 401
    assert provider.ask("GET", one).status == 200


def test_a_deleted_job_is_gone_with_its_files(provider: Client, data_folder: Path) -> None:
    one = f"{PATH}/{send(provider).json['id']}"
    said = provider.ask("DELETE", one)
    assert (said.status, said.body) == (204, b"")
    assert provider.ask("GET", one).status == 404
    assert provider.ask("DELETE", one).status == 404
    assert not list((data_folder / "jobs").iterdir())


def test_a_job_sent_twice_with_its_key_is_one_job(provider: Client, data_folder: Path) -> None:
    first = send(provider, HTTP_IDEMPOTENCY_KEY='"j-1"')
    again = send(provider, HTTP_IDEMPOTENCY_KEY='"j-1"')
    assert (again.status, again.json) == (202, first.json)
    assert len(list((data_folder / "jobs").iterdir())) == 1
    other = send(provider, line("else"), HTTP_IDEMPOTENCY_KEY='"j-1"')
    assert (other.status, other.code) == (422, "other_request")
    assert Job.objects.count() == 1


@pytest.mark.parametrize("query", ["offset=a", "offset=-1", "limit=0", "limit=99999", "offset="])
def test_a_page_that_is_none_is_refused(provider: Client, query: str) -> None:
    one = f"{PATH}/{send(provider).json['id']}"
    assert provider.ask("GET", f"{one}/results", QUERY_STRING=query).status == 422


def test_lost_results_are_not_called_empty(
    provider: Client, now: datetime, data_folder: Path
) -> None:
    one = f"{PATH}/{send(provider).json['id']}"
    run_worker_round(now)
    for path in data_folder.rglob("given-*"):
        path.unlink()
    assert provider.ask("GET", f"{one}/results").code == "results_lost"


def test_what_is_no_job_is_refused_and_leaves_nothing(
    provider: Client, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider.post(PATH, LINES, CONTENT_TYPE="application/json").status == 415
    assert send(provider, b"\n \n").code == "wrong_size"
    assert send(provider, LINES, CONTENT_LENGTH="999").code == "body_cut_short"
    assert send(provider, CONTENT_LENGTH="200000001").code == "too_large"
    monkeypatch.setattr(jobs, "MOST_ITEMS", 2)
    assert (send(provider).status, send(provider).code) == (413, "too_large")
    monkeypatch.setattr(jobs, "PIECE_ITEMS", 1)
    assert send(provider).status == 413
    assert not Job.objects.exists()
    assert not list((data_folder / "jobs").glob("*"))


def test_more_unfinished_jobs_than_may_be_are_refused(provider: Client) -> None:
    for _ in range(types.MOST_UNFINISHED):
        assert send(provider).status == 202
    said = send(provider)
    assert (said.status, said.code) == (429, "too_many_jobs")
    assert said.headers["Retry-After"] == "60"


def test_a_disk_that_takes_no_more_is_503(
    provider: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "put_asked", full)
    assert (send(provider).status, send(provider).code) == (503, "unavailable")


def test_a_body_of_many_pieces_is_taken_as_it_comes(
    provider: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"".join(line(str(n)) for n in range(2_500))
    chunked = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": io.BytesIO(body)}
    said = send(provider, b"", **chunked)
    assert said.json["items"] == 2_500
    run_worker_round(now)
    query = "offset=1999&limit=2"
    one = f"{PATH}/{said.json['id']}/results"
    first, second, end = lines_of(provider.ask("GET", one, QUERY_STRING=query))
    assert (first["id"], second["id"], end["next_offset"]) == ("1999", "2000", 2_001)


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [("GET", PATH, 405), ("POST", f"{PATH}/x", 405), ("DELETE", f"{PATH}/x/results", 405),
     ("GET", f"{PATH}/x", 404), ("GET", f"{PATH}/", 404), ("GET", f"{PATH}/x/y", 404)],
)  # fmt: skip
def test_other_methods_and_places_are_refused(
    provider: Client, method: str, place: str, status: int
) -> None:
    assert provider.ask(method, place).status == status


@given(body=st.binary(max_size=200) | st.lists(st.just(LINES), max_size=3).map(b"".join))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_sent_is_a_job_of_as_many_items_as_lines_or_none(
    provider: Client, body: bytes
) -> None:
    said = send(provider, body)
    lines = [one for one in (part.strip() for part in body.split(b"\n")) if one]
    if lines:
        assert (said.status, said.json["items"]) == (202, len(lines))
        provider.ask("DELETE", f"{PATH}/{said.json['id']}")
    else:
        assert said.status == 422

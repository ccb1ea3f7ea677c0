"""Private deltas over the wire: what a holder of digests finds out, and nobody else."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.domain.listing import ANALYST, Told, a_list, digest, prints, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.test_corrections import valid
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Kind, Purpose, Serve
from tocsin.domain.matching.actions import set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.private import desk
from tocsin.domain.matching.private.evaluating import Evaluator
from tocsin.domain.matching.types import PolicyTerms
from tocsin.engine.oprf import ProofWrong, blind, digest_input, finalize, kept_output

pytestmark = pytest.mark.django_db


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def evaluated(client: Client, *digests: bytes, kind: str = "md5") -> list[bytes]:
    """What a holder of these digests learns to look for."""
    asked = [blind(digest_input(kind, one)) for one in digests]
    told = client.post_json(
        "/v2/private/evaluate", {"elements": [text(one.element) for one in asked]}
    )
    assert told.status == 200
    assert valid("Evaluation", told.json)
    public = base64.b64decode(client.ask("GET", "/v2/private/key").json["public_key"])
    elements = [base64.b64decode(one) for one in told.json["evaluated"]]
    outputs = finalize(asked, elements, base64.b64decode(told.json["proof"]), public)
    return [kept_output(one) for one in outputs]


def delta(client: Client, since: int, **more: int) -> Any:
    query = "&".join(f"{name}={value}" for name, value in {"since": since, **more}.items())
    told = client.ask("GET", "/v2/private/delta", QUERY_STRING=query)
    assert told.status == 200, told.body
    assert valid("PrivateDelta", told.json)
    return told.json


def values(told: Any) -> list[bytes]:
    whole = base64.b64decode(told["values"])
    return [
        whole[at : at + told["value_bytes"]] for at in range(0, len(whole), told["value_bytes"])
    ]


class Place:
    """A list that grows, a worker that evaluates, and a key that compares."""

    def __init__(self, client: Client, checker: Checker, key: IssuedKey, now: datetime) -> None:
        self.client, self.checker, self.now = client.with_bearer(key), checker, now
        self.list_no = a_list(now)
        self.worker = Evaluator()
        self.follow()
        self.began = checker.serving(now).version  # type: ignore[union-attr]

    def follow(self) -> None:
        self.worker.look(self.now, seconds=10)
        self.checker.follow(self.now)

    def add(self, *names: str, list_no: int | None = None, told: Told | None = None) -> list[int]:
        ids = [put(self.now, list_no or self.list_no, name, told or Told()) for name in names]
        self.follow()
        return ids


@pytest.fixture
def place(client: Client, checker: Checker, issue: Issue, now: datetime) -> Place:
    return Place(client, checker, issue(), now)


def test_a_holder_finds_what_came_and_nothing_else(place: Place) -> None:
    place.add("listed")
    told = delta(place.client, place.began)
    listed, other = evaluated(
        place.client, digest(Kind.MD5, "listed"), digest(Kind.MD5, "not listed")
    )
    assert listed in values(told)
    assert other not in values(told)
    [sha1] = evaluated(place.client, digest(Kind.SHA1, "listed"), kind="sha1")
    assert sorted([listed, sha1]) == values(told)
    assert delta(place.client, told["list_version"])["values"] == ""


def test_what_was_withdrawn_meanwhile_is_not_told(place: Place) -> None:
    [entry_id] = place.add("listed")
    hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=place.now)
    place.follow()
    assert values(delta(place.client, place.began)) == []


def test_what_the_key_may_not_see_is_not_told(place: Place) -> None:
    now = place.now
    lists = (
        a_list(now, "tests", purpose=Purpose.TEST),
        a_list(now, "nearness", serve=Serve.NEAR),
        a_list(now, "harmless", purpose=Purpose.BENIGN_ALLOW),
    )
    for number, list_no in enumerate(lists):
        place.add(f"picture {number}", list_no=list_no)
    assert values(delta(place.client, place.began)) == []


def test_what_stands_on_two_lists_is_told_once(place: Place) -> None:
    place.add("listed")
    place.add("listed", list_no=a_list(place.now, "second"))
    assert len(values(delta(place.client, place.began))) == 2


def test_pages_together_are_the_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.add(*(f"picture {number}" for number in range(10)))
    whole = values(delta(place.client, place.began))
    assert len(whole) == 20
    monkeypatch.setattr(desk, "PAGE_VALUES", 4)
    first = delta(place.client, place.began)
    assert first["pages"] == 8
    place.add("later")
    got = values(first)
    for page in range(1, first["pages"]):
        of_first = {"through": first["list_version"], "pages": first["pages"]}
        got += values(delta(place.client, place.began, page=page, **of_first))
    assert got == whole


@pytest.mark.parametrize(
    "query",
    [
        "",
        "since=-1",
        "since=x",
        "since=1&since=2",
        "since=0&other=1",
        "since=0&page=1",
        "since=0&through=5",
        "since=0&through=5&pages=3",
        "since=0&through=5&pages=131072",
        "since=9999&through=1&pages=1",
        "since=" + "9" * 30,
    ],
)
def test_a_page_that_cannot_be_is_refused(query: str, place: Place) -> None:
    told = place.client.ask("GET", "/v2/private/delta", QUERY_STRING=query)
    assert (told.status, told.code) == (422, "wrong_request")


def test_a_version_that_is_not_there_yet_is_refused(place: Place) -> None:
    query = f"since={place.began}&through={place.began + 1}&pages=1"
    assert place.client.ask("GET", "/v2/private/delta", QUERY_STRING=query).status == 422


def test_what_came_before_the_epoch_is_asked_for_otherwise(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    put(now, a_list(now, "older"), "old")
    late = Place(client, checker, issue(), now)
    told = late.client.ask("GET", "/v2/private/delta", QUERY_STRING="since=0")
    assert (told.status, told.code) == (410, "too_old")


def test_before_the_worker_has_begun_it_says_so(client: Client, issue: Issue) -> None:
    told = client.with_bearer(issue()).ask("GET", "/v2/private/delta", QUERY_STRING="since=0")
    assert (told.status, told.code) == (503, "unavailable")
    assert told.headers["Retry-After"] == "30"


@pytest.mark.parametrize(
    "elements",
    [
        [],
        ["x"],
        [text(bytes(32))],
        [text(b"\xff" * 32)],
        [text(bytes(31))],
        [text(bytes(33))],
        [text(blind(b"a").element)] * 2_001,
        None,
    ],
)
def test_what_is_no_batch_of_elements_is_refused(elements: Any, place: Place) -> None:
    told = place.client.post_json("/v2/private/evaluate", {"elements": elements})
    assert (told.status, told.code) == (422, "wrong_request")


def test_a_body_that_is_no_json_is_refused(place: Place) -> None:
    told = place.client.post("/v2/private/evaluate", b"{", CONTENT_TYPE="application/json")
    assert (told.status, told.code) == (400, "not_json")


def test_who_hears_yes_or_no_only_may_not_compare_unless_that_was_agreed(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    key = issue(Tier.BOOLEAN)
    asking = client.with_bearer(key)
    for path in ("delta", "evaluate"):
        method = "GET" if path == "delta" else "POST"
        told = asking.ask(method, f"/v2/private/{path}")
        assert (told.status, told.code) == (403, "not_agreed")
    agreed = PolicyTerms(private_delta=True)
    set_terms(key_id=key.key_id, policy=agreed, actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    assert evaluated(asking, digest(Kind.MD5, "a"))
    set_terms(key_id=key.key_id, policy=replace(agreed, private_delta=False), actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    assert asking.post("/v2/private/evaluate").status == 403


def test_without_a_key_only_the_public_key_is_told(client: Client) -> None:
    told = client.ask("GET", "/v2/private/key")
    assert told.status == 200
    assert valid("PrivateKey", told.json)
    for method, path in (("GET", "delta"), ("POST", "evaluate")):
        assert client.ask(method, f"/v2/private/{path}").status == 401


def test_every_evaluation_counts_as_a_fingerprint_asked(
    place: Place, checker: Checker, now: datetime
) -> None:
    same = [digest(Kind.MD5, "a")] * 50
    evaluated(place.client, *same)
    [watched] = checker.guard._watched.values()
    # The same digest blinded anew is another one: nobody here could tell.
    assert 40 < watched.watch.counted.hashes.estimate() < 60


def test_a_server_that_tells_another_public_key_is_found_out(place: Place) -> None:
    asked = [blind(digest_input("md5", digest(Kind.MD5, "a")))]
    told = place.client.post_json(
        "/v2/private/evaluate", {"elements": [text(asked[0].element)]}
    ).json
    elements = [base64.b64decode(one) for one in told["evaluated"]]
    with pytest.raises(ProofWrong):
        finalize(asked, elements, base64.b64decode(told["proof"]), blind(b"another").element)


def test_no_digest_of_the_list_is_in_a_delta(place: Place) -> None:
    place.add("listed", told=Told(fingerprints=prints("listed", Kind.SHA256, Kind.MD5)))
    body = base64.b64decode(delta(place.client, place.began)["values"])
    assert len(body) == 24
    for kind in (Kind.SHA256, Kind.MD5):
        assert digest(kind, "listed")[:4] not in body

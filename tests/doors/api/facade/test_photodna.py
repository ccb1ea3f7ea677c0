"""The wire of PhotoDNA Cloud, as clients meet it that look at nothing but `IsMatch`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.listing import Told, a_list, digest, prints, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.facade.asking_foreign import asked_by, b64, foreign
from tests.doors.api.facade.conftest import Lost
from tests.doors.api.facade.serving import nobody, serving, serving_late
from tests.doors.api.test_media import landscape
from tests.support import run_worker_round
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit
from tocsin.doors.api.door import ApiDoor
from tocsin.engine.fingerprints import Fingerprints

PREFIX = "/facade/photodna/v1.0"
EDGE = b64(b"x" * 924)

pytestmark = pytest.mark.django_db


def pre_hash(value: bytes) -> dict[str, str]:
    return {"DataRepresentation": "PreHashV2", "Value": b64(value)}


@pytest.fixture
def harbour(checker: Checker, now: datetime) -> bytes:
    """The PhotoDNA hash of a listed picture."""
    told = Told(fingerprints=prints("harbour", Kind.PHOTODNA))
    put(now, a_list(now, "photodna"), "harbour", told)
    checker.follow(now)
    return digest(Kind.PHOTODNA, "harbour")


class TestWithRequests:
    pytestmark = foreign

    def test_pictures_and_hashes_are_matched(
        self, door: ApiDoor, issue: Issue, listed: Fingerprints, harbour: bytes, picture: bytes
    ) -> None:
        hashes = [pre_hash(harbour), pre_hash(digest(Kind.PHOTODNA, "hill"))]
        with serving(door) as base:
            raw, inline, other, two = asked_by(
                "photodna",
                base,
                issue().bearer,
                {"place": "Match?enhance=false", "file": b64(picture)},
                {"place": "Match", "json": {"DataRepresentation": "inline", "Value": b64(picture)}},
                {"place": "Match?enhance=true", "file": b64(landscape(7))},
                {"place": "MatchHash?enhance=false", "json": hashes},
            )
        for told in (raw, inline):
            assert (told["clean"], told["codes"]) == (False, [3000])
            ((flag,),) = told["flags"]
            assert flag["Source"] == "Tocsin"
            assert flag["Violations"] == ["B1"]
            assert flag["AdvancedInfo"][0]["Key"] == "MatchId"
        assert (other["clean"], other["codes"], other["flags"]) == (True, [3000], [[]])
        assert (two["clean"], two["codes"]) == (False, [3000, 3000])
        assert [len(flags) for flags in two["flags"]] == [1, 0]

    def test_what_could_not_be_checked_is_raised(
        self, door: ApiDoor, issue: Issue, harbour: bytes
    ) -> None:
        url = {"DataRepresentation": "URL", "Value": "https://pictures.example/a.jpg"}
        edge = {"DataRepresentation": "PreHashV2", "Value": EDGE}
        with serving(door) as base:
            told = asked_by(
                "photodna",
                base,
                issue().bearer,
                {"place": "Match", "file": b64(b"hello")},
                {"place": "Match", "file": b64(landscape(size=(40, 40)))},
                {"place": "Match", "json": url},
                {"place": "MatchHash", "json": [edge]},
                {"place": "MatchHash", "json": [pre_hash(harbour)] * 6},
                {"place": "Match", "file": b64(b"hello"), "key": "wrong.key"},
            )
        assert [one["status"] for one in told] == [422, 422, 422, 422, 400, 401]

    def test_nothing_reads_as_clean_while_nothing_can_be_answered(
        self, without_index: Lost, picture: bytes
    ) -> None:
        key = without_index.key.bearer
        asked: list[dict[str, Any]] = [
            {"place": "Match", "file": b64(picture)},
            {"place": "MatchHash", "json": [pre_hash(bytes(144))]},
        ]
        down = asked_by("photodna", nobody(), key, *asked)
        with serving(without_index.door) as base:
            without = asked_by("photodna", base, key, *asked)
        with serving_late(without_index.door) as base:
            late = asked_by("photodna", base, key, *asked, timeout=0.3)
        assert [one["raised"] for one in down] == ["ConnectionError"] * 2
        assert [one["status"] for one in without] == [503] * 2
        assert [one["raised"] for one in late] == ["ReadTimeout"] * 2


@pytest.fixture
def client(door: ApiDoor, issue: Issue) -> Client:
    return Client(door, {"HTTP_OCP_APIM_SUBSCRIPTION_KEY": issue().bearer})


def code_of(said: Any) -> int:
    return int(said.json["Status"]["Code"])


def test_each_reason_has_its_status_code_and_none_says_is_match(client: Client) -> None:
    for body, code in ((b"hello", 3206), (landscape(size=(40, 40)), 3208), (b"", 3206)):
        said = client.post(f"{PREFIX}/Match", body)
        assert (said.status, code_of(said)) == (422, code)
        assert "IsMatch" not in said.json
    too_large = client.post(f"{PREFIX}/Match", CONTENT_LENGTH="104857601")
    assert (too_large.status, code_of(too_large)) == (413, 3209)
    wrong = client.post_json(f"{PREFIX}/Match", {"Value": "a"})
    assert (wrong.status, code_of(wrong)) == (400, 3002)
    edge = client.post(f"{PREFIX}/MatchEdgeHash", b"x" * 924)
    assert (edge.status, code_of(edge)) == (501, 3002)


def test_the_tracking_id_goes_with_the_hit(
    client: Client, listed: Fingerprints, picture: bytes, now: datetime
) -> None:
    said = client.post(f"{PREFIX}/Match", picture)
    run_worker_round(now)
    assert Hit.objects.get().client_id == said.json["TrackingId"]
    assert said.json["ContentId"] is None


def test_only_the_tier_that_hears_of_the_class_is_told_it(
    door: ApiDoor, issue: Issue, listed: Fingerprints, picture: bytes
) -> None:
    client = Client(door, {"HTTP_OCP_APIM_SUBSCRIPTION_KEY": issue(Tier.ACTION).bearer})
    said = client.post(f"{PREFIX}/Match", picture)
    assert said.json["IsMatch"] is True
    assert said.json["MatchDetails"]["MatchFlags"][0]["Violations"] == []


def test_an_entry_under_review_is_neither_a_match_nor_clean(
    client: Client, checker: Checker, now: datetime
) -> None:
    told = Told(held=True, fingerprints=prints("harbour", Kind.PHOTODNA))
    put(now, a_list(now), "harbour", told)
    checker.follow(now)
    values = [digest(Kind.PHOTODNA, name) for name in ("hill", "harbour")]
    said = client.post_json(f"{PREFIX}/MatchHash", [pre_hash(value) for value in values])
    assert said.status == 409
    clear, held = said.json["MatchResults"]
    assert (clear["Status"]["Code"], clear["IsMatch"]) == (3000, False)
    assert held["Status"]["Code"] == 3004
    assert "IsMatch" not in held


def test_the_key_is_not_taken_from_the_address(door: ApiDoor, issue: Issue) -> None:
    query = f"subscription-key={issue().bearer}"
    said = Client(door).post(f"{PREFIX}/Match", b"x", QUERY_STRING=query)
    assert (said.status, code_of(said)) == (401, 3002)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["DataRepresentation", "Value", "x"]), inner)
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@given(
    place=st.sampled_from(["Match", "MatchHash", "MatchEdgeHash"]),
    body=JSON_LIKE | st.binary(max_size=200),
    content_type=st.sampled_from(["application/json", "image/png", ""]),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_sent_is_refused_in_the_wires_own_shape(
    client: Client, place: str, body: bytes, content_type: str
) -> None:
    said = client.post(f"{PREFIX}/{place}", body, CONTENT_TYPE=content_type)
    assert 400 <= said.status < 502
    assert code_of(said) != 3000
    assert "IsMatch" not in said.json

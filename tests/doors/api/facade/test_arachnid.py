"""The wire of Arachnid Shield, as its unmodified public SDK meets it and as anybody else does."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.domain.listing import Told, a_key, a_list, digest, flipped, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.facade.asking_foreign import PYTHON, b64, foreign
from tests.doors.api.facade.conftest import Lost
from tests.doors.api.facade.serving import nobody, serving, serving_late
from tests.doors.api.test_media import landscape
from tests.support import run_worker_round
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists.types import FingerprintValue, Kind, Purpose
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import PolicyTerms
from tocsin.doors.api.door import ApiDoor
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import fingerprint

SCRIPT = Path(__file__).parent / "arachnid_client.py"
PREFIX = "/facade/arachnid/v1"

pytestmark = pytest.mark.django_db


def sdk(base: str, key: IssuedKey, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What the SDK made of each request."""
    login = {"user": key.key_id, "password": key.secret}
    done = subprocess.run(
        [str(PYTHON), str(SCRIPT)],
        env={"ARACHNID_SHIELD_URL": f"{base}/facade/arachnid/"},
        input=json.dumps([{**login, **one} for one in asked]),
        check=True,
        capture_output=True,
        text=True,
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def an_edit_of(picture: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).resize((200, 150)).save(file, "JPEG", quality=80)
    return file.getvalue()


class TestWithTheSdk:
    pytestmark = foreign

    def test_bytes_files_and_hashes_are_scanned_by_both_of_its_clients(
        self, door: ApiDoor, issue: Issue, listed: Fingerprints, picture: bytes, tmp_path: Path
    ) -> None:
        file = tmp_path / "a.png"
        file.write_bytes(picture)
        assert listed.pdq is not None
        near, far = b64(flipped(listed.pdq, 9)), b64(digest(Kind.PDQ, "hill"))
        one_by_one: list[dict[str, Any]] = [
            {"what": "bytes", "contents": b64(picture)},
            {"what": "file", "path": str(file)},
            {"what": "bytes", "contents": b64(an_edit_of(picture))},
            {"what": "bytes", "contents": b64(landscape(7))},
            {"what": "pdq", "hashes": [near, far]},
        ]
        with serving(door) as base:
            told = sdk(base, issue(), *one_by_one, *({**one, "async": True} for one in one_by_one))
        assert told[:5] == told[5:]
        exact, of_file, edit, other, hashes = told[:5]
        assert exact == of_file
        assert exact == {
            "known": True,
            "size_bytes": len(picture),
            "sha1_base32": base64.b32encode(listed.sha1).decode(),
            "sha256_hex": listed.sha256.hex().upper(),
            "classification": "csam",
            "match_type": "exact",
            "near_match_details": [],
        }
        assert (edit["classification"], edit["match_type"]) == ("harmful-abusive-material", "near")
        assert edit["known"]
        assert (other["known"], other["classification"]) == (False, "no-known-match")
        assert other["match_type"] is None
        assert hashes[near] == {
            "class": "harmful-abusive-material", "known": True, "type": "near", "details": None,
        }  # fmt: skip
        assert hashes[far] == {
            "class": "no-known-match", "known": False, "type": None, "details": None,
        }  # fmt: skip

    def test_what_could_not_be_checked_is_raised(
        self, door: ApiDoor, issue: Issue, listed: Fingerprints, picture: bytes
    ) -> None:
        white = io.BytesIO()
        Image.new("RGB", (300, 300), "white").save(white, "PNG")
        files = [b"hello", picture[:60], b"", landscape(size=(40, 40)), white.getvalue()]
        asked = [{"what": "bytes", "contents": b64(file)} for file in files]
        with serving(door) as base:
            told = sdk(
                base,
                issue(),
                *asked,
                {"what": "url", "url": "https://pictures.example/a.jpg"},
                {"what": "pdq", "hashes": [b64(bytes(32))]},
                {"what": "pdq", "hashes": ["not base64"]},
                {"what": "pdq", "hashes": []},
                {"what": "bytes", "contents": b64(picture), "password": "wrong"},
            )
        assert {one.get("raised") for one in told} == {"ArachnidShieldException"}
        assert "fetches no address" in told[5]["detail"]

    def test_an_entry_under_review_is_raised_and_says_to_keep_the_file_back(
        self, checker: Checker, door: ApiDoor, issue: Issue, picture: bytes, now: datetime
    ) -> None:
        prints = (FingerprintValue(Kind.SHA1, fingerprint(picture).sha1),)
        put(now, a_list(now), "landscape", Told(held=True, fingerprints=prints))
        checker.follow(now)
        with serving(door) as base:
            (told,) = sdk(base, issue(), {"what": "bytes", "contents": b64(picture)})
        assert told["raised"] == "ArachnidShieldException"
        assert "keep the file back" in told["detail"]

    @pytest.mark.parametrize("is_async", [False, True])
    def test_nothing_reads_as_clean_while_nothing_can_be_answered(
        self, without_index: Lost, picture: bytes, is_async: bool
    ) -> None:
        key = without_index.key
        asked: list[dict[str, Any]] = [
            {"what": "bytes", "contents": b64(picture), "async": is_async, "timeout": 1},
            {"what": "pdq", "hashes": [b64(digest(Kind.PDQ, "hill"))], "async": is_async,
             "timeout": 1},
        ]  # fmt: skip
        told = sdk(nobody(), key, *asked)
        with serving(without_index.door) as base:
            without = sdk(base, key, *({**one, "timeout": 20} for one in asked))
        with serving_late(without_index.door) as base:
            late = sdk(base, key, *({**one, "timeout": 0.3} for one in asked))
        assert [one["raised"] for one in told] == ["ConnectError"] * 2
        assert [one["raised"] for one in without] == ["ArachnidShieldException"] * 2
        assert all("index" in one["detail"] for one in without)
        assert [one["raised"] for one in late] == ["ReadTimeout"] * 2


@pytest.fixture
def shield(door: ApiDoor, issue: Issue) -> Client:
    return Client(door).with_basic(issue())


def test_no_digest_of_a_listed_file_is_told(
    shield: Client, listed: Fingerprints, picture: bytes
) -> None:
    said = shield.post(f"{PREFIX}/media/", an_edit_of(picture))
    assert said.status == 200
    for value in (listed.sha1, listed.sha256, listed.md5):
        text = said.body.decode().lower()
        assert value.hex() not in text
        assert base64.b32encode(value).decode().lower() not in text
    assert said.json["reference"]


def test_a_hit_is_kept_with_the_askers_own_name_for_the_file(
    shield: Client, listed: Fingerprints, picture: bytes, now: datetime
) -> None:
    said = shield.post(f"{PREFIX}/media/", picture, HTTP_TOCSIN_CLIENT_ID="upload 7")
    assert said.headers["RateLimit"].startswith('"key";r=')
    run_worker_round(now)
    assert Hit.objects.get().client_id == "upload 7"


@pytest.mark.parametrize(("tier", "word"), [(Tier.ACTION, "csam"), (Tier.BOOLEAN, "csam")])
def test_every_tier_hears_of_an_exact_match(
    door: ApiDoor, issue: Issue, listed: Fingerprints, picture: bytes, tier: Tier, word: str
) -> None:
    said = Client(door).with_basic(issue(tier)).post(f"{PREFIX}/media/", picture)
    assert said.json["classification"] == word


def test_a_tier_that_hears_yes_or_no_gets_no_answer_for_a_near_match(
    door: ApiDoor, issue: Issue, listed: Fingerprints, picture: bytes
) -> None:
    client = Client(door).with_basic(issue(Tier.BOOLEAN))
    said = client.post(f"{PREFIX}/media/", an_edit_of(picture))
    assert (said.status, said.json["code"]) == (409, "under_review")


def test_in_shadow_mode_nothing_is_done(
    door: ApiDoor, checker: Checker, listed: Fingerprints, picture: bytes, now: datetime
) -> None:
    key = a_key(now, PolicyTerms(shadow=True))
    checker.keys.refresh(at=now)
    said = Client(door).with_basic(key).post(f"{PREFIX}/media/", picture)
    assert said.json["classification"] == "no-known-match"
    # What could not be looked at is no answer in shadow either.
    assert Client(door).with_basic(key).post(f"{PREFIX}/media/", b"hello").status == 422


def test_what_no_illegal_list_names_is_for_a_person_to_look_at(
    shield: Client, checker: Checker, picture: bytes, now: datetime
) -> None:
    prints = (FingerprintValue(Kind.SHA1, fingerprint(picture).sha1),)
    number = a_list(now, purpose=Purpose.EXPLOITATIVE)
    put(now, number, "landscape", Told(fingerprints=prints))
    checker.follow(now)
    said = shield.post(f"{PREFIX}/media/", picture)
    assert said.json["classification"] == "harmful-abusive-material"


def test_the_hashes_that_were_not_answered_are_named_by_their_place(
    shield: Client, listed: Fingerprints
) -> None:
    hashes = [b64(digest(Kind.PDQ, "hill")), b64(bytes(32)), b64(b"\xff" * 32)]
    said = shield.post_json(f"{PREFIX}/pdq/", {"hashes": hashes})
    assert said.status == 422
    assert "1, 2" in said.json["detail"]
    assert hashes[1] not in said.body.decode()


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [("GET", "/media/", 405), ("POST", "/media", 404), ("POST", "/else/", 404)],
)
def test_other_places_and_methods_are_refused_in_its_shape(
    shield: Client, method: str, place: str, status: int
) -> None:
    said = shield.ask(method, f"{PREFIX}{place}")
    assert said.status == status
    assert said.json["detail"]


def test_a_facade_that_is_not_open_does_not_exist(checker: Checker, now: datetime) -> None:
    door = ApiDoor(checker=lambda: checker, fingerprint=lambda data: None, facades=())  # type: ignore[arg-type,return-value]
    assert Client(door).post(f"{PREFIX}/media/").status == 404


ANYTHING = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=8,
    ).map(lambda value: json.dumps({"hashes": value}).encode()),
    st.lists(st.binary(min_size=32, max_size=32).map(b64), max_size=4).map(
        lambda hashes: json.dumps({"hashes": hashes}).encode()
    ),
)


@given(place=st.sampled_from(["media/", "pdq/", "url/"]), body=ANYTHING)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_sent_gets_an_answer_of_the_wire_and_only_pictures_read_as_clean(
    shield: Client, place: str, body: bytes
) -> None:
    said = shield.post(f"{PREFIX}/{place}", body)
    if said.status == 200:
        assert place == "pdq/"
        assert said.json["scanned_hashes"].keys() == set(json.loads(body)["hashes"])
    else:
        assert 400 <= said.status < 502
        assert isinstance(said.json["detail"], str)

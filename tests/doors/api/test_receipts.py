"""Receipts as a provider gets them, and what they prove to others who have nothing but our keys."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.domain.listing import a_key, a_list, digest, flipped, put
from tests.doors.api.asking import Client, Said
from tests.doors.api.conftest import Issue
from tests.support import run_worker_round
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.types import OutagePolicy, Tier
from tocsin.base.secrets import Keyrings
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import ListsSeen, PolicyTerms
from tocsin.domain.receipts.models import Batch
from tocsin.domain.receipts.queries import Issuer
from tocsin.doors.api.door import ApiDoor
from tocsin.engine import receipts
from tocsin.engine.media import fingerprint
from tocsin.engine.receipts import Kept, NotProven, Receipt

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"
LATER = datetime(2030, 1, 1, tzinfo=UTC)
SENT: dict[str, Any] = {
    "items": [
        {"id": "a", "md5": digest(Kind.MD5, "beach").hex().upper()},
        {
            "id": "b",
            "sha256": digest(Kind.SHA256, "hill").hex(),
            "pdq": flipped(digest(Kind.PDQ, "beach"), 9).hex(),
            "pdq_quality": 81.6,
            "media_status": "ok",
            "url": "https://img.example/1.jpg",
        },
        {"id": "é", "sha1": digest(Kind.SHA1, "hill").hex(), "md5": None},
    ],
    "receipt": True,
}


@pytest.fixture(autouse=True)
def beach(checker: Checker, now: datetime) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


def keys(client: Client) -> dict[str, receipts.PublicKey]:
    """The public keys as anybody gets them. Made today, and receipts here are given in March."""
    told = client.ask("GET", "/v2/receipts/keys")
    assert told.status == 200
    found = receipts.read_keys(told.body.decode())
    return {kid: replace(key, made_at=None) for kid, key in found.items()}


@dataclass(frozen=True)
class Given:
    """An answer with its receipt, verified."""

    kept: Kept
    receipt: Receipt

    @property
    def results(self) -> tuple[dict[str, Any], ...]:
        assert self.kept.results is not None
        return self.kept.results

    @property
    def salt(self) -> bytes:
        assert self.kept.salt is not None
        return self.kept.salt

    def prove(self, sent: object) -> None:
        told = receipts.asked_items(json.dumps(sent), self.results, door=self.receipt.door)
        receipts.prove_items(self.receipt, self.salt, told)


def given(client: Client, said: Said) -> Given:
    kept = receipts.read_kept(said.body.decode())
    assert isinstance(kept, Kept)
    return Given(kept, receipts.open_receipt(kept.jws, keys(client), now=LATER))


def test_no_receipt_is_given_unasked(provider: Client, issuer: Issuer, now: datetime) -> None:
    said = provider.post_json(PATH, {"items": SENT["items"]})
    assert "receipt" not in said.json
    assert "receipt_index" not in said.json["results"][0]
    issuer.flush(now)
    assert not Batch.objects.exists()


def test_a_receipt_says_who_asked_what_against_what(provider: Client, now: datetime) -> None:
    said = provider.post_json(PATH, SENT)
    found = given(provider, said)
    receipt = found.receipt
    assert [result["receipt_index"] for result in found.results] == [0, 1, 2]
    assert (receipt.issuer, receipt.door, receipt.lists) == (
        "hotline.example",
        "v2-checks",
        "live",
    )
    assert (receipt.at, receipt.list_version, receipt.stale) == (now, 1, False)
    assert (receipt.items, receipt.shadow, receipt.outage_policy) == (3, False, "hold")
    assert receipt.party.startswith("party:")
    assert receipt.id == said.json["receipt"]["id"]
    found.prove(SENT)


def test_a_receipt_proves_nothing_that_was_not_asked_or_told(provider: Client) -> None:
    found = given(provider, provider.post_json(PATH, SENT))
    other = json.loads(json.dumps(SENT))
    other["items"][1]["pdq_quality"] = 80
    with pytest.raises(NotProven, match="differs"):
        found.prove(other)
    for field, value in (("status", "not_listed"), ("action", "none"), ("id", "z")):
        results = ({**found.results[0], field: value}, *found.results[1:])
        changed = replace(found, kept=replace(found.kept, results=results))
        with pytest.raises(NotProven):
            changed.prove(
                {"items": [{**SENT["items"][0], "id": results[0]["id"]}, *SENT["items"][1:]]}
            )


@pytest.mark.parametrize("tier", Tier)
def test_every_tier_gets_a_receipt_for_what_it_was_told(
    client: Client, issue: Issue, tier: Tier
) -> None:
    provider = client.with_bearer(issue(tier))
    given(provider, provider.post_json(PATH, SENT)).prove(SENT)


def test_a_receipt_tells_neither_hash_nor_id_and_the_log_neither(
    provider: Client, issuer: Issuer, now: datetime
) -> None:
    text = provider.post_json(PATH, SENT).json["receipt"]["jws"]
    issuer.flush(now)
    run_worker_round(now)
    shown = [receipts.from_text(part).decode("latin-1") for part in text.split(".")[:2]]
    shown += [str(row) for row in Batch.objects.values()]
    for name, kind in (("beach", Kind.MD5), ("hill", Kind.SHA256), ("hill", Kind.SHA1)):
        assert not any(digest(kind, name).hex() in one.lower() for one in shown)


def test_two_receipts_for_the_same_have_nothing_in_common(provider: Client) -> None:
    one, two = (given(provider, provider.post_json(PATH, SENT)).receipt for _ in range(2))
    assert one.root != two.root
    assert one.id != two.id


def test_a_file_is_proven_by_its_sha256(provider: Client) -> None:
    data = b"no picture"
    said = provider.post("/v2/media", data, HTTP_TOCSIN_RECEIPT="true", HTTP_TOCSIN_CLIENT_ID="x")
    found = given(provider, said)
    assert found.receipt.door == "v2-media"
    found.prove({"items": [{"sha256": hashlib.sha256(data).hexdigest()}]})
    with pytest.raises(NotProven):
        found.prove({"items": [{"sha256": hashlib.sha256(b"else").hexdigest()}]})
    assert "receipt" not in provider.post("/v2/media", data, HTTP_TOCSIN_RECEIPT="false").json
    assert provider.post("/v2/media", data, HTTP_TOCSIN_RECEIPT="yes").code == "wrong_receipt"


def test_an_outage_gets_a_receipt_with_the_policy_agreed_on(
    issue: Issue, issuer: Issuer, data_folder: Path, now: datetime
) -> None:
    terms = PolicyTerms(outage_policy=OutagePolicy.OPEN_AND_RECHECK)
    key = a_key(now, terms, party="Small Host", terms=KeyTerms(Tier.ACTION))
    shutil.rmtree(data_folder / "index")
    fresh = Checker.from_settings()
    fresh.follow(now)
    door = ApiDoor(
        checker=lambda: fresh, fingerprint=fingerprint, now=lambda: now, issuer=lambda: issuer
    )
    provider = Client(door).with_bearer(key)
    said = provider.post_json(PATH, SENT)
    assert said.status == 503
    assert said.json["outage_policy"] == "open-and-recheck"
    found = given(provider, said)
    assert found.receipt.list_version is None
    assert found.receipt.outage_policy == "open-and-recheck"
    assert {result["status"] for result in found.results} == {"unavailable"}
    found.prove(SENT)


def test_a_key_in_shadow_mode_has_that_in_its_receipt(
    checker: Checker, client: Client, now: datetime
) -> None:
    terms = PolicyTerms(shadow=True, lists=ListsSeen.TEST)
    key = a_key(now, terms, party="Careful")
    checker.keys.refresh(at=now)
    provider = client.with_bearer(key)
    found = given(provider, provider.post_json(PATH, SENT))
    assert (found.receipt.shadow, found.receipt.lists) == (True, "test")
    found.prove(SENT)


@pytest.mark.parametrize("wrong", ["yes", 1, None])
def test_a_receipt_is_asked_for_by_true_alone(provider: Client, wrong: object) -> None:
    said = provider.post_json(PATH, {**SENT, "receipt": wrong})
    assert (said.status, said.code) == (422, "wrong_batch")


def test_a_receipt_is_proven_in_the_log_a_minute_later(
    provider: Client, issuer: Issuer, now: datetime
) -> None:
    found = given(provider, provider.post_json(PATH, SENT))
    address = f"/v2/receipts/{found.receipt.id}/proof"
    early = provider.ask("GET", address)
    assert (early.status, early.code, early.headers["Retry-After"]) == (404, "not_in_log", "60")
    issuer.flush(now)
    assert provider.ask("GET", address).code == "not_in_log_yet"
    run_worker_round(now + timedelta(minutes=1))
    proof = receipts.read_log_proof(provider.ask("GET", address).body.decode())
    head = receipts.prove_logged(found.kept.jws, proof, keys(provider), now=LATER)
    assert head.size == 1
    told = provider.ask("GET", "/v2/receipts/head").json
    assert (told["size"], told["head"], told["consistency"]) == (1, proof.head, None)


def test_the_log_is_shown_to_have_only_grown(
    provider: Client, issuer: Issuer, now: datetime
) -> None:
    assert provider.ask("GET", "/v2/receipts/head").json["head"] is None
    heads = []
    for minute in range(1, 4):
        for _ in range(minute):
            provider.post_json(PATH, SENT)
            issuer.flush(now)
        run_worker_round(now + timedelta(minutes=minute))
        said = provider.ask("GET", "/v2/receipts/head", QUERY_STRING="from=1")
        heads.append(receipts.read_head(said.body.decode()))
    ring = keys(provider)
    first, last = (receipts.open_head(one.jws, ring, now=LATER) for one in (heads[0], heads[-1]))
    assert (first.size, last.size, heads[-1].earlier_size) == (1, 6, 1)
    receipts.prove_consistent(first, last, heads[-1].path)
    beyond = provider.ask("GET", "/v2/receipts/head", QUERY_STRING="from=7").json
    assert beyond["consistency"] is None
    assert provider.ask("GET", "/v2/receipts/head", QUERY_STRING="from=x").code == "wrong_from"


@pytest.mark.parametrize("wrong", ["x", "0" * 32, "0" * 32 + ".00", "../../keys", "a" * 5_000])
def test_what_is_no_receipt_is_not_in_the_log(provider: Client, wrong: str) -> None:
    assert provider.ask("GET", f"/v2/receipts/{wrong}/proof").code == "not_in_log"


def test_without_a_key_there_are_our_public_keys_and_nothing_else(client: Client) -> None:
    assert client.ask("GET", "/v2/receipts/keys").json["keys"][0]["kid"] == "k1"
    assert client.ask("GET", "/v2/receipts/head").status == 401
    assert client.ask("GET", f"/v2/receipts/{'0' * 32}.0/proof").status == 401


def test_after_a_rotation_old_receipts_hold_and_new_ones_name_the_new_key(
    provider: Client, data_folder: Path
) -> None:
    old = given(provider, provider.post_json(PATH, SENT))
    Keyrings(data_folder / "keys").rotate("receipt")
    new = provider.post_json(PATH, SENT).json["receipt"]["jws"]
    header = json.loads(receipts.from_text(new.split(".")[0]))
    assert header == {"alg": "EdDSA", "kid": "k2", "typ": "tocsin-receipt"}
    ring = keys(provider)
    assert set(ring) == {"k1", "k2"}
    for text in (old.kept.jws, new):
        receipts.open_receipt(text, ring, now=LATER)

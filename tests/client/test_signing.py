"""Reports that are signed, told to the real API; and keys that do not do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.client.faulty import KEY, QUICK, Asked, Faulty, Says
from tests.domain.desk import SYSTEM
from tocsin.base.accounts.types import IssuedKey
from tocsin.client import CallRefused, Client, Key, OutagePolicy, SigningKey, Stated, WrongKey
from tocsin.domain.intake import actions, models

SEED = b"s" * 32
ADDRESS = "https://img.example/3.jpg"
Issue = Callable[..., IssuedKey]


@pytest.fixture
def signing(now: datetime) -> SigningKey:
    return SigningKey("main", SEED, now=now.timestamp)


def a_client(server: str, key: Key, signing: SigningKey | None = None) -> Client:
    key = replace(key, signing=signing)
    return Client(server, key, outage=OutagePolicy.CLOSED, settings=QUICK)


@pytest.fixture
def must_sign(issue: Issue, signing: SigningKey, now: datetime) -> Key:
    """A key whose requests must be signed by `signing`."""
    issued = issue()
    actions.add_signature_key(
        key_id=issued.key_id, name="main", public_key=signing.public_key, actor=SYSTEM, at=now
    )
    return Key(issued.key_id, issued.secret)


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_a_key_that_must_sign_reports_only_so(
    house: str, must_sign: Key, signing: SigningKey
) -> None:
    with a_client(house, must_sign) as client, pytest.raises(CallRefused) as refused:
        client.report(ADDRESS)
    assert refused.value.status == 401
    with a_client(house, must_sign, signing) as client:
        told = [client.report(ADDRESS, client_reference="H-3").repeated for _ in range(2)]
    assert told == [False, True]


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_another_key_of_the_same_name_does_not_do(
    house: str, must_sign: Key, now: datetime
) -> None:
    other = SigningKey("main", b"o" * 32, now=now.timestamp)
    with a_client(house, must_sign, other) as client, pytest.raises(CallRefused) as refused:
        client.report(ADDRESS)
    assert refused.value.status == 401


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_a_report_says_what_a_hotline_knows(house: str, issue: Issue) -> None:
    issued = issue()
    stated = Stated(site_type="imagehost", iccam_number="4711", source="partner")
    with a_client(house, Key(issued.key_id, issued.secret)) as client:
        client.report(ADDRESS, stated=stated)
    row = models.Stated.objects.get()
    assert (row.site_type, row.iccam_number, row.source) == ("imagehost", "4711", "partner")


@pytest.mark.server
def test_each_try_is_signed_anew(faulty: Faulty, signing: SigningKey) -> None:
    def answer(asked: Asked) -> Says:
        if len(faulty.asked) < 3:
            return Says(503, {})
        return Says(202, {"report": "r", "repeated": False})

    faulty.answer = answer
    with a_client(faulty.url, KEY, signing) as client:
        client.report(ADDRESS, client_reference="H-1")
    signatures = {asked.headers["signature"] for asked in faulty.asked}
    assert len(signatures) == len(faulty.asked) == 3


def test_a_key_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    made, path = SigningKey.made("main"), tmp_path / "key"
    path.write_text(made.seed_text + "\n")
    path.chmod(0o644)
    with pytest.raises(WrongKey, match="chmod 600"):
        SigningKey.from_file("main", path)
    path.chmod(0o600)
    assert SigningKey.from_file("main", path) == made
    assert made.seed_text not in repr(made)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("two words", "", "the name"),
        ("main", "AAAA", "32 bytes"),
        ("main", "no base64!", "no base64"),
        ("main", "\u00e9", "cannot be read"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, name: str, text: str, why: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    with pytest.raises(WrongKey, match=why):
        SigningKey.from_file(name, path)

"""A key with a signature key on file must sign; what is signed cannot be changed nor sent twice."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.desk import SYSTEM, incoming
from tocsin.domain.intake import actions, queries
from tocsin.domain.intake.types import NotSigned, Said, SenderRefused, SignedRequest

KEY_ID = "tk_partner"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
COVERED = ("@method", "@path", "content-digest")
BODY = b'{"url":"https://host.example/p/1"}'


def signed(
    at: datetime,
    body: bytes = BODY,
    covered: tuple[str, ...] = COVERED,
    name: str = "main",
    more: str = "",
    key: Ed25519PrivateKey = KEY,
) -> SignedRequest:
    """As a partner signs it (RFC 9421, section 3.1)."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    values = {"@method": "POST", "@path": "/v2/reports", "content-digest": f"sha-256=:{digest}:",
              "content-type": "application/json"}  # fmt: skip
    names = " ".join(f'"{one}"' for one in covered)
    params = f'({names});created={int(at.timestamp())};keyid="{name}";alg="ed25519"{more}'
    lines = [f'"{one}": {values[one]}' for one in covered]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    signature = base64.b64encode(key.sign(base.encode())).decode()
    headers = {
        "Content-Digest": values["content-digest"],
        "Content-Type": "application/json",
        "Signature-Input": f"sig1={params}",
        "Signature": f"sig1=:{signature}:",
    }
    return SignedRequest("POST", "/v2/reports", headers, body)


@pytest.fixture
def key(now: datetime, db: None) -> None:
    actions.add_signature_key(key_id=KEY_ID, name="main", public_key=PUBLIC, actor=SYSTEM, at=now)


def check(request: SignedRequest, now: datetime) -> str:
    return actions.check_signature(key_id=KEY_ID, request=request, at=now)


@pytest.mark.django_db
def test_a_key_without_one_need_not_sign(now: datetime) -> None:
    unsigned = SignedRequest("POST", "/v2/reports", {}, b"")
    assert actions.check_signature(key_id="tk_other", request=unsigned, at=now) == ""


@pytest.mark.usefixtures("key")
def test_a_signed_request_counts(now: datetime) -> None:
    assert check(signed(now), now)
    assert check(signed(now, covered=(*COVERED, "content-type")), now + timedelta(minutes=4))


@pytest.mark.usefixtures("key")
def test_what_is_not_signed_as_it_must_is_refused(now: datetime) -> None:
    good = signed(now)
    headers = dict(good.headers)
    for bad in (
        replace(good, headers={}),
        replace(good, body=b"another"),
        replace(good, method="PUT"),
        replace(good, path="/v2/feedback"),
        replace(good, headers={**headers, "Content-Digest": "sha-256=:AAAA:"}),
        replace(good, headers={n: v for n, v in headers.items() if n != "Content-Digest"}),
        replace(good, headers={**headers, "Signature": f"sig1=:{'A' * 88}:"}),
        signed(now, covered=("@method", "@path")),
        signed(now, covered=(*COVERED, "@method")),
        signed(now, name="other"),
        signed(now, key=Ed25519PrivateKey.generate()),
        signed(now - timedelta(minutes=6)),
        signed(now + timedelta(minutes=6)),
        signed(now, more=f";expires={int(now.timestamp()) - 1}"),
        signed(now, more=';alg="hmac-sha256"'),
    ):
        with pytest.raises(NotSigned):
            check(bad, now)


@pytest.mark.usefixtures("key")
def test_a_header_that_is_covered_cannot_be_changed(now: datetime) -> None:
    good = signed(now, covered=(*COVERED, "content-type"))
    for headers in (
        {**good.headers, "Content-Type": "text/plain"},
        {name: value for name, value in good.headers.items() if name != "Content-Type"},
    ):
        with pytest.raises(NotSigned):
            check(replace(good, headers=headers), now)


@pytest.mark.usefixtures("key")
def test_a_signature_counts_once_and_not_where_nothing_was_done(now: datetime) -> None:
    signature = check(signed(now), now)
    with pytest.raises(ValueError, match="address"):
        actions.receive(report=incoming("no address"), said=Said(), actor=SYSTEM, at=now,
                        signature=signature)  # fmt: skip
    actions.receive(report=incoming(), said=Said(), actor=SYSTEM, at=now, signature=signature)
    with pytest.raises(NotSigned):
        actions.receive(report=incoming(), said=Said(), actor=SYSTEM, at=now, signature=signature)


@pytest.mark.usefixtures("key")
def test_keys_come_and_go(now: datetime) -> None:
    with pytest.raises(SenderRefused):
        actions.add_signature_key(key_id=KEY_ID, name="b", public_key="x", actor=SYSTEM, at=now)
    with pytest.raises(SenderRefused):
        actions.add_signature_key(
            key_id=KEY_ID, name="main", public_key=PUBLIC, actor=SYSTEM, at=now
        )
    assert set(queries.signature_keys(KEY_ID)) == {"main"}
    assert actions.remove_signature_key(key_id=KEY_ID, name="main", actor=SYSTEM, at=now)
    assert check(replace(signed(now), headers={}), now) == ""


@pytest.mark.usefixtures("key")
@given(header=st.text(max_size=200), signature=st.text(max_size=200))
def test_no_header_breaks_the_check(header: str, signature: str) -> None:
    now = datetime.fromisoformat("2026-03-03T10:00:00+00:00")
    headers = {"Signature-Input": header, "Signature": signature}
    with pytest.raises(NotSigned):
        check(SignedRequest("POST", "/v2/reports", headers, b""), now)

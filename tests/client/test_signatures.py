"""Webhooks: what the house signs is read, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doors.api.asking import Client
from tocsin.client import Challenge, FeedPage, NotSigned, WebhookReader
from tocsin.client.signatures import read_keys
from tocsin.domain.corrections.sending import signed_headers
from tocsin.doors.api.door import ApiDoor

PAGE = {
    "type": "corrections",
    "corrections": [
        {
            "id": "0d4c",
            "no": 42,
            "at": "2026-03-03T10:00:00Z",
            "key_id": "tk_abc",
            "what": "withdrawn",
            "references": ["k1.pQ"],
            "appeal": None,
            "rehearsal": False,
            "hits": [
                {
                    "id": "upload-1",
                    "at": "2026-03-01T08:12:44Z",
                    "now": "not_listed",
                    "references": ["k1.pQ"],
                }
            ],
        }
    ],
    "cursor": 42,
    "more": False,
}
BODY = json.dumps(PAGE).encode()


@pytest.fixture
def reader(now: datetime) -> WebhookReader:
    """With the keys as the house publishes them."""
    door = ApiDoor(
        checker=lambda: pytest.fail("not asked"), fingerprint=lambda data: pytest.fail("no")
    )
    signed_headers("first", b"", now)  # so that there is a key
    keys = Client(door).ask("GET", "/v2/webhook/keys").body
    return WebhookReader(read_keys(keys), now=now.timestamp)


def test_what_the_house_signs_is_read(reader: WebhookReader, now: datetime) -> None:
    page = reader.read(signed_headers("corrections-1-42-42", BODY, now), BODY)
    assert isinstance(page, FeedPage)
    [correction] = page.corrections
    assert (page.cursor, page.more, correction.no, correction.what) == (42, False, 42, "withdrawn")
    assert (correction.hits[0].id, correction.hits[0].now) == ("upload-1", "not_listed")
    assert correction.at == now


def test_a_challenge_is_answered_with_its_word(reader: WebhookReader, now: datetime) -> None:
    body = b'{"type": "challenge", "challenge": "w0rd"}'
    told = reader.read(signed_headers("challenge-1", body, now), body)
    assert isinstance(told, Challenge)
    assert told.answer == {"challenge": "w0rd"}


def test_names_of_headers_come_in_any_case(reader: WebhookReader, now: datetime) -> None:
    headers = {name.title(): value for name, value in signed_headers("x-1", BODY, now).items()}
    assert isinstance(reader.read(headers, BODY), FeedPage)


Headers = dict[str, str]
WRONG: dict[str, Callable[[Headers], Headers]] = {
    "no headers": lambda h: {},
    "no id": lambda h: {**h, "webhook-id": ""},
    "another id": lambda h: {**h, "webhook-id": "x"},
    "another time": lambda h: {**h, "webhook-timestamp": str(int(h["webhook-timestamp"]) + 1)},
    "no time": lambda h: {**h, "webhook-timestamp": "soon"},
    "another key": lambda h: {**h, "tocsin-key-id": "k9"},
    "no signature": lambda h: {**h, "webhook-signature": ""},
    "no base64": lambda h: {**h, "webhook-signature": "v1a,!!"},
    "too short": lambda h: {**h, "webhook-signature": "v1a,QUFB"},
    "another way": lambda h: {
        **h,
        "webhook-signature": h["webhook-signature"].replace("v1a", "v1"),
    },
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_signed_as_it_is_sent_is_refused(
    reader: WebhookReader, now: datetime, wrong: str
) -> None:
    with pytest.raises(NotSigned):
        reader.read(WRONG[wrong](signed_headers("x-1", BODY, now)), BODY)


def test_one_byte_more_is_another_message(reader: WebhookReader, now: datetime) -> None:
    with pytest.raises(NotSigned):
        reader.read(signed_headers("x-1", BODY, now), BODY + b" ")


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_message_is_refused(reader: WebhookReader, now: datetime, seconds: int) -> None:
    at = now + timedelta(seconds=seconds)
    with pytest.raises(NotSigned, match="another time"):
        reader.read(signed_headers("x-1", BODY, at), BODY)


anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(PAGE)), value=anything)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_signed_but_no_message_is_refused_in_words(
    reader: WebhookReader, now: datetime, name: str, value: object
) -> None:
    body = json.dumps({**PAGE, name: value}).encode()
    try:
        told = reader.read(signed_headers("x-1", body, now), body)
    except NotSigned:
        return
    assert isinstance(told, FeedPage)

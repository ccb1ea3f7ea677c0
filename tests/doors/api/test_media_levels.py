"""`POST /v2/media`: levels, and pictures that are written in documents as text."""

from __future__ import annotations

import base64
import io
from datetime import datetime

import pytest
from PIL import Image, ImageOps

from tests.domain.listing import Told, a_list, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.test_media import landscape
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.checker import Checker
from tocsin.engine.media import fingerprint

pytestmark = pytest.mark.django_db
PATH = "/v2/media"
BINARY = "application/octet-stream"


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


@pytest.fixture
def picture(checker: Checker, now: datetime) -> bytes:
    """A drawn landscape that is listed, by SHA-1 and PDQ."""
    data = landscape(seed=7, size=(640, 480))
    found = fingerprint(data)
    assert found.pdq is not None
    prints = (
        FingerprintValue(Kind.SHA1, found.sha1),
        FingerprintValue(Kind.PDQ, found.pdq, found.pdq_quality),
    )
    put(now, a_list(now), "landscape", Told(fingerprints=prints))
    checker.follow(now)
    return data


def mirrored(data: bytes) -> bytes:
    file = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(data))).save(file, "PNG")
    return file.getvalue()


def again(data: bytes) -> bytes:
    """The same picture in another file."""
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).save(file, "JPEG", quality=80)
    return file.getvalue()


def ask(provider: Client, data: bytes, level: str | None = None, kind: str = BINARY) -> str:
    told = {} if level is None else {"HTTP_TOCSIN_LEVEL": level}
    said = provider.post(PATH, data, CONTENT_TYPE=kind, **told)
    assert said.status == 200
    [result] = said.json["results"]
    return f"{result['status']} {result['action']}"


def test_a_mirrored_copy_is_found_at_the_level_thorough_alone(
    provider: Client, picture: bytes
) -> None:
    copy = mirrored(picture)
    assert ask(provider, copy) == "not_listed none"
    assert ask(provider, copy, "near") == "not_listed none"
    assert ask(provider, copy, "thorough") == "near review"


def test_at_the_level_exact_the_bytes_alone_are_compared(provider: Client, picture: bytes) -> None:
    assert ask(provider, picture, "exact") == "listed block"
    assert ask(provider, again(picture), "exact") == "not_listed none"
    assert ask(provider, again(picture)) == "near review"
    assert ask(provider, b"no picture", "exact") == "not_listed none"


def test_an_unknown_level_is_refused(provider: Client, picture: bytes) -> None:
    said = provider.post(PATH, picture, CONTENT_TYPE=BINARY, HTTP_TOCSIN_LEVEL="all")
    assert (said.status, said.code) == (400, "wrong_level")


def page(*pictures: bytes) -> bytes:
    images = (base64.b64encode(one).decode() for one in pictures)
    tags = "".join(f'<img src="data:image/png;base64,{one}">' for one in images)
    return f"<html><p>A page.</p>{tags}</html>".encode()


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/css", "application/json"])
def test_any_picture_written_in_a_document_is_looked_up(
    provider: Client, picture: bytes, kind: str
) -> None:
    other = landscape(seed=30, size=(400, 400))
    assert ask(provider, page(other, again(picture)), kind=kind) == "near review"
    assert ask(provider, page(other), kind=kind) == "not_listed none"
    assert ask(provider, page(other, mirrored(picture)), "thorough", kind) == "near review"


def test_a_document_without_a_picture_and_one_sent_as_bytes_are_unsupported(
    provider: Client, picture: bytes
) -> None:
    assert ask(provider, page(), kind="text/html") == "unsupported hold"
    assert ask(provider, page(again(picture))) == "unsupported hold"

"""`POST /v2/media`: one file's bytes."""

from __future__ import annotations

import io
import threading
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.domain.listing import Told, a_list, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.checker import Checker
from tocsin.doors.api import http
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.v2 import media
from tocsin.doors.api.v2.media import MediaDesk
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import DecoderUnavailable, fingerprint

pytestmark = pytest.mark.django_db
PATH = "/v2/media"


def landscape(seed: int = 1, size: tuple[int, int] = (320, 240), kind: str = "PNG") -> bytes:
    """A drawn picture with hills enough for a good PDQ."""
    noise = Image.effect_noise((size[0] // 20, size[1] // 20), 90 + seed)
    picture = noise.resize(size, Image.Resampling.BICUBIC).convert("RGB")
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


@pytest.fixture
def picture() -> bytes:
    return landscape()


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


@pytest.fixture
def listed(checker: Checker, picture: bytes, now: datetime) -> Fingerprints:
    found = fingerprint(picture)
    assert found.pdq is not None
    prints = (
        FingerprintValue(Kind.SHA1, found.sha1),
        FingerprintValue(Kind.PDQ, found.pdq, found.pdq_quality),
    )
    put(now, a_list(now), "landscape", Told(fingerprints=prints))
    checker.follow(now)
    return found


def test_the_very_file_is_listed(provider: Client, listed: Fingerprints, picture: bytes) -> None:
    said = provider.post(PATH, picture, HTTP_TOCSIN_CLIENT_ID="upload 7")
    assert said.status == 200
    (result,) = said.json["results"]
    assert (result["id"], result["status"], result["action"]) == ("upload 7", "listed", "block")


def test_an_edit_is_near(provider: Client, listed: Fingerprints, picture: bytes) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).resize((200, 150)).save(file, "JPEG", quality=80)
    (result,) = provider.post(PATH, file.getvalue()).json["results"]
    assert (result["id"], result["status"]) == (None, "near")
    assert 0 <= result["match"]["distance_bits"] <= 31


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", "corrupt"),
        (b"hello", "unsupported"),
        (landscape(size=(40, 40)), "too_small"),
        (landscape()[:60], "corrupt"),
    ],
)
def test_a_file_that_cannot_be_looked_at_is_held_and_says_why(
    provider: Client, listed: Fingerprints, body: bytes, status: str
) -> None:
    (result,) = provider.post(PATH, body).json["results"]
    assert (result["status"], result["action"]) == (status, "hold")


def test_a_form_is_refused_since_its_boundaries_would_be_hashed(
    provider: Client, picture: bytes
) -> None:
    said = provider.post(PATH, picture, CONTENT_TYPE="multipart/form-data; boundary=x")
    assert (said.status, said.code) == (415, "not_one_file")


def test_a_client_id_of_controls_or_without_end_is_refused(provider: Client) -> None:
    for wrong in ("a\x00", "a\n", "x" * 201):
        assert provider.post(PATH, b"x", HTTP_TOCSIN_CLIENT_ID=wrong).status == 400


def test_more_than_the_limit_is_413_without_reading_on(
    provider: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST_BYTES", 1_000)
    assert provider.post(PATH, b"x" * 1_001).status == 413
    stream = io.BytesIO(b"x" * 10_000_000)
    chunked = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": stream}
    assert provider.post(PATH, b"", **chunked).status == 413
    assert stream.tell() == 1_001


def test_a_decoder_that_cannot_start_is_503(checker: Checker, issue: Issue, now: datetime) -> None:
    def unavailable(data: bytes) -> Fingerprints:
        raise DecoderUnavailable("none")

    door = ApiDoor(checker=lambda: checker, fingerprint=unavailable, now=lambda: now)
    said = Client(door).with_bearer(issue()).post(PATH, b"x")
    assert (said.status, said.code) == (503, "busy")


def test_only_so_many_files_are_in_memory_at_once(
    checker: Checker, issue: Issue, now: datetime, picture: bytes
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slowly(data: bytes) -> Fingerprints:
        inside.set()
        go_on.wait(10)
        return fingerprint(data)

    door = ApiDoor(checker=lambda: checker, fingerprint=slowly, now=lambda: now)
    door._media = MediaDesk(slowly, most_at_once=1, wait_seconds=0.05)
    client = Client(door).with_bearer(issue())
    first = threading.Thread(target=client.post, args=(PATH, picture))
    first.start()
    inside.wait(10)
    said = Client(door).with_bearer(issue(Tier.ACTION)).post(PATH, picture)
    go_on.set()
    first.join()
    assert (said.status, said.code) == (503, "busy")
    assert client.post(PATH, picture).status == 200


def test_one_party_cannot_keep_all_the_others_out(
    checker: Checker, issue: Issue, now: datetime, picture: bytes
) -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()

    def slowly(data: bytes) -> Fingerprints:
        if data == b"slow":
            inside.release()
            go_on.wait(10)
        return fingerprint(data)

    door = ApiDoor(checker=lambda: checker, fingerprint=slowly, now=lambda: now)
    door._media = MediaDesk(slowly, most_at_once=4, wait_seconds=0.05)
    greedy, other = (Client(door).with_bearer(issue(tier)) for tier in (Tier.ACTION, Tier.DETAIL))
    slow = [threading.Thread(target=greedy.post, args=(PATH, b"slow")) for _ in range(2)]
    for thread in slow:
        thread.start()
        assert inside.acquire(timeout=10)
    refused, answered = greedy.post(PATH, picture), other.post(PATH, picture)
    go_on.set()
    for thread in slow:
        thread.join()
    assert (refused.status, refused.code) == (429, "too_many_at_once")
    assert refused.headers["Retry-After"] == "2"
    assert answered.status == 200
    assert greedy.post(PATH, picture).status == 200


class Dripping(io.BytesIO):
    """A body that comes a byte at a time, each a second after the other."""

    clock = 0.0

    def read(self, size: int | None = -1, /) -> bytes:
        self.clock += 1
        return super().read(1)


def test_an_upload_that_takes_too_long_is_ended(
    provider: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Dripping(b"x" * 1_000)
    monkeypatch.setattr(http, "monotonic", lambda: stream.clock)
    said = provider.post(PATH, b"x" * 1_000, **{"wsgi.input": stream})
    assert (said.status, said.code) == (408, "too_slow")
    assert stream.tell() == http.READ_WITHIN_SECONDS + 1


@pytest.fixture
def files_before(data_folder: Path) -> set[Path]:
    return set(data_folder.rglob("*"))


def test_a_checked_file_leaves_no_file_behind(
    provider: Client, picture: bytes, data_folder: Path, files_before: set[Path]
) -> None:
    assert provider.post(PATH, picture).status == 200
    assert set(data_folder.rglob("*")) == files_before

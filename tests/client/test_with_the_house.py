"""The client and the real API, over loopback."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.client.faulty import QUICK, a_client
from tests.domain.listing import Told, a_list, digest, put
from tests.doors.api.test_media import landscape
from tests.site.test_web_server import key, port
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.client import (
    Answer,
    AsyncClient,
    CallRefused,
    Client,
    Decision,
    Key,
    OutagePolicy,
    Question,
    RecheckQueue,
    Settings,
    Why,
    Word,
)
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.checker import Checker
from tocsin.engine import fingerprint

# Checks touch no row, so only what writes needs tables that the server's threads see too.
pytestmark = [pytest.mark.server, pytest.mark.django_db]

__all__ = ["key", "port"]

PICTURE = landscape()
Issue = Callable[..., IssuedKey]


@pytest.fixture
def listed(checker: Checker, now: datetime) -> int:
    """The picture, on a list; its entry."""
    found = fingerprint(PICTURE)
    assert found.pdq is not None
    prints = (
        FingerprintValue(Kind.SHA1, found.sha1),
        FingerprintValue(Kind.PDQ, found.pdq, found.pdq_quality),
    )
    entry = put(now, a_list(now), "landscape", Told(fingerprints=prints))
    checker.follow(now)
    return entry


def our_key(issued: IssuedKey) -> Key:
    return Key(issued.key_id, issued.secret)


@pytest.fixture
def client(house: str, issue: Issue, listed: int) -> Iterator[Client]:
    with Client(house, our_key(issue()), outage=OutagePolicy.CLOSED, settings=QUICK) as made:
        yield made


def edited() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.open(io.BytesIO(PICTURE)).resize((200, 150)).save(file, "JPEG", quality=80)
    return file.getvalue()


def test_the_very_file_is_blocked_however_it_is_given(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(PICTURE)
    with client.intake() as intake:
        for start in range(0, len(PICTURE), 999):
            intake.feed(PICTURE[start : start + 999])
        streamed = client.check_intake(intake, id="upload-1")
    verdicts = [
        streamed,
        client.check_bytes(PICTURE, id="upload-1"),
        client.check_file(path, id="upload-1"),
        client.check_file(io.BytesIO(PICTURE), id="upload-1"),
        client.send_bytes(PICTURE, id="upload-1"),
        client.send_file(str(path), id="upload-1"),
        client.check([Question.of(fingerprint(PICTURE), id="upload-1")])[0],
    ]
    assert {verdict.answer for verdict in verdicts} == {Answer.LISTED}
    assert {verdict.decision for verdict in verdicts} == {Decision.BLOCK}
    assert {verdict.id for verdict in verdicts} == {"upload-1"}
    assert all(verdict.reference for verdict in verdicts)
    assert {verdict.match.kind for verdict in verdicts if verdict.match} == {"exact"}


def test_an_edit_is_for_a_person_and_another_picture_goes_in(client: Client) -> None:
    near, other = client.check_bytes(edited()), client.check_bytes(landscape(seed=9))
    assert (near.answer, near.status, near.decision) == (Answer.LISTED, "near", Decision.HOLD)
    assert (other.answer, other.decision) == (Answer.NOT_LISTED, Decision.ALLOW)


@pytest.mark.parametrize("send", [False, True])
def test_what_cannot_be_looked_at_is_unknown(client: Client, send: bool) -> None:
    give = client.send_bytes if send else client.check_bytes
    for data, status in ((b"hello", "unsupported"), (PICTURE[:60], "corrupt")):
        verdict = give(data)
        assert (verdict.answer, verdict.status) == (Answer.UNKNOWN, status)
        assert (verdict.why, verdict.decision) == (Why.NOT_LOOKED_AT, Decision.HOLD)


@pytest.mark.parametrize("tier", list(Tier))
def test_every_tier_is_understood(house: str, issue: Issue, listed: int, tier: Tier) -> None:
    key = our_key(issue(tier))
    with Client(house, key, outage=OutagePolicy.HOLD, settings=QUICK) as client:
        verdicts = [client.check_bytes(PICTURE), client.check_bytes(edited())]
    assert [verdict.answer for verdict in verdicts] == [Answer.LISTED] * 2
    assert [verdict.decision for verdict in verdicts] == [Decision.BLOCK, Decision.HOLD]


def test_a_file_that_cannot_be_opened_is_unknown(client: Client, tmp_path: Path) -> None:
    verdict = client.check_file(tmp_path / "gone")
    assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.UNREADABLE_FILE)
    assert verdict.decision is Decision.BLOCK


def test_many_files_at_once_without_threads(house: str, issue: Issue, listed: int) -> None:
    key = our_key(issue())

    async def all_of_them() -> list[Answer]:
        async with AsyncClient(house, key, outage=OutagePolicy.HOLD, settings=QUICK) as client:
            files = [PICTURE if n % 3 == 0 else landscape(seed=n) for n in range(9)]
            verdicts = await asyncio.gather(*(client.check_bytes(file) for file in files))
        return [verdict.answer for verdict in verdicts]

    answers = asyncio.run(all_of_them())
    assert [n for n, answer in enumerate(answers) if answer is Answer.LISTED] == [0, 3, 6]
    assert set(answers) == {Answer.LISTED, Answer.NOT_LISTED}


@pytest.mark.django_db(transaction=True)
def test_a_wrong_key_is_unknown_and_says_so(house: str) -> None:
    with a_client(house) as client:
        [verdict] = client.check([Question(md5=bytes(16))])
        assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.REFUSED)
        assert "live key" in verdict.detail
        with pytest.raises(CallRefused) as refused:
            client.corrections(0)
    assert (refused.value.status, refused.value.code) == (401, "unknown_key")


def test_an_index_that_is_missing_is_unknown(
    house: str, issue: Issue, listed: int, checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "_problem", lambda serving, at: "There is no index.")
    # The house says to come back in five seconds.
    settings = Settings(deadline_seconds=4.0, decoders=1)
    with Client(house, our_key(issue()), outage=OutagePolicy.CLOSED, settings=settings) as client:
        for verdict in (client.check_bytes(PICTURE), client.send_bytes(landscape(seed=2))):
            assert (verdict.answer, verdict.why) == (Answer.UNKNOWN, Why.UNAVAILABLE)
            assert verdict.decision is Decision.BLOCK


def test_bytes_that_were_let_in_are_asked_about_later_by_their_fingerprints(
    house: str, issue: Issue, listed: int, tmp_path: Path
) -> None:
    queue = RecheckQueue(tmp_path / "recheck.sqlite3")
    key = our_key(issue())
    with a_client("http://127.0.0.1:9", OutagePolicy.OPEN_AND_RECHECK, recheck=queue) as away:
        verdict = away.send_bytes(PICTURE, id="upload-3")
    assert (verdict.decision, verdict.rechecked_later) == (Decision.ALLOW, True)
    found: list[tuple[str, Decision]] = []
    open_policy = OutagePolicy.OPEN_AND_RECHECK
    with Client(house, key, outage=open_policy, recheck=queue, settings=QUICK) as client:
        client.recheck(lambda one: found.append((one.verdict.id, one.verdict.decision)))
    assert found == [("upload-3", Decision.BLOCK)]
    assert PICTURE[:64] not in (tmp_path / "recheck.sqlite3").read_bytes()


@pytest.mark.django_db(transaction=True)
def test_a_provider_speaks_up_and_reads_what_became_of_it(client: Client) -> None:
    verdict = client.check_bytes(PICTURE, id="upload-1")
    assert verdict.reference is not None
    word = Word(verdict.reference, "down", "known_software_asset", dispute=True, words="an avatar")
    [said] = client.say([word])
    assert said.status in {"kept", "unknown_reference"}
    page = client.corrections(0)
    assert page.corrections == ()
    assert client.acknowledge(page.cursor) == page.cursor


@pytest.mark.django_db(transaction=True)
def test_a_report_with_a_reference_of_its_own_counts_once(client: Client) -> None:
    question = Question.of(fingerprint(PICTURE))
    told = [
        client.report(
            "https://img.example/1.jpg",
            client_reference="H-1",
            words="in an album",
            fingerprints=question,
        )
        for _ in range(2)
    ]
    assert [one.repeated for one in told] == [False, True]
    assert told[0].report == told[1].report
    with pytest.raises(CallRefused) as refused:
        client.report("nonsense")
    assert refused.value.status == 422


@pytest.mark.django_db(transaction=True)
def test_the_web_process_under_its_own_server(port: int, key: IssuedKey) -> None:
    url = f"http://127.0.0.1:{port}"
    beach = Question(md5=digest(Kind.MD5, "beach"), sha1=digest(Kind.SHA1, "beach"))
    with Client(url, our_key(key), outage=OutagePolicy.CLOSED, settings=QUICK) as client:
        found = [*client.check([beach, Question(md5=bytes(16))]), client.send_bytes(PICTURE)]
    assert [verdict.answer for verdict in found] == [
        Answer.LISTED,
        Answer.NOT_LISTED,
        Answer.NOT_LISTED,
    ]

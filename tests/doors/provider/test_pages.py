"""From signing up to a live key, by pages and letters alone."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.core.cache import cache
from django.test import Client

from tests.domain.corrections.scenes import a_list, put, told, withdraw, work
from tests.domain.providers.signing import MAIL, World
from tests.doors.console.reading import read
from tocsin.base.accounts.models import ApiKey
from tocsin.base.letters import queries as letters
from tocsin.base.letters.models import Letter
from tocsin.domain.corrections.actions import Speaker, acknowledge
from tocsin.domain.matching.actions import CountKey, count_checks, forget_hours
from tocsin.domain.matching.measuring import MeasureKey, measured
from tocsin.domain.matching.types import AnswerStatus, Door, HourCount
from tocsin.domain.providers import actions
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.proving import Looker
from tocsin.domain.receipts.models import SignedHead
from tocsin.doors.provider import showing
from tocsin.doors.provider.snippets import snippets
from tools.translations import LANGUAGES

pytestmark = pytest.mark.django_db

FORM = {
    "organisation": "Host Example",
    "domain": "host.example",
    "email": MAIL,
    "outage_policy": "hold",
}


@pytest.fixture(autouse=True)
def nobody_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def links() -> list[str]:
    """The paths of all links that were written."""
    found = []
    for letter in Letter.objects.order_by("pk"):
        words = letters.words(letter.message_id).text
        found += re.findall(r"http://testserver(/\S+)", words)
    return found


def joined(client: Client) -> str:
    """Sign up and confirm; the bearer that was shown."""
    assert client.post("/join", FORM).status_code == 200
    answer = client.post(links()[-1])
    assert answer.status_code == 200
    [bearer] = re.findall(r"tk_[a-z2-7]{12}\.[\w-]{43}", answer.content.decode())
    return str(bearer)


@pytest.fixture
def inside(client: Client) -> Client:
    joined(client)
    return client


def show_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the domain says what the only provider is to say."""
    world = World(records={"_tocsin.host.example": [Provider.objects.get().proof]})
    monkeypatch.setattr(actions, "Looker", lambda: Looker(names=world, web=world))


def test_signing_up_ends_on_ones_page_with_a_key_shown_once(client: Client) -> None:
    bearer = joined(client)
    page = client.get("/provider/")
    assert bearer.split(".")[0] in page.content.decode()
    assert bearer.split(".")[1] not in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"
    assert ApiKey.objects.count() == 1


def test_opening_a_link_changes_nothing(client: Client) -> None:
    client.post("/join", FORM)
    for _again in range(3):
        assert client.get(links()[-1]).status_code == 200
    assert not ApiKey.objects.exists()
    assert client.post(links()[-1]).status_code == 200
    assert client.get(links()[-1]).status_code == 410
    assert client.post(links()[-1]).status_code == 410


def test_a_known_address_is_answered_like_an_unknown_one(client: Client) -> None:
    joined(client)
    stranger = Client()
    first = stranger.post("/join", FORM)
    second = stranger.post("/join", FORM | {"email": "other@host.example"})
    third = stranger.post("/provider/enter", {"email": MAIL})
    fourth = stranger.post("/provider/enter", {"email": "nobody@host.example"})

    def plain(answer: object) -> str:
        return re.sub(r"[\w.]+@host\.example|value=\"\w{64}\"|/(join|provider/enter)\"", "",
                      answer.content.decode())  # type: ignore[attr-defined]  # fmt: skip

    assert plain(first) == plain(second)
    assert plain(third) == plain(fourth)


def test_a_letter_lets_in_for_half_an_hour(
    client: Client, inside: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Client()
    assert other.get("/provider/").status_code == 302
    other.post("/provider/enter", {"email": MAIL})
    assert other.get(links()[-1]).status_code == 200
    assert other.get("/provider/").status_code == 302
    assert other.post(links()[-1]).status_code == 302
    assert other.get("/provider/").status_code == 200
    session = other.session
    session["tocsin.provider_until"] = datetime.now(UTC).timestamp() - 1
    session.save()
    assert other.get("/provider/").status_code == 302


def test_leaving_ends_it(inside: Client) -> None:
    inside.post("/provider/leave")
    assert inside.get("/provider/").status_code == 302


def test_a_shown_domain_gives_a_live_key(inside: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Show your domain first" in _said(inside, "/provider/keys/live")
    show_domain(monkeypatch)
    assert "the domain is yours" in _said(inside, "/provider/proof")
    answer = inside.post("/provider/keys/live")
    assert re.search(r"tk_[a-z2-7]{12}\.[\w-]{43}", answer.content.decode())
    assert "lists open to all, exact matches" in read(answer.content).text
    assert "two live keys" in _said(inside, "/provider/keys/live")


def _said(client: Client, path: str, told: dict[str, str] | None = None) -> str:
    return read(client.post(path, told or {}, follow=True).content).text


def test_applying_waits_for_a_manager(inside: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    show_domain(monkeypatch)
    inside.post("/provider/proof")
    assert inside.post("/provider/apply", {}).status_code == 422
    assert "Your application is with us" in _said(inside, "/provider/apply", {"words": "We host."})


def test_keys_of_others_are_not_there(inside: Client) -> None:
    assert inside.post("/provider/keys/tk_somebodyelse/revoke").status_code == 404
    [key] = ApiKey.objects.all()
    assert inside.post(f"/provider/keys/{key.key_id}/revoke").status_code == 302
    assert ApiKey.objects.filter(revoked_at=None).count() == 0


def test_a_wrong_domain_is_said_to_be_one(client: Client) -> None:
    answer = client.post("/join", FORM | {"domain": "127.0.0.1"})
    assert answer.status_code == 422
    assert "write it like example.org" in read(answer.content).text


def test_few_posts_of_one_address_are_taken(client: Client) -> None:
    for _again in range(10):
        assert client.post("/provider/enter", {"email": "x@y.example"}).status_code == 200
    assert client.post("/provider/enter", {"email": "x@y.example"}).status_code == 429
    assert client.get("/provider/enter").status_code == 200
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/provider/enter", {"email": "x@y.example"}).status_code == 200
    assert b"192.0.2.7" not in repr(cache.__dict__).encode()


def test_traffic_is_a_picture_with_a_table_beside_it(inside: Client) -> None:
    key = ApiKey.objects.get().key_id
    today = datetime.now(UTC).date()
    count_checks(
        {
            CountKey(today, key, Door.CHECKS, AnswerStatus.NOT_LISTED): 970,
            CountKey(today, key, Door.CHECKS, AnswerStatus.LISTED): 3,
            CountKey(today, key, Door.V1, AnswerStatus.UNAVAILABLE): 27,
            CountKey(today - timedelta(days=30), key, Door.V1, AnswerStatus.LISTED): 99,
            CountKey(today, "tk_another", Door.V1, AnswerStatus.LISTED): 99,
        }
    )
    text = read(inside.get("/provider/").content).text
    assert "1000\n3\n27" in text
    assert "99" not in text.split("The numbers")[1].split("What to do on a hit")[0]


def test_the_canary_is_there_to_take(inside: Client) -> None:
    answer = inside.get("/provider/canaries.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["exact.jpg", "near.jpg"]
    assert "never seen" in read(inside.get("/provider/").content).text


def test_bars_fit_the_picture() -> None:
    at = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
    made = showing.by_day([], today=at.date())
    assert len(made.bars) == showing.DAYS
    assert all(bar.height == 0 and bar.y == made.height for bar in made.bars)
    hours = showing.by_hour([HourCount(at.replace(minute=0), 4, 1, 2)], at=at)
    assert [bar.counted.name for bar in hours.bars][:: showing.HOURS - 1] == [
        "2026-03-02 02:00",
        "2026-03-03 01:00",
    ]
    last = hours.bars[-1]
    assert (last.y, last.height, last.error_height) == (0, hours.height, hours.height / 2)
    assert sum(bar.counted.checks for bar in hours.bars) == 4
    assert last.shows_label


def test_the_page_tells_of_hours_and_answers(inside: Client) -> None:
    key = ApiKey.objects.get().key_id
    at = datetime.now(UTC)
    ended = {AnswerStatus.LISTED: 1, AnswerStatus.NOT_LISTED: 7}
    found = measured([], 0.004, at=at, key_id=key, ended=ended)
    counted: dict[CountKey | MeasureKey, int] = {what: n for what, n in found.items()}  # noqa: C416 - of a wider type
    count_checks(counted)
    count_checks({CountKey(at.date(), key, Door.CHECKS, status): n for status, n in ended.items()})
    text = read(inside.get("/provider/").content).text
    assert f"{at:%Y-%m-%d %H}:00\n8\n1\n0" in text
    assert "not listed\n7" in text
    assert "within 5 ms" in text
    forget_hours(at=at + timedelta(days=15))
    assert "8\n1\n0" not in read(inside.get("/provider/").content).text.split("Hour")[1]


def test_corrections_that_wait_are_told_until_they_are_worked_in(
    inside: Client, now: datetime
) -> None:
    key = ApiKey.objects.get()
    assert "Nothing waits." in read(inside.get("/provider/").content).text
    assert "No webhook is set" in read(inside.get("/provider/").content).text
    who = Speaker(key.party_id, key.key_id)
    entry = put(now, a_list(now), "logo")
    told(now, who, entry)
    told(now, who, entry, client_id="upload-2")
    withdraw(now, entry)
    work(now)

    text = read(inside.get("/provider/").content).text
    assert "1 correction waits" in text
    assert "withdrawn\n2" in text
    assert "GET /v2/corrections?after=0" in text

    acknowledge(party_id=key.party_id, cursor=1)
    assert "Nothing waits." in read(inside.get("/provider/").content).text


def test_the_page_says_how_a_receipt_is_verified_and_shows_the_head(inside: Client) -> None:
    text = read(inside.get("/provider/").content).text
    assert "No receipt was given yet." in text
    assert "tocsin receipts verify answer.json" in text
    SignedHead.objects.create(size=3, jws="eyJ.head.x", signed_at=datetime.now(UTC))
    text = read(inside.get("/provider/").content).text
    assert "The log of all receipts has 3 batches." in text
    assert "eyJ.head.x" in text


def test_the_middleware_that_is_shown_is_there() -> None:
    told = "\n".join(one.text for one in snippets("https://x.example", "tk_a", tests_only=False))
    for dotted in re.findall(r'"(tocsin\.client[\w.]+)"', told):
        module, _, name = dotted.rpartition(".")
        assert hasattr(import_module(module), name)
    for module, names in re.findall(r"from (tocsin\.client[\w.]*) import ([\w, ]+)", told):
        assert all(hasattr(import_module(module), name.strip()) for name in names.split(","))


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("path", ["/join", "/provider/enter", "/join/nothing", "/provider/"])
def test_pages_are_whole_in_every_language(inside: Client, path: str, language: str) -> None:
    answer = inside.get(path, headers={"accept-language": language})
    page = read(answer.content)
    assert page.language == language
    assert page.inline == []
    assert all(picture.startswith("/static/") for picture in page.pictures)
    assert "script-src 'self'" in answer["Content-Security-Policy"]

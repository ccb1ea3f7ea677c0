"""The hoster's side: a link in a notice, what is behind it, and every answer."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests.domain.desk import URL, hoster, person, picture
from tests.domain.takedown.scenes import (
    EVERYBODY,
    HOUR,
    Mail,
    contact,
    hosted,
    kinds,
    the,
    turn,
    unlawful,
    until,
    whole,
)
from tocsin.base.outbox.models import Message
from tocsin.domain.hosting.types import ContactRole
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as items
from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.models import Answer, Event, Link, Notice, SendLogRow
from tocsin.domain.takedown.types import (
    AnswerKind,
    NoticeState,
    Rung,
    TakedownState,
)
from tocsin.doors.hoster import visitors
from tocsin.doors.hoster.forms import WrongJson, said_in

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}
EVIL = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}=cmd|' /C calc'!A0"


@pytest.fixture(autouse=True)
def nobody_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def mail(settings: Settings) -> Mail:
    server = Mail()
    settings.TOCSIN_MAIL = server
    return server


def link_in(mail: Mail, place: int = -1) -> str:
    """The path of the link in a letter."""
    body = mail.taken[place].get_body()
    assert body is not None
    [path] = re.findall(r"https?://localhost:\d+(/notice/[\w-]{43})\s", body.get_content())
    return str(path)


@pytest.fixture
def link(now: datetime, mail: Mail) -> str:
    hoster(now)
    hosted(now, *EVERYBODY)
    unlawful(now)
    return link_in(mail)


def number() -> str:
    return str(Notice.objects.order_by("id").values_list("item_number", flat=True)[0])


def answer(client: Client, link: str, kind: str, **more: str) -> str:
    page = client.post(link, {"answer": "yes", "kind": kind, "language": "en", **more})
    assert page.status_code == 200, page.content.decode()
    return page.content.decode()


def test_opening_the_link_shows_no_notice_and_changes_nothing(client: Client, link: str) -> None:
    before = (Event.objects.count(), SendLogRow.objects.count())
    page = client.get(link)
    assert page.status_code == 200
    assert URL not in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page.cookies == {}
    assert (Event.objects.count(), SendLogRow.objects.count()) == before
    assert the(number()).opened_at is None


def test_showing_it_tells_what_where_and_which_fingerprints_and_is_noted_once(
    client: Client, link: str
) -> None:
    for _ in range(2):
        page = client.post(link, {"show": "yes"}).content.decode()
    assert URL in page
    assert f'href="{URL}' not in page
    md5, sha1, sha256, pdq = (value.value.hex() for value in picture("new"))
    assert md5 in page
    assert sha1 in page
    assert sha256 in page
    assert pdq not in page
    assert the(number()).opened_at is not None
    assert SendLogRow.objects.filter(event="opened").count() == 1
    assert kinds(number()).count("opened") == 1


@pytest.mark.parametrize(
    ("language", "words"), [("nl", "Het bericht tonen"), ("fr", "Afficher"), ("en", "Show the")]
)
def test_the_page_speaks_three_languages(
    language: str, words: str, client: Client, link: str
) -> None:
    page = client.get(f"{link}?language={language}").content.decode()
    assert f'<html lang="{language}">' in page


def test_only_a_digest_of_the_secret_is_kept(link: str) -> None:
    secret = link.rpartition("/")[2]
    assert len(secret) == 43  # 256 bits
    [kept] = Link.objects.values_list("digest", flat=True)
    assert secret not in kept
    assert queries.is_usable(secret, datetime.now(UTC))
    assert not queries.is_usable(secret, datetime.now(UTC) + timedelta(days=200))


def test_an_acknowledgement_is_noted_and_told(client: Client, link: str) -> None:
    assert "Your answer is noted." in answer(client, link, "acknowledge")
    notice = the(number())
    assert notice.answer is AnswerKind.ACKNOWLEDGE
    assert notice.state is NoticeState.SENT
    [news] = Message.objects.filter(topic="takedown.answered")
    assert news.payload["answer"] == "acknowledge"
    assert SendLogRow.objects.filter(event="answered").count() == 1


def test_removed_is_believed_when_it_is_seen(client: Client, link: str, mail: Mail) -> None:
    answer(client, link, "removed")
    assert whole(number()).state is TakedownState.CLIMBING
    until(datetime.now(UTC), datetime.now(UTC) + 25 * HOUR, 25 * HOUR)
    first = the(number()).number
    assert mail.ids("abuse@bighost.example") == [first, f"{first}.r1"]


def test_not_ours_looks_for_whoever_it_is(client: Client, link: str, mail: Mail) -> None:
    answer(client, link, "not_ours")
    turn(datetime.now(UTC))
    first, second = queries.for_item(number())
    assert (first.state, second.state) == (NoticeState.DONE, NoticeState.SENT)
    assert mail.taken[-1]["To"] == "abuse@network.example"


def test_a_better_contact_of_the_same_organisation_is_written_to_at_once(
    client: Client, link: str, mail: Mail
) -> None:
    answer(client, link, "better_contact", email="security@bighost.example", name="Security")
    turn(datetime.now(UTC))
    assert mail.taken[-1]["To"] == "security@bighost.example"
    assert mail.ids()[-1] == f"{mail.ids()[0]}.2"
    assert the(number()).state is NoticeState.SENT


def test_a_strangers_address_is_written_to_only_when_a_person_says_so(
    now: datetime, client: Client, link: str, mail: Mail
) -> None:
    answer(client, link, "better_contact", email="abuse@elsewhere.example")
    turn(datetime.now(UTC))
    assert len(mail.taken) == 1
    assert the(number()).attention == 1
    assert actions.use_contact(
        answer_id=Answer.objects.get().pk, actor=person("boss"), at=datetime.now(UTC)
    )
    turn(datetime.now(UTC))
    assert mail.taken[-1]["To"] == "abuse@elsewhere.example"


def test_passing_on_makes_a_notice_that_the_parent_sees(
    client: Client, link: str, mail: Mail
) -> None:
    page = answer(client, link, "pass_on", name="Small Reseller", email="abuse@small.example")
    child = the(number(), Rung.RESELLER)
    assert child.parent == the(number()).number
    turn(datetime.now(UTC))
    assert mail.taken[-1]["To"] == "abuse@small.example"
    [shown] = re.findall(r"<code>http://testserver(/notice/[\w-]{43})</code>", page)
    assert URL in client.post(shown, {"show": "yes"}).content.decode()
    answer(client, shown, "removed")
    assert child.number in client.post(link, {"show": "yes"}).content.decode()
    assert the(number(), Rung.RESELLER).answer is AnswerKind.REMOVED
    assert the(number()).state is NoticeState.SENT


def test_a_contact_nobody_here_knows_hands_the_link_on_itself(
    now: datetime, client: Client, mail: Mail
) -> None:
    hosted(now, contact(ContactRole.HOSTER, "abuse@found.example"))
    unlawful(now)
    page = answer(client, link_in(mail), "pass_on", name="X", email="abuse@victim.example")
    turn(datetime.now(UTC))
    assert len(mail.taken) == 1
    assert "Hand this link on" in page


def test_nobody_passes_on_without_end(client: Client, link: str) -> None:
    for n in range(3):
        answer(client, link, "pass_on", name=f"R{n}")
    refused = client.post(link, {"kind": "pass_on", "name": "R4", "language": "en"})
    assert refused.status_code == 422


def test_a_dispute_stops_the_ladder_for_a_day_and_no_longer(
    client: Client, link: str, mail: Mail
) -> None:
    at = datetime.now(UTC)
    answer(client, link, "dispute", words="These are adults.")
    assert whole(number()).state is TakedownState.DISPUTED
    until(at + HOUR, at + 23 * HOUR, 11 * HOUR)
    assert len(mail.taken) == 1
    turn(at + 25 * HOUR)
    turn(at + 25 * HOUR)
    assert whole(number()).state is TakedownState.CLIMBING
    assert len(mail.taken) > 1
    answer(client, link, "dispute", words="Again.")
    assert whole(number()).state is TakedownState.CLIMBING


def decided(name: str, at: datetime) -> None:
    """Somebody who has not judged the item takes the appeal and decides it."""
    boss = person("boss")
    [appeal] = items.appeals()
    reports.take_appeal(number=appeal.number, actor=boss, at=at)
    decide = reports.uphold_appeal if name == "uphold" else reports.dismiss_appeal
    decide(number=appeal.number, words="We looked again.", actor=boss, at=at)
    turn(at)
    turn(at)


def test_a_dispute_that_is_right_withdraws_the_notice(
    client: Client, link: str, mail: Mail
) -> None:
    answer(client, link, "dispute", words="These are adults.")
    [appeal] = items.appeals()
    assert (appeal.words, appeal.contact) == ("These are adults.", the(number()).number)
    decided("uphold", datetime.now(UTC))
    assert mail.ids()[-1].endswith(".withdrawal")
    page = client.post(link, {"show": "yes"}).content.decode()
    assert "This notice is withdrawn" in page
    assert URL not in page
    assert whole(number()).state is TakedownState.ENDED


def test_a_dispute_that_is_wrong_is_answered_and_the_ladder_goes_on(
    client: Client, link: str, mail: Mail
) -> None:
    answer(client, link, "dispute", words="These are adults.")
    decided("dismiss", datetime.now(UTC))
    assert whole(number()).state is TakedownState.CLIMBING
    body = mail.taken[-1].get_body()
    assert body is not None
    assert "We looked again." in body.get_content()
    assert URL not in body.get_content()
    assert "the notice stands" in client.post(link, {"show": "yes"}).content.decode()


def test_a_question_is_answered_by_letter(client: Client, link: str, mail: Mail) -> None:
    answer(client, link, "question", words="Which account?")
    assert the(number()).attention == 1
    at = datetime.now(UTC)
    notice = the(number()).number
    actions.reply(number=notice, words="We do not know.", actor=person("kim"), at=at)
    turn(at)
    assert mail.ids()[-1] == f"{notice}.a1"


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "dispute"},
        {"kind": "question", "words": " "},
        {"kind": "better_contact"},
        {"kind": "better_contact", "email": "a@b\r\nBcc: x@y.example"},
        {"kind": "pass_on"},
        {"kind": "laughed"},
        {"kind": "", "answer": "yes"},
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_so_and_changes_nothing(
    more: dict[str, str], client: Client, link: str
) -> None:
    assert client.post(link, {"language": "en", **more}).status_code == 422
    assert not Answer.objects.exists()


def test_script_in_an_answer_comes_out_as_text(client: Client, link: str) -> None:
    page = answer(client, link, "question", words=EVIL, name="x")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_same_by_machine(client: Client, link: str, mail: Mail) -> None:
    told = client.get(link, **JSON).json()
    assert told["url"] == URL
    assert told["request"] == "remove_file"
    assert set(told["digests"]) == {"md5", "sha1", "sha256"}
    assert the(number()).opened_at is None
    body = {"answer": "pass_on", "name": "Small Reseller", "email": "abuse@small.example"}
    done = client.post(link, json.dumps(body), content_type="application/json")
    assert done.status_code == 200
    assert done.json()["taken"] == "pass_on"
    assert done.json()["pass_on_link"].startswith("http://testserver/notice/")
    assert Answer.objects.get().by_machine


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("{", "wrong_body"),
        ("[]", "wrong_body"),
        ('{"answer": 1}', "wrong_body"),
        ('{"answer": "laughed"}', "wrong_body"),
        ('{"answer": "question"}', "refused"),
    ],
)
def test_a_wrong_body_is_told_so(body: str, error: str, client: Client, link: str) -> None:
    done = client.post(link, body, content_type="application/json")
    assert (done.status_code, done.json()["error"]) == (422, error)


def test_an_unknown_link_is_nobodys(client: Client) -> None:
    assert client.get("/notice/nothing").status_code == 410
    assert client.post("/notice/nothing", {"show": "yes"}).status_code == 410
    told = client.get("/notice/nothing", **JSON)
    assert (told.status_code, told.json()) == (410, {"error": "no_such_link"})


def test_no_link_is_asked_without_end(
    client: Client, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "MOST_OF_LINK", 2)
    codes = [client.post(link, {"show": "yes"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert client.get(link, **JSON).status_code == 429


def test_no_notice_is_answered_without_end(
    client: Client, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.domain.takedown import rules

    monkeypatch.setattr(rules, "MOST_ANSWERS", 1)
    answer(client, link, "acknowledge")
    assert client.post(link, {"kind": "acknowledge", "language": "en"}).status_code == 429


def test_anybody_can_check_that_a_notice_is_ours(client: Client, link: str) -> None:
    notice = the(number()).number
    [letter] = queries.notice(notice).letters
    [text] = [part.text for part in letter.attachments if part.filename == "notice.jws.json"]
    page = client.post("/notice/signed", {"text": text, "language": "en"}).content.decode()
    assert f"We signed notice {notice}" in page
    told = json.loads(text)
    forged = json.dumps({**told, "payload": told["payload"][:-2] + "AA"})
    page = client.post("/notice/signed", {"text": forged, "language": "en"}).content.decode()
    assert "does not bear our signature" in page
    [key] = client.get("/notice/keys").json()["keys"]
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")


@given(st.binary(max_size=300))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(WrongJson):
        said_in(body)


def test_where_hosters_cannot_come_no_letter_has_a_link(
    now: datetime, mail: Mail, settings: Settings
) -> None:
    settings.TOCSIN_HOSTER_URL = ""
    hoster(now)
    unlawful(now)
    body = mail.taken[0].get_body()
    assert body is not None
    assert "/notice/" not in body.get_content()
    assert not Link.objects.exists()

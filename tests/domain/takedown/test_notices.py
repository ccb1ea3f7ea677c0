"""From a finding to a letter, and everything that can come between."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain.desk import BIG_HOST, UNLAWFUL, URL, found, hoster, person, picture, report
from tests.support import run_worker_round
from tocsin.base.audit import queries as audit
from tocsin.base.audit.types import Actor
from tocsin.base.clock import queries as clock
from tocsin.base.letters.actions import DEAD_AFTER_ATTEMPTS, revive, send
from tocsin.base.letters.models import Letter
from tocsin.base.letters.transports import NotSent
from tocsin.base.letters.types import LetterState
from tocsin.domain.hashlists.types import Category
from tocsin.domain.hosters import actions as hosters
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as items
from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.models import Notice
from tocsin.domain.takedown.types import NoticeState, NoticeView, UnknownNotice

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class Refuses:
    """A mail server that takes nothing until told to."""

    name = "refuses"

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.open = False

    def send(self, message: EmailMessage) -> str:
        if not self.open:
            raise NotSent("450 not now")
        self.taken.append(message)
        return "250 taken"


@pytest.fixture
def anna() -> Actor:
    return person("anna")


def letters_in(folder: Path) -> list[EmailMessage]:
    paths = sorted((folder / "letters").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def unlawful(now: datetime, anna: Actor, url: str = URL, *, rehearsal: bool = False) -> str:
    """An item found unlawful; its number."""
    number = report(now, url, fingerprints=picture("new"), rehearsal=rehearsal)
    found(number, anna, now)
    return number


def the_notice() -> NoticeView:
    (notice,) = queries.notices()
    return notice


def wait_until_dead(now: datetime) -> datetime:
    for minutes in range(0, 60 * 24, 31):
        run_worker_round(now + timedelta(minutes=minutes))
        if Letter.objects.filter(state=LetterState.DEAD).exists():
            return now + timedelta(minutes=minutes)
    raise AssertionError("the letter never died")


def test_a_finding_sends_a_notice_in_the_same_round_day_or_night(
    now: datetime, anna: Actor, data_folder: Path
) -> None:
    night = now.replace(day=7, hour=3)  # a Saturday
    hoster(now)
    unlawful(night, anna)
    run_worker_round(night)
    notice = the_notice()
    assert notice.number == "N-2026-000001"
    assert notice.state is NoticeState.SENT
    assert notice.sent_at == night
    assert notice.deadline_at == night + timedelta(hours=24)
    assert notice.receipt == "written to N-2026-000001.eml"
    (letter,) = letters_in(data_folder)
    assert letter["To"] == "abuse@bighost.example"
    assert letter["Message-ID"] == "<N-2026-000001@hotline.example>"
    body = letter.get_body()
    assert body is not None
    assert body["Content-Language"] == "nl"
    assert URL in body.get_content()
    parts = {str(part.get_filename()): part.get_content() for part in letter.iter_attachments()}
    assert sorted(parts) == ["notice.jws.json", "urls.csv", "xarf.json"]
    assert json.loads(parts["xarf.json"])["url"] == URL


def test_the_detail_shows_the_words_as_they_left(now: datetime, anna: Actor) -> None:
    hoster(now)
    unlawful(now, anna)
    run_worker_round(now)
    detail = queries.notice("N-2026-000001")
    (letter,) = detail.letters
    assert URL in letter.text
    assert letter.letter.state is LetterState.SENT
    names = [part.filename for part in letter.attachments]
    assert names == ["xarf.json", "urls.csv", "notice.jws.json"]
    assert detail.notice.machine_readable
    assert queries.for_item(detail.notice.item_number) == [detail.notice]
    assert queries.counts()[NoticeState.SENT] == 1
    with pytest.raises(UnknownNotice):
        queries.notice("N-1999-000001")


def test_a_national_finding_goes_as_a_plain_notice(now: datetime, anna: Actor) -> None:
    hoster(now)
    found(report(now), anna, now, replace(UNLAWFUL, category=Category.NATIONAL))
    run_worker_round(now)
    assert not the_notice().machine_readable
    (letter,) = queries.notice("N-2026-000001").letters
    assert [part.filename for part in letter.attachments] == ["urls.csv", "notice.jws.json"]


def test_the_organisation_may_keep_digests_back(
    now: datetime, anna: Actor, settings: Settings
) -> None:
    settings.TOCSIN_NOTICE_DIGESTS = False
    hoster(now)
    unlawful(now, anna)
    run_worker_round(now)
    (letter,) = queries.notice("N-2026-000001").letters
    signed = json.loads(letter.attachments[2].text)["payload"]
    told = base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4)).decode()
    everything = letter.text + letter.attachments[0].text + told
    assert not any(value.value.hex() in everything for value in picture("new"))


def test_the_same_finding_told_twice_makes_one_notice(now: datetime, anna: Actor) -> None:
    hoster(now)
    item = items.item(unlawful(now, anna))
    for _ in range(2):
        actions.make_notice(finding_id=item.findings[0].id, at=now)
    run_worker_round(now)
    assert Notice.objects.count() == 1
    assert Letter.objects.count() == 1


def test_without_a_contact_the_notice_waits_and_asks_for_attention(
    now: datetime, anna: Actor
) -> None:
    unlawful(now, anna)
    run_worker_round(now)
    assert the_notice().state is NoticeState.WAITING_FOR_CONTACT
    due = clock.due_at(kind="takedown.no_contact", subject=the_notice().number)
    assert due == now + 4 * HOUR
    run_worker_round(now + 4 * HOUR)
    assert the_notice().attention == 1
    run_worker_round(now + 8 * HOUR)
    assert the_notice().attention == 2


def test_adding_a_hoster_sends_what_waited_for_it(now: datetime, anna: Actor) -> None:
    unlawful(now, anna)
    run_worker_round(now)
    hoster(now, name="Somebody else", places=("else.example",))
    run_worker_round(now)
    assert the_notice().state is NoticeState.WAITING_FOR_CONTACT
    hoster(now)
    run_worker_round(now + HOUR)
    assert the_notice().state is NoticeState.SENT
    assert the_notice().language == "nl"


def test_a_hoster_known_to_be_unreachable_is_not_written_to(now: datetime, anna: Actor) -> None:
    hoster(now, reachable=False)
    unlawful(now, anna)
    run_worker_round(now)
    assert the_notice().state is NoticeState.WAITING_FOR_CONTACT


@pytest.mark.parametrize("rehearsal", [True, False])
def test_rehearsal_items_and_real_hosters_never_meet(
    rehearsal: bool, now: datetime, anna: Actor
) -> None:
    hoster(now, rehearsal=not rehearsal)
    unlawful(now, anna, rehearsal=rehearsal)
    run_worker_round(now)
    assert the_notice().state is NoticeState.WAITING_FOR_CONTACT
    assert not Letter.objects.exists()


def test_a_rehearsal_notice_goes_to_the_folder_even_with_a_mail_server(
    now: datetime, anna: Actor, data_folder: Path, settings: Settings
) -> None:
    server = Refuses()
    server.open = True
    settings.TOCSIN_MAIL = server
    hoster(now, rehearsal=True, places=("127.0.0.1:8123",))
    unlawful(now, anna, "http://127.0.0.1:8123/1.jpg", rehearsal=True)
    run_worker_round(now)
    (letter,) = letters_in(data_folder)
    assert letter["Subject"].startswith("[REHEARSAL] ")
    assert server.taken == []


def test_a_dead_letter_is_tried_at_a_new_address_under_a_new_id(
    now: datetime, anna: Actor, settings: Settings
) -> None:
    server = Refuses()
    settings.TOCSIN_MAIL = server
    number = hoster(now)
    unlawful(now, anna)
    died = wait_until_dead(now)
    run_worker_round(died)
    assert the_notice().state is NoticeState.DEAD
    assert Letter.objects.get().attempts == DEAD_AFTER_ATTEMPTS
    server.open = True
    actions.send_waiting(at=died)
    assert the_notice().state is NoticeState.DEAD  # same address, no use
    terms = replace(BIG_HOST, abuse_email="security@bighost.example")
    hosters.update(hoster_id=number, terms=terms, actor=anna, at=died)
    run_worker_round(died)
    assert the_notice().state is NoticeState.SENT
    (letter,) = server.taken
    assert letter["To"] == "security@bighost.example"
    assert letter["Message-ID"] == "<N-2026-000001.2@hotline.example>"


def test_a_dead_letter_that_is_revived_counts_as_sent(
    now: datetime, anna: Actor, settings: Settings
) -> None:
    server = Refuses()
    settings.TOCSIN_MAIL = server
    hoster(now)
    unlawful(now, anna)
    died = wait_until_dead(now)
    run_worker_round(died)
    server.open = True
    revive(letter_id=Letter.objects.get().pk, actor=anna, at=died)
    run_worker_round(died)
    assert the_notice().state is NoticeState.SENT


def test_a_letter_revived_after_its_finding_was_corrected_is_withdrawn(
    now: datetime, anna: Actor, settings: Settings
) -> None:
    server = Refuses()
    settings.TOCSIN_MAIL = server
    hoster(now)
    number = unlawful(now, anna)
    died = wait_until_dead(now)
    run_worker_round(died)
    server.open = True
    letter = Letter.objects.get()
    revive(letter_id=letter.pk, actor=anna, at=died)
    send(str(letter.pk), died)  # sent, but takedown has not heard of it yet
    correct(number, died)
    actions.take_back(item_id=items.item(number).id, at=died)
    run_worker_round(died)
    assert the_notice().state is NoticeState.RECALLED
    assert len(server.taken) == 2


def test_a_sent_notice_asks_for_attention_each_day_it_is_not_followed(
    now: datetime, anna: Actor
) -> None:
    hoster(now)
    unlawful(now, anna)
    for day in range(3):
        run_worker_round(now + timedelta(days=day))
    assert the_notice().state is NoticeState.SENT
    assert the_notice().attention == 2


def test_material_reported_again_after_the_notice_asks_for_attention(
    now: datetime, anna: Actor
) -> None:
    hoster(now)
    unlawful(now, anna)
    run_worker_round(now)
    report(now + HOUR)
    run_worker_round(now + HOUR)
    assert the_notice().attention == 1


def correct(number: str, at: datetime) -> None:
    reports.correct(number=number, why="an adult", actor=person("boss"), at=at)


def test_a_correction_before_the_contact_is_known_cancels(now: datetime, anna: Actor) -> None:
    number = unlawful(now, anna)
    run_worker_round(now)
    correct(number, now)
    run_worker_round(now)
    hoster(now)
    run_worker_round(now)
    assert the_notice().state is NoticeState.CANCELLED
    assert not Letter.objects.exists()


def test_a_correction_before_any_worker_came_makes_no_notice(now: datetime, anna: Actor) -> None:
    hoster(now)
    number = unlawful(now, anna)
    correct(number, now)
    run_worker_round(now)
    assert queries.notices() == []


def test_a_correction_keeps_a_letter_that_has_not_left_from_leaving(
    now: datetime, anna: Actor, settings: Settings
) -> None:
    server = Refuses()
    settings.TOCSIN_MAIL = server
    hoster(now)
    number = unlawful(now, anna)
    run_worker_round(now)
    correct(number, now)
    run_worker_round(now)
    server.open = True
    run_worker_round(now + HOUR)
    assert the_notice().state is NoticeState.CANCELLED
    assert server.taken == []


def test_a_correction_sends_a_withdrawal_after_a_notice_that_left(
    now: datetime, anna: Actor, data_folder: Path
) -> None:
    hoster(now)
    number = unlawful(now, anna)
    run_worker_round(now)
    correct(number, now + HOUR)
    run_worker_round(now + HOUR)
    assert the_notice().state is NoticeState.RECALLED
    _, recall = sorted(letters_in(data_folder), key=lambda letter: len(letter["Message-ID"]))
    assert recall["Message-ID"] == "<N-2026-000001.withdrawal@hotline.example>"
    assert recall["Subject"].startswith("Intrekking van melding N-2026-000001")
    assert len(queries.notice("N-2026-000001").letters) == 2


def test_a_letter_that_left_while_it_was_cancelled_is_withdrawn(
    now: datetime, anna: Actor, settings: Settings
) -> None:
    """The worker was in the middle of sending when the correction came."""
    hoster(now)
    number = unlawful(now, anna)

    class CorrectedMeanwhile(Refuses):
        def send(self, message: EmailMessage) -> str:
            if not self.taken:
                correct(number, now)
                actions.take_back(item_id=items.item(number).id, at=now)
            self.taken.append(message)
            return "250 taken"

    server = CorrectedMeanwhile()
    settings.TOCSIN_MAIL = server
    run_worker_round(now)
    assert the_notice().state is NoticeState.RECALLED
    assert [str(m["Message-ID"]) for m in server.taken] == [
        "<N-2026-000001@hotline.example>",
        "<N-2026-000001.withdrawal@hotline.example>",
    ]


def test_a_second_finding_after_a_correction_has_a_notice_of_its_own(
    now: datetime, anna: Actor
) -> None:
    hoster(now)
    number = unlawful(now, anna)
    run_worker_round(now)
    correct(number, now)
    run_worker_round(now)
    reports.correct(number=number, why="right after all", actor=anna, at=now)
    found(number, anna, now)
    run_worker_round(now)
    states = {notice.number: notice.state for notice in queries.for_item(number)}
    assert states == {
        "N-2026-000001": NoticeState.RECALLED,
        "N-2026-000002": NoticeState.SENT,
    }


def test_every_step_of_a_notice_is_audited(now: datetime, anna: Actor) -> None:
    hoster(now)
    number = unlawful(now, anna)
    run_worker_round(now)
    correct(number, now)
    run_worker_round(now)
    rows = audit.history(f"notice:{Notice.objects.get().pk}")
    assert [row.action for row in rows] == [
        "takedown.make",
        "takedown.queue",
        "takedown.sent",
        "takedown.recall",
        "takedown.recalled",
    ]
    assert all("bighost" not in json.dumps(row.facts) for row in rows)
